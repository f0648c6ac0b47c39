#!/bin/sh
# Runs a test program as an ordinary user, for whom the kernel looks at permissions: as_nobody.sh PROGRAM [ARGUMENT...]
# Ends with 77 (skipped) and the reason where that cannot be done.
skip() {
  echo "SKIPPED: $1"
  exit 77
}
[ "$(id -u)" = 0 ] || skip "not root: the tests ran as an ordinary user already"
as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups --"
command -v setpriv >/dev/null || skip "no setpriv (package util-linux)"
$as_nobody true 2>/dev/null || skip "setpriv may not change the user here"

program=$1
shift
# Nobody may not be able to enter the folder of the build.
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/tmp" && cp "$program" "$folder/program" && chmod 755 "$folder" "$folder/program" && chown 65534:65534 "$folder/tmp" || exit 1
$as_nobody test -x "$folder/program" || skip "$folder/program cannot be reached or executed as an ordinary user"
cd / && TMPDIR=$folder/tmp $as_nobody "$folder/program" "$@"
