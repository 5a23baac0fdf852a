#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check-machines.sh [MACHINE...]
#
# Runs tests as machines would that are not at hand:
#   x86-64   the oldest such processor, of which qemu knows no AVX: all unit tests
#   aarch64  by NEON, under qemu: all unit tests, the kernels on their own, and the sweep
#   i686     with addresses of 32 bits: what the command says of sizes and paddings, and the bits of
#            convolutions, against those of this machine
# The bits that are recorded for `exact` are compared on the first two. cmocka for aarch64 comes from
# Debian's packages, unpacked into build-machines/ and not installed.
set -u
cd "$(dirname "$0")/.." || exit
folder=$PWD/build-machines
jobs=$(getconf _NPROCESSORS_ONLN)
mkdir -p "$folder"
failed=
run= # what has been, in words

# Debian's packages of another architecture, unpacked into a folder: unpack ARCHITECTURE PACKAGE...
unpack() {
    root=$folder/debian-$1
    state="-o APT::Architecture=$1 -o APT::Architectures::=$1 -o Dir::State=$root/state"
    state="$state -o Dir::State::status=$root/status -o Dir::Cache=$root/cache -o APT::Sandbox::User=root"
    shift
    [ -e "$root/done" ] && return
    mkdir -p "$root/state/lists/partial" "$root/cache/archives/partial" "$root/root"
    : >"$root/status"
    # An index that cannot be had is one of updates, as a rule. The options are a list of words.
    # shellcheck disable=SC2086
    (cd "$root" && { apt-get -qq $state update 2>/dev/null; apt-get -qq $state download "$@"; }) \
        >/dev/null || return
    for package in "$root"/*.deb; do
        dpkg -x "$package" "$root/root" || return
    done
    touch "$root/done"
}

# suite NAME PATTERN EXCEPT CMAKE-OPTION...: builds what is tested, and runs the tests that match
# one pattern and not the other.
suite() {
    name=$1 pattern=$2 except=$3
    shift 3
    printf '\n== %s\n' "$name"
    cmake -S . -B "$folder/$name" -DCMAKE_BUILD_TYPE=Release -DCMAKE_REQUIRE_FIND_PACKAGE_cmocka=ON \
        "$@" >/dev/null &&
        cmake --build "$folder/$name" -j "$jobs" >"$folder/$name.log" 2>&1 &&
        ctest --test-dir "$folder/$name" -j "$jobs" -R "$pattern" -E "$except" --timeout 1500 \
            --output-on-failure >"$folder/$name.log" 2>&1 ||
        failed="$failed $name"
    grep -v -e '^ *Start' -e '^ *[0-9]*/[0-9]* .* Passed ' "$folder/$name.log" | tail -n 100
    run="$run$(sed -n 's/.* tests failed out of //p' "$folder/$name.log") test programs on $name, "
}

cross() {
    name=$1 processor=$2 triple=$3 architecture=$4 pattern=$5 except=$6
    shift 6
    if ! unpack "$architecture" libcmocka-dev libcmocka0; then
        echo "$name: cmocka could not be had"
        failed="$failed $name"
        return
    fi
    root=$folder/debian-$architecture/root
    suite "$name" "$pattern" "$except" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$processor" \
        -DCMAKE_C_COMPILER="$triple-gcc" -DCMAKE_CXX_COMPILER="$triple-g++" \
        -DCMAKE_PREFIX_PATH="$root/usr" -DCMAKE_LIBRARY_ARCHITECTURE="$triple" \
        -DCMAKE_BUILD_RPATH="$root/usr/lib/$triple" "$@"
}

# Command lines about sizes from small to beyond 64 bits, and convolutions of each type.
list_lines() {
    awk 'BEGIN {
        srand(1)
        split("1 2 3 5 7 16 200 65536 2147483647 2147483648 4294967296 4611686018427387904 9223372036854775807 9223372036854775808", n, " ")
        split("valid same same_upper same_lower same_symmetric 0 1 2:1 2147483648", p, " ")
        for (i = 0; i < 300; i++) {
            axis = "--input " n[1 + int(14 * rand())] " --kernel " n[1 + int(7 * rand() + 7 * (rand() < 0.2))]
            axis = axis " --stride " n[1 + int(14 * rand() * rand())] " --dilation " n[1 + int(14 * rand() * rand())]
            print "size " axis " --padding " p[1 + int(9 * rand())] (rand() < 0.5 ? "" : " --transposed")
            print "padding " axis " --explain"
        }
    }'
}

# What a program says and how it ends, line by line.
answers() {
    list_lines | while read -r line; do
        # A line is a list of words.
        # shellcheck disable=SC2086
        "$1" $line 2>&1
        echo "= $?"
    done
    # Of f32, whose numbers are drawn without the C library's functions.
    "$1" randn 1x8x20x20 8x8x3x3 --seed 3 -o "$2/x.npy" -o "$2/w.npy" --force
    for way in conv2d conv_transpose2d; do
        "$1" $way "$2/x.npy" "$2/w.npy" --accuracy exact --padding 1 -o - | cksum
    done
}

compare_commands() {
    for name in here i686; do
        compiler=$([ $name = here ] && echo cc || echo i686-linux-gnu-gcc)
        cmake -S . -B "$folder/$name" -DCMAKE_BUILD_TYPE=Release -DFALTUNG_BUILD_TESTS=OFF \
            -DCMAKE_C_COMPILER="$compiler" -DCMAKE_EXE_LINKER_FLAGS=-static \
            $([ $name = here ] || echo -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=i686) \
            >/dev/null &&
            cmake --build "$folder/$name" -j "$jobs" --target faltung >"$folder/$name.log" 2>&1 &&
            answers "$folder/$name/faltung" "$folder/$name" >"$folder/$name.answers" || return
    done
    diff "$folder/here.answers" "$folder/i686.answers" &&
        run="$run$(grep -c '^= ' "$folder/here.answers") command lines answered alike on i686, "
}

units='^test_'
# What starts programs is left out: qemu does not tell when there are none.
not_here='_(avx2|scalar|avx512|amx)$|^test_(cli|tour|bench|chart)|parallel_process'
for machine in ${*:-x86-64 aarch64 i686}; do
    case $machine in
    x86-64)
        suite x86-64 "$units" "$not_here|test_sweep|test_kernels|test_large" \
            -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=x86_64 \
            "-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-x86_64;-cpu;Nehalem"
        ;;
    aarch64)
        cross aarch64 aarch64 aarch64-linux-gnu arm64 "$units" "$not_here|test_large" \
            "-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64;-L;/usr/aarch64-linux-gnu"
        ;;
    i686)
        printf '\n== i686\n'
        compare_commands || failed="$failed i686"
        ;;
    *)
        echo "check-machines.sh: '$machine' is none of x86-64, aarch64 and i686" >&2
        exit 2
        ;;
    esac
done
printf '\nrun: %s\n' "${run%, }"
if [ -n "$failed" ]; then
    printf 'failed on%s\n' "$failed"
    exit 1
fi
printf 'all machines passed\n'
