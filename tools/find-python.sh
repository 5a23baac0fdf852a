#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# find-python.sh [MODULE...]
#
# Prints where the Python is that the package is built and tested with: the first of the python3 of
# the PATH and the system's own that is new enough and has its headers and the modules. Only the
# second is helped by the system's packages, so that one of somebody's own does not have to be.
set -u

has_all() {
    "$@" 2>/dev/null <<'PROGRAM'
import importlib, os, sys, sysconfig
header = os.path.join(sysconfig.get_path("include"), "Python.h")
for module in sys.argv[1:]:
    importlib.import_module(module)
sys.exit(sys.version_info < (3, 11) or not os.path.exists(header))
PROGRAM
}

for python in python3 /usr/bin/python3; do
    if has_all "$python" - "$@"; then
        exec "$python" -c 'import sys; print(sys.executable)'
    fi
done
exit 1
