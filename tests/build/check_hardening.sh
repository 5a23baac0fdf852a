#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_hardening.sh FILE...
#
# No memory of a program or library is both written and executed, and what is resolved when it is
# loaded cannot be written afterwards.
set -u
if ! command -v readelf >/dev/null; then
    echo "skipped: there is no readelf"
    exit 77
fi
result=0

expect() {
    if ! echo "$2" | grep -q "$3"; then
        echo "$file: $1"
        result=1
    fi
}

for file in "$@"; do
    segments=$(readelf -lW "$file") || exit
    dynamic=$(readelf -dW "$file") || exit
    if echo "$segments" | grep -E '^ +[A-Z_]+ .* [R ]WE '; then
        echo "$file: a segment is writable and executable"
        result=1
    fi
    expect "its stack may be executable" "$segments" GNU_STACK
    expect "no segment becomes read-only" "$segments" GNU_RELRO
    expect "symbols are resolved later" "$dynamic" 'BIND_NOW\|FLAGS.*NOW'
done
exit $result
