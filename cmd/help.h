// The text of `wasmrun --help`. Visible: kHelp.
#pragma once

namespace wasmrun::cmd {

/// Fits a screen of 80 columns and 40 lines.
inline constexpr char kHelp[] =
    R"(wasmrun runs WebAssembly programs (WASI preview 1), compiled to native code.
  wasmrun [OPTIONS] APP [OPTIONS] [--] [ARGS...]  run APP (also: wasmrun run)
  wasmrun exec [OPTIONS] APP [ARGS...]            every word after APP is APP's
  wasmrun compile [OPTIONS] APP                   to a file that starts at once
  wasmrun validate|inspect [--wat] FILE...        check; describe, print as text
  wasmrun wast FILE|DIR...                        run test scripts
  wasmrun cache ls|stat|verify|gc|clear|why|warm [--json]   the code cache

APP is a .wasm or .wat file, or - for standard input. Nothing is granted.
  --dir HOST[::GUEST][:ro]  let APP use a directory, under the name GUEST
  --env NAME=VALUE          set a variable; --env NAME, --env-inherit: copy
  --argv0 NAME              the program's own name (default: APP's file name)
  --invoke NAME             call this export with ARGS and print its results
  --preload NAME=FILE       load FILE first and let APP import from NAME
  --tcplisten HOST:PORT     give APP a listening socket; also unix:PATH
  --allow-connect HOST:PORT,...  let APP open connections (WasmEdge's sockets)
  --allow-bind HOST:PORT,...     let APP open sockets at these addresses
  --allow-resolve NAME,...|*     let APP look names up
  --timeout DURATION        end with status 124 after 500ms, 10s, 5m, 1h
  --cpu-time DURATION       the same, by the processor's time
  --max-memory SIZE         limit each memory of APP: 65536, 64MiB, 1GiB
  --max-output SIZE         end with status 124 when APP writes more
  --max-fds NUMBER          limit the descriptors that APP has open
  -O LEVEL                  0: quick code; 2: fast; default: quick, later fast
  -o FILE                   compile: write FILE; --exe: one without wasmrun
  --target-cpu CPU          compile: x86-64-v2, -v3, -v4; host (default)
  --allow-precompiled       run APP even if it is a compiled file
  --cache-dir DIR           keep compiled code there; --no-cache: nowhere
  --stack-size SIZE         room for APP's calls (default: 8MiB)
  --gc-heap-size SIZE       limit the garbage-collected heap (default: 4GiB)
  --explicit-bounds-checks  check each memory access in code, not by guard pages
  --enable NAME|all         let APP use a proposal that is off by default
  --deterministic[=SEED]    the same clocks, random bytes and files on every run
  --perf, --gdb             tell perf or gdb the names (and lines) of APP's code
  --coredump[=FILE]         write APP's memory and stack to FILE when it traps
  --no-landlock             let the kernel not guard the granted directories too
  --trace-wasi[=FILE]       write each call to the system; =summary: counts
  -v, --help, --version     -v: say on standard error what is done
Exit status: APP's own; 124 a limit; 125 usage or wasmrun's own failure;
126 APP cannot be run; 127 APP not found; 134 trap.
)";

}  // namespace wasmrun::cmd
