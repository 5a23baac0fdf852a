#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_header.sh COMPILER LANGUAGE STANDARD...
#
# The public header compiles alone, without a warning, in each of these standards.
set -eu
compiler=$1
language=$2
shift 2
if ! command -v "$compiler" >/dev/null; then
    echo "skipped: there is no compiler for $language"
    exit 77
fi
for standard in "$@"; do
    echo "$language: $standard"
    echo '#include <faltung.h>' |
        "$compiler" -x "$language" -std="$standard" -Wall -Wextra -Wpedantic -Wshadow -Werror \
            -Iinclude -fsyntax-only -
done
