#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install-packages.sh [--only-name] NEED...
#
# Sees to it that the programs and libraries that a make target needs are there. What is missing is
# installed where that takes no password: as root, or where sudo asks for none. Otherwise, and with
# --only-name, the packages to install are named and the exit status is 1. Says nothing when nothing
# is missing.
set -u

# The needs and the packages that answer them, several joined by commas; "-" where the need comes
# with another package or cannot be had.
packages='
need        apt-get             dnf                 apk             pacman             zypper
compiler    gcc,libc6-dev       gcc                 gcc,musl-dev    gcc                gcc
compiler++  g++                 gcc-c++             g++             gcc                gcc-c++
cmake       cmake               cmake               cmake           cmake              cmake
make        make                make                make            make               make
gnuplot     gnuplot-nox         gnuplot             gnuplot         gnuplot            gnuplot
cmocka      libcmocka-dev       libcmocka-devel     cmocka-dev      cmocka             libcmocka-devel
pkg-config  pkg-config          pkgconf-pkg-config  pkgconf         pkgconf            pkg-config
python      python3-dev         python3-devel       python3-dev     python             python3-devel
venv        python3-venv        -                   -               -                  -
numpy       python3-numpy       python3-numpy       py3-numpy       python-numpy       python3-numpy
matplotlib  python3-matplotlib  python3-matplotlib  py3-matplotlib  python-matplotlib  python3-matplotlib
sanitizers  -                   libasan,libubsan    -               -                  -
clang       clang               clang               clang           clang              clang
clang-tidy  clang-tidy          clang-tools-extra   clang-extra-tools   -                  -
cppcheck    cppcheck            cppcheck            cppcheck            cppcheck           cppcheck
libfuzzer   libclang-rt-dev     compiler-rt         compiler-rt     compiler-rt        -
mpi         mpich,libmpich-dev  mpich,mpich-devel   mpich,mpich-dev     openmpi            mpich,mpich-devel
qemu        qemu-user           qemu-user           -               qemu-user          -
cross-aarch64 gcc-aarch64-linux-gnu,libc6-dev-arm64-cross gcc-aarch64-linux-gnu - aarch64-linux-gnu-gcc -
cross-i686  gcc-i686-linux-gnu,libc6-dev-i386-cross - - - -
'

has_program() {
    command -v "$1" >/dev/null 2>&1
}

has_headers() {
    for header in "$@"; do
        echo "#include <$header>"
    done | "${CC:-cc}" -E -x c - -o /dev/null 2>/dev/null
}

# Whether a function can be compiled and linked: links FUNCTION COMPILER...
links() {
    function=$1
    shift
    echo "int $function(void) { return 0; }" | "$@" -x c - -o /dev/null 2>/dev/null
}

has() {
    case $1 in
    compiler) has_headers stdio.h pthread.h ;;
    compiler++) has_program "${CXX:-c++}" ;;
    cmake) cmake --version 2>/dev/null | awk '
        NR == 1 { split($3, v, "."); new_enough = v[1] > 3 || (v[1] == 3 && v[2] >= 25) }
        END { exit !new_enough }' ;;
    cmocka) has_headers stdarg.h stddef.h stdint.h setjmp.h cmocka.h ;;
    python) "${0%/*}"/find-python.sh >/dev/null ;;
    venv) "$("${0%/*}"/find-python.sh || echo python3)" -c 'import ensurepip, venv' 2>/dev/null ;;
    numpy) "${0%/*}"/find-python.sh numpy >/dev/null ;;
    matplotlib) "${0%/*}"/find-python.sh numpy matplotlib >/dev/null ;;
    sanitizers) links main "${CC:-cc}" -fsanitize=address,undefined ;;
    libfuzzer) links LLVMFuzzerTestOneInput clang -fsanitize=fuzzer ;;
    mpi) has_program mpicc && has_program mpiexec ;;
    qemu) has_program qemu-x86_64 && has_program qemu-aarch64 ;;
    cross-aarch64) links main aarch64-linux-gnu-gcc ;;
    cross-i686) links main i686-linux-gnu-gcc ;;
    make | gnuplot | pkg-config | clang | clang-tidy | cppcheck) has_program "$1" ;;
    *)
        echo "install-packages.sh: unknown need '$1'" >&2
        exit 2
        ;;
    esac
}

missing_of() {
    for need in "$@"; do
        has "$need" || printf '%s ' "$need"
    done
}

package_manager() {
    for manager in apt-get dnf apk pacman zypper; do
        has_program $manager && echo $manager && return
    done
}

packages_for() {
    for need in "$@"; do
        echo "$packages" | awk -v need="$need" -v manager="$manager" '
            $1 == "need" { for (i = 2; i <= NF; i++) if ($i == manager) column = i }
            $1 == need && column && $column != "-" { gsub(",", " ", $column); print $column }'
    done | tr '\n' ' '
}

# Runs a command as root, without asking anybody for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_install() {
    [ -n "$manager" ] && as_root true 2>/dev/null
}

install() {
    case $manager in
    apt-get)
        as_root apt-get -qq update
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq -y --no-install-recommends install "$@"
        ;;
    dnf) as_root dnf -q -y install "$@" ;;
    apk) as_root apk add -q --no-cache "$@" ;;
    pacman) as_root pacman -Sy -q --noconfirm --needed "$@" ;;
    zypper) as_root zypper -q -n install "$@" ;;
    esac >/dev/null
}

# What is missing and the packages are lists of words, so they are not quoted.
# shellcheck disable=SC2086
name_packages() {
    echo "missing: $missing" | sed 's/cmake/cmake (3.25 or later)/'
    if [ -n "$manager" ]; then
        case $manager in
        apk) verb=add ;;
        pacman) verb=-S ;;
        *) verb=install ;;
        esac
        echo "install them, as root, by: $manager $verb $(packages_for $missing)"
    fi
} >&2

only_name=
if [ "${1-}" = --only-name ]; then
    only_name=yes
    shift
fi
manager=$(package_manager)
missing=$(missing_of "$@")
[ -z "$missing" ] && exit 0

# shellcheck disable=SC2046,SC2086
if [ -z "$only_name" ] && may_install; then
    echo "installing $(packages_for $missing)by $manager" >&2
    install $(packages_for $missing)
    missing=$(missing_of "$@")
    [ -z "$missing" ] && exit 0
fi
name_packages
exit 1
