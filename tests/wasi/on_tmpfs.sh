#!/bin/sh
# Runs a test program with its temporary folders on a tmpfs: on_tmpfs.sh PROGRAM [ARGUMENT...]
# Ends with 77 (skipped) and the reason where there is none.
folder=/dev/shm
if [ "$(stat -f -c %T $folder 2>/dev/null)" != tmpfs ] || [ ! -w $folder ]; then
  echo "SKIPPED: $folder is no tmpfs that can be written"
  exit 77
fi
TMPDIR=$folder exec "$@"
