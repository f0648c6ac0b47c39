#!/bin/sh
# Runs a program on the official suite: run.sh RUNNER [OPTIONS] for the scripts of manifest.txt, run.sh PROGRAM --all for all;
# run.sh PROGRAM --programs runs it on the programs from npm.
# The suite is looked for in $WASM_TESTSUITE, then in ../shared/testsuite beside the repository, then where
# scripts/fetch-testsuite puts it.
# Exit status 77 when it is nowhere: ctest then reports the test as skipped.
here=$(cd "$(dirname "$0")" && pwd)
runner=$1
shift
if [ "$1" = --programs ]; then
  esbuild=$here/../build/guests/esbuild/esbuild.wasm python=$here/../build/guests/python/python.wasm
  [ -f "$esbuild" ] && [ -f "$python" ] && exec "$runner" "$esbuild" "$python"
  echo "SKIPPED: NO PROGRAMS. Run scripts/fetch-guests, which needs npm and a network." >&2
  exit 77
fi
for suite in "$WASM_TESTSUITE" "$here/../../shared/testsuite" "$here/../build/testsuite"; do
  if [ -n "$suite" ] && [ -f "$suite/i32.wast" ]; then
    [ "$1" != --all ] || exec "$runner" "$suite"
    exec "$runner" --manifest "$here/manifest.txt" "$@" "$suite"
  fi
done
echo "SKIPPED: NO TEST SUITE. Run scripts/fetch-testsuite, or set WASM_TESTSUITE to a checkout of github.com/WebAssembly/testsuite at the commit that" \
  "spec-tests/manifest.txt names." >&2
exit 77
