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
if grep -rIl -e "$3" "$3"; then
    echo "these files name the folder that they were installed to"
    exit 1
fi
cd "$3"
cat include/faltung.h share/man/man1/faltung.1 share/bash-completion/completions/faltung \
    share/zsh/site-functions/_faltung >/dev/null
bin/faltung --version
