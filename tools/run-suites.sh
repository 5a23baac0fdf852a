#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run-suites.sh PRESET...
#
# Builds each preset and runs the tests in it, all of them even if one fails, and ends with one line
# that counts over all: "57 passed, 0 failed, 2 skipped". A preset that does not build, or whose
# tests did not end, counts as one failure.
set -u
cd "$(dirname "$0")/.." || exit

# The value of an attribute of the <testsuite> element in CTest's results.
count() {
    sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$results" | head -n 1
}

passed=0
failed=0
skipped=0
for preset in "$@"; do
    results=build-$preset/results.xml
    rm -f "$results"
    printf '\n== %s\n' "$preset"
    cmake --workflow --preset "$preset"
    status=$?
    if [ ! -s "$results" ]; then
        failed=$((failed + 1))
        continue
    fi
    failures=$(count failures)
    skips=$(($(count skipped) + $(count disabled)))
    passed=$((passed + $(count tests) - failures - skips))
    skipped=$((skipped + skips))
    if [ "$status" != 0 ] && [ "$failures" = 0 ]; then
        failures=1
    fi
    failed=$((failed + failures))
done
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
