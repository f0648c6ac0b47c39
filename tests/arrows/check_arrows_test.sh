#!/bin/bash
# A tree with one forbidden #include of each sort: check_arrows.sh must find every one, and none in the allowed lines.
set -u
check=$(dirname "$(realpath "$0")")/check_arrows.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/engine/{base,module,binary,validate,runtime,baseline} "$tree"/{wasi,cmd,bench,spec-tests}
echo '#include "engine/base/result.h"' > "$tree/engine/module/good.h"
echo '#include "engine/engine.h"' > "$tree/cmd/good.cpp"
echo '#include <uv.h>' > "$tree/wasi/good.cpp"
"$check" "$tree" || { echo "allowed lines are reported"; exit 1; }

echo '#include "engine/validate/validate.h"' > "$tree/engine/binary/bad.cpp"
echo '#include "engine/runtime/store.h"' > "$tree/engine/baseline/bad.cpp"
echo '#include "engine/baseline/baseline.h"' > "$tree/engine/runtime/bad.cpp"
echo '#include "engine/runtime/store.h"' > "$tree/wasi/bad.cpp"
echo '#include "engine/module/module.h"' > "$tree/engine/base/bad.h"
echo '  #  include <uv.h>' > "$tree/cmd/bad.cpp"
echo '#include <CLI/CLI.hpp>' > "$tree/engine/base/bad.cpp"
found=$("$check" "$tree")
status=$?
echo "$found"
[ "$status" -eq 1 ] || { echo "the status is $status"; exit 1; }
[ "$(wc -l <<< "$found")" -eq 7 ] || { echo "expected 7 lines"; exit 1; }
for file in engine/binary/bad.cpp engine/baseline/bad.cpp engine/runtime/bad.cpp wasi/bad.cpp engine/base/bad.h cmd/bad.cpp \
            engine/base/bad.cpp; do
  grep -q "^$file:1:" <<< "$found" || { echo "$file is not reported"; exit 1; }
done
