#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test_mpi.sh BUILD MPIEXEC
#
# Several processes give the bytes of one; one that fails or is killed ends the job, which goes on
# when it is run again.
set -u
build=$1 mpiexec=$2
folder=$(mktemp -d) && cd "$folder" || exit 1
trap 'rm -rf "$folder"' EXIT

# Open MPI asks for leave to run as root, and more processes than cores.
case $($mpiexec --version 2>&1) in
*Open*MPI* | *OpenRTE*) mpiexec="$mpiexec --oversubscribe --allow-run-as-root" ;;
esac

fail() {
    echo "test_mpi.sh: $*" >&2
    exit 1
}

run() {
    $mpiexec -n "$1" "$build/faltung-mpi" conv2d x.npy k.npy -o y.npy --padding 2 --memory 1G \
        --threads 1 $2 2>err
}

"$build/faltung" randn 2x3x300x200 8x3x5x5 -o x.npy -o k.npy &&
    "$build/faltung" conv2d x.npy k.npy -o expected.npy --padding 2 || fail "no operands"

for n in 1 2 4; do
    run $n "" || fail "$n processes fail: $(cat err)"
    cmp y.npy expected.npy || fail "$n processes give other bytes"
    [ "$(ls -A | tr '\n' ' ')" = "err expected.npy k.npy x.npy y.npy " ] || fail "left: $(ls -A)"
    rm y.npy
done

# What is wrong with the words ends the job, with a status and a line.
run 2 "--stride 0" && fail "a stride of 0 is no failure"
grep -q "non-positive stride is not supported" err || fail "of a stride of 0: $(cat err)"
[ "$(ls -A | tr '\n' ' ')" = "err expected.npy k.npy x.npy " ] || fail "left: $(ls -A)"
run 2 "--shard 0/2" && fail "a shard of a process is no failure"
grep -q "processes are the parts" err || fail "of a shard: $(cat err)"

$mpiexec -n 2 "$build/faltung-mpi" randn 3 -o r.npy 2>err && fail "randn by two is no failure"
grep -q "'randn' is not for several processes" err || fail "of randn: $(cat err)"

# A process that cannot write to the disk ends the others. (MPI itself writes a few megabytes.)
"$build/faltung" randn 2x3x900x900 32x3x9x9 -o x.npy -o k.npy --force &&
    "$build/faltung" conv2d x.npy k.npy -o expected.npy --padding 2 --force || fail "no operands"
(ulimit -f 100000 && run 2 "") && fail "a full disk is no failure"
grep -q "cannot write" err || fail "of a full disk: $(cat err)"
[ -e y.npy ] && fail "a full disk leaves an output"

# So does one that is killed; and the next run goes on.
rm -f .y.npy.*
run 2 "" &
job=$!
until [ -s .y.npy.journal-0-of-2 ] && [ -s .y.npy.journal-1-of-2 ]; do
    kill -0 $job 2>/dev/null || fail "the job has ended: $(cat err)"
done
pkill -9 -n -f "faltung-mpi conv2d x.npy k.npy -o y.npy --padding 2" || fail "nothing to kill"
wait $job && fail "a process that is killed is no failure"
run 2 "" || fail "a job that was killed does not go on: $(cat err)"
cmp y.npy expected.npy || fail "a job that was killed gives other bytes"
echo "1, 2 and 4 processes, and 4 failures"
