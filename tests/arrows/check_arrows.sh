#!/bin/bash
# Reads the #include lines of the rooms and reports each that follows no arrow of docs/architecture.md.
# Usage: check_arrows.sh ROOT. Ends with 1 when there is one.
set -u
cd "$1" || exit 1

awk '
  # Which rooms a room may include. A room may always include itself.
  function arrow(from, to) { allowed[from " " to] = 1 }
  function arrows(from, list,   n, i, rooms) { n = split(list, rooms, " "); for (i = 1; i <= n; i++) arrow(from, rooms[i]) }
  BEGIN {
    arrows("module", "base")
    arrows("instructions", "base module")
    arrows("binary", "base module instructions")
    arrows("text", "base module instructions")
    arrows("validate", "base module instructions")
    arrows("dwarf", "base")
    arrows("abi", "base module")
    arrows("artifact", "base module abi")
    arrows("baseline", "base module instructions abi")
    arrows("llvm", "base module instructions abi")
    arrows("gc", "base module abi")
    arrows("runtime", "base module instructions abi gc")
    arrows("cache", "base")
    arrows("engine.h", "base module runtime")
    arrows("engine.cpp", "engine.h base module instructions binary text validate dwarf symbols abi artifact baseline llvm gc runtime cache")
    arrows("wasi", "engine.h base")
    arrows("cmd", "engine.h cache wasi base spec-tests/wast_command.h")
    arrows("spec-tests/wast_command.h", "spec-tests")
    arrows("bench", "engine.h base")
    arrows("spec-tests", "engine.h text base module spec-tests/wast_command.h")

    # Libraries with one user.
    only["CLI/"] = "cmd/run_options.cpp"
    only["spdlog/"] = "cmd/log.cpp"
    only["uv.h"] = "wasi/"
    only["xxhash.h"] = "engine/base/xxh3.cpp"
    only["llvm/"] = "engine/llvm/"
    only["catch2/"] = "tests/support/"
  }
  # The room of a path: the folder under engine/, a file directly in engine/, or the top folder; the one header of
  # spec-tests that others include is a room of its own.
  function room(path,   part) {
    if (path == "spec-tests/wast_command.h") return path
    split(path, part, "/")
    if (part[1] != "engine") return part[1]
    if (part[2] == "engine.h" || part[2] == "code_cache.h") return "engine.h"
    if (part[2] ~ /\./) return "engine.cpp"
    return part[2]
  }
  /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    match($0, /[<"][^>"]*[>"]/)
    target = substr($0, RSTART + 1, RLENGTH - 2)
    for (library in only) {
      if (index(target, library) == 1 && index(FILENAME, only[library]) != 1) {
        printf "%s:%d: only %s may include <%s>\n", FILENAME, FNR, only[library], target
        bad = 1
      }
    }
    if (target !~ /^(engine|wasi|cmd|bench|tests|spec-tests)\//) next
    from = room(FILENAME); to = room(target)
    if (from == to || ((from " " to) in allowed)) next
    printf "%s:%d: no arrow from %s to %s: #include \"%s\"\n", FILENAME, FNR, from, to, target
    bad = 1
  }
  END { exit bad }
' $(find engine wasi cmd bench spec-tests -name '*.h' -o -name '*.cpp' -o -name '*.def' | sort)
