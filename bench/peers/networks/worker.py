# SPDX-License-Identifier: Apache-2.0
"""`python -m peers.networks.worker NAME THREADS FD`, as peers.worker for single problems."""

from ..worker import main
from .contenders import KINDS

if __name__ == "__main__":
    main(lambda name, threads: KINDS[name](threads))
