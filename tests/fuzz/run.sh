#!/usr/bin/env bash
# Mutates the guests that were built: run.sh FUZZ_MUTATIONS FLIPS GUESTS_DIRECTORY [SEED]. 77 when there are none.
set -euo pipefail
shopt -s nullglob
modules=("$3"/*.wasm)
if [ ${#modules[@]} -eq 0 ]; then
  echo "SKIPPED: no guests were built in $3 (no clang with the wasm32-wasi target)"
  exit 77
fi
exec "$1" "$2" "${4:-1}" "${modules[@]}"
