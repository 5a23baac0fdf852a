# SPDX-License-Identifier: Apache-2.0
"""Faltung beside the libraries that people use for convolutions, measured in turns in one run.

command.py is where it begins. The driver needs Python's standard library only; whatever imports a
peer runs in a process of its own (worker.py), by the Python of an environment that has it.
"""
