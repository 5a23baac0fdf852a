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

# build_and_run PREFIX [OPTION-OF-PKG-CONFIG]
build_and_run() {
    PKG_CONFIG_PATH=$(dirname "$(find "$1" -name faltung.pc)")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046
    for example in examples/*.c; do
        echo "$example ${2-}"
        "$compiler" -std=c17 "$example" $(pkg-config --cflags --libs ${2-} faltung) -o "$1/example"
        LD_LIBRARY_PATH=$(pkg-config --variable=libdir faltung) \
            sh tests/build/expect_output.sh "${example%.c}.out" "$1/example"
    done
}

build_and_run "$prefix"

rm -rf "$prefix-static"
cp -R "$prefix" "$prefix-static"
find "$prefix-static" -name 'libfaltung.so*' -exec rm {} +
build_and_run "$prefix-static" --static
