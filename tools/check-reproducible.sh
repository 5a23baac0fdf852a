#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check-reproducible.sh: builds what is installed twice, from copies of the sources in folders of
# different names, and compares the files byte by byte.
set -eu
cd "$(dirname "$0")/.."
folder=$PWD/build-reproducible
rm -rf "$folder"
for name in first another; do
    mkdir -p "$folder/$name"
    git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$folder/$name"
    cmake -S "$folder/$name" -B "$folder/$name/build" -DCMAKE_BUILD_TYPE=Release \
        -DFALTUNG_BUILD_TESTS=OFF >/dev/null
    cmake --build "$folder/$name/build" -j "$(getconf _NPROCESSORS_ONLN)" >/dev/null
    DESTDIR=$folder/installed-$name cmake --install "$folder/$name/build" >/dev/null
done
diff -r "$folder/installed-first" "$folder/installed-another"
files=$(find "$folder/installed-first" -type f | wc -l)
rm -rf "$folder"
echo "two builds: the same $files files"
