# SPDX-License-Identifier: Apache-2.0
"""The peers, each in a file of its own, which imports its library where it is made only."""

import importlib

from ..entries import ENTRIES


def load(name: str):
    """The class of a peer."""
    entry = ENTRIES[name]
    return getattr(importlib.import_module("." + entry.module, __package__), entry.kind)
