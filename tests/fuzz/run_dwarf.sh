#!/usr/bin/env bash
# Damages the debugging sections of the guests that have some: run_dwarf.sh FUZZ_DWARF ROUNDS GUESTS_DIRECTORY [SEED]. 77 when
# there are none.
set -euo pipefail
shopt -s nullglob
modules=("$3"/inlined_dwarf*.wasm)
if [ ${#modules[@]} -eq 0 ]; then
  echo "SKIPPED: no guests were built in $3 (no clang with the wasm32-wasi target)"
  exit 77
fi
exec "$1" mutate "$2" "${4:-1}" "${modules[@]}"
