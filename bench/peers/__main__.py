# SPDX-License-Identifier: Apache-2.0
"""`python3 bench/peers`: makes the package importable by its name, wherever it is run from."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from peers.command import main  # noqa: E402

sys.exit(main())
