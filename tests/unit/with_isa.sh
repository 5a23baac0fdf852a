#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# with_isa.sh ISA PROGRAM: runs a test program by that instruction set; 77 if this processor does not
# have it.
case $1 in
avx512) flag=avx512dq ;;
*) flag=$1 ;;
esac
if [ "$1" != scalar ] && ! grep -qsw "$flag" /proc/cpuinfo; then
    echo "this processor has no $1"
    exit 77
fi
FALTUNG_ISA=$1 exec "$2"
