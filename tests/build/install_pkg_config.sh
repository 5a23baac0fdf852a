#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install_pkg_config.sh PREFIX COMPILER
#
# The examples build against an installed library as pkg-config says, shared and static, and print
# what they should.
set -eu
prefix=$1
compiler=$2
if ! command -v pkg-config >/dev/null; then
    echo "skipped: there is no pkg-config"
    exit 77
fi

# Copies in a folder whose name has no blanks, which a shell would split the options at.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -R "$prefix" "$scratch/shared"
cp -R "$prefix" "$scratch/static"
find "$scratch/static" -name 'libfaltung.so*' -exec rm {} +

# The options are lists of words.
# shellcheck disable=SC2046,SC2086
build_and_run() {
    libdir=$(dirname "$(find "$scratch/$1" -name libfaltung.a)")
    export PKG_CONFIG_PATH="$libdir/pkgconfig"
    options=$2
    for example in examples/*.c; do
        echo "$1: $example"
        "$compiler" -std=c17 "$example" $(pkg-config --cflags --libs $options faltung) \
            -o "$scratch/example"
        LD_LIBRARY_PATH=$libdir \
            sh tests/build/expect_output.sh "${example%.c}.out" "$scratch/example"
    done
}

build_and_run shared ""
build_and_run static --static
