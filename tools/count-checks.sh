#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# count-checks.sh FOLDER COMMAND [WORD...]
#
# Runs a command, keeps what it prints in FOLDER/log, too, and ends with a table of what was
# counted in it: executions by libFuzzer of the targets whose lines "== NAME" precede them, test
# programs by CTest, and the lines of tests that begin with "counted: ".
set -u
folder=$1
shift
mkdir -p "$folder" || exit
{
    "$@" 2>&1
    echo $? >"$folder/status"
} | tee "$folder/log"
printf '\n'
awk '
    function row(count, what) { printf "%12d  %s\n", count, what }
    /^== / { part = $2 }
    /^Done [0-9]+ runs in / { row($2, "executions of " part ", " $5 " s") }
    /tests passed, .* tests failed out of / { row($NF, "test programs of " part) }
    /^counted: / { row($2, substr($0, length($1) + length($2) + 3)) }
' "$folder/log"
status=$(cat "$folder/status")
if [ "$status" = 0 ]; then
    printf '\nno finding\n'
else
    printf '\na check has failed: see %s\n' "$folder/log"
fi
exit "$status"
