#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install_find_package.sh PREFIX CMAKE COMPILER
#
# The examples build against an installed library in a CMake project that finds it, shared and
# static, and print what they should.
set -eu
prefix=$1
cmake=$2
compiler=$3
build=$prefix-consumer
rm -rf "$build"
"$cmake" -S tests/build/consumer -B "$build" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$compiler" -DEXAMPLES="$PWD/examples"
"$cmake" --build "$build"
for example in examples/*.c; do
    name=$(basename "$example" .c)
    for library in shared static; do
        echo "$example $library"
        sh tests/build/expect_output.sh "${example%.c}.out" "$build/${name}_$library"
    done
done
