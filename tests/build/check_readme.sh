#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The program that the README shows is examples/first.c, which is compiled and run, line for line.
set -u
cd "$(dirname "$0")/../.." || exit
sed '/SPDX-License-Identifier/d' examples/first.c | awk '
NR == FNR { program = program $0 "\n"; next }
{ readme = readme $0 "\n" }
END {
    if (!program || !index(readme, "```c\n" program "```\n")) {
        print "README.md does not show examples/first.c as it is"
        exit 1
    }
}' - README.md
