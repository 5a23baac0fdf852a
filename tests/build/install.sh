#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install.sh CMAKE BUILD_FOLDER PREFIX
#
# Installs what was built, and moves it: nothing that is installed may remember where it was put
# first. For the tests that follow.
set -eu
rm -rf "$3" "$3-first"
unset DESTDIR
"$1" --install "$2" --prefix "$3-first"
mv "$3-first" "$3"
find "$3" -name include -o -name 'libfaltung.*' -o -name 'faltung*' | sort
if grep -rIl -e "$3" "$3"; then
    echo "these files name the folder that they were installed to"
    exit 1
fi
test -f "$3/include/faltung.h"
