#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every tracked source begins with its licence, no tracked text has tabs or blanks where none are
# seen, and no text names a folder of the machine it was written on.
set -u
cd "$(dirname "$0")/../.." || exit
if ! git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    echo "skipped: this is not a git checkout"
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

unlicensed() {
    git ls-files '*.[ch]' '*.sh' '*.py' '*.cmake' '*.in' '*CMakeLists.txt' Makefile .ci/run |
        while read -r file; do
            sed '1{/^#!/d;}' "$file" | head -n 1 | grep -q '^\(#\|//\) SPDX-License-Identifier: ' ||
                echo "$file"
        done
}

none "does not begin with the SPDX line" "$(unlicensed)"
none "a tab" "$(git grep -nI -e "$(printf '\t')" -- ':!Makefile')"
none "blanks at the end of a line" "$(git grep -nIE -e '[[:blank:]]+$')"
none "a folder of somebody's machine" \
    "$(git grep -nIE -e '(^|[^[:alnum:]_.}/-])/(work|root|home)/')"
exit $result
