#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_symbols.sh SHARED STATIC NM
#
# The shared library exports what the header declares and nothing else; the static library keeps to
# names of our own; and nothing in them prints or ends the program.
set -u
shared=$1
static=$2
nm=$3
if ! command -v "$nm" >/dev/null; then
    echo "skipped: there is no nm"
    exit 77
fi
result=0

# Fails, with a heading, if there is anything in the second argument.
none() {
    if [ -n "$2" ]; then
        echo "$1:"
        echo "$2"
        result=1
    fi
}

prints='(__)?(v?f?printf|puts|putchar|putc|fputs|fputc|fwrite|perror|stdout|stderr)(_chk)?'
ends='abort|_?exit|_Exit|quick_exit|raise|signal|__assert_fail|longjmp'
declared=$(grep -o '\<faltung_[a-z0-9_]*(' include/faltung.h | tr -d '(' | sort -u)
exported=$("$nm" -D --defined-only "$shared" | awk '{ print $NF }' | sort -u)
global=$("$nm" -g --defined-only "$static" | awk 'NF == 3 { print $NF }')
wanted=$("$nm" -u "$static" | awk '$1 == "U" { print $2 }')
if [ -z "$exported" ] || [ -z "$global" ] || [ -z "$wanted" ]; then
    echo "nm shows no symbols"
    exit 1
fi

none "no longer what symbols.txt records, which programs may have been linked with" \
    "$(echo "$exported" | diff tests/build/symbols.txt -)"
none "exported, but not declared in faltung.h" "$(echo "$exported" | grep -vxF "$declared")"
none "declared in faltung.h, but not exported" "$(echo "$declared" | grep -vxF "$exported")"
none "global in the static library, but not ours" "$(echo "$global" | grep -Ev '^(faltung|fal)_')"
none "the library must not print" "$(echo "$wanted" | grep -Ex "$prints")"
none "the library must not end the program" "$(echo "$wanted" | grep -Ex "$ends")"
exit $result
