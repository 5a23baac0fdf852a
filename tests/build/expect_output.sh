#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# expect_output.sh EXPECTED PROGRAM
#
# The program succeeds and prints what is in the file.
set -u
actual=$("$2") || exit
echo "$actual" | diff "$1" -
