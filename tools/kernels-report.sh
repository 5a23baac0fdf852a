#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# kernels-report.sh BUILD...
#
# One line for each kernel that multiplies, in each build folder; with channels in the lanes for each
# distance of neighbouring pixels, and for one channel by itself for each size of a square kernel:
#   bytes    of its machine code
#   loops    inner ones: loops with multiply-adds of whole vectors that hold no other such loop
#   fma      the most multiply-adds of such a loop / those of a tile: for one product, for one column
#            of a kernel whose rows are known, or for one row of the input; more, if the compiler has
#            unrolled the loop, split vectors, or keeps several ways in it
#   spills   the most vector instructions that refer to the stack in a loop * loops that have any
#   reloads  the most other instructions that do
#   share    of the machine's multiply-adds, reached from cache: test_kernels --bench
# Instructions are x86-64's; of other machines, and of the C library's fma, only the bytes and the
# share are shown. Fails if a loop keeps vectors on the stack, or there is none.
set -eu

report() {
    program=$1/tests/kernels/test_kernels
    rows=$(mktemp)
    trap 'rm -f "$rows"' EXIT
    "$program" --bench >"$rows"
    objdump -d --no-show-raw-insn "$program" |
        awk -v rows="$rows" -v build="$1" -f "$(dirname "$0")/kernels-report.awk"
}

status=0
for build in "$@"; do
    (report "$build") || status=1
done
exit $status
