# SPDX-License-Identifier: Apache-2.0
"""The process of one peer: `python -m peers.worker NAME THREADS FD`.

It reads a request on each line of its standard input and answers each with a line on FD, both as
JSON; what libraries print goes to standard output and is kept apart from that.
"""

import ctypes
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from . import libraries, oracle
from .libraries.library import Material, Unsupported, Way
from .materials import BUILDERS
from .problems import Problem, parse

_TRIAL_SECONDS = 0.05
_MOST_CALLS = 20000


def what(error: BaseException) -> str:
    """An error in a line."""
    lines = str(error).strip().splitlines() or [""]
    kind = "" if isinstance(error, Unsupported) else type(error).__name__ + ": "
    return (kind + lines[0])[:200]


def burst(call, seconds: float) -> dict:
    """Calls one after the other for so long, after one that warms up; of a call that takes more
    than four times as long, the first is all there is time for."""
    clock = time.perf_counter
    begin = clock()
    call()
    first = clock() - begin
    if first > 4 * seconds:
        return {"best": first, "median": first, "calls": 1}
    taken: list[float] = []
    end = clock() + seconds
    while not taken or (clock() < end and len(taken) < _MOST_CALLS):
        begin = clock()
        call()
        taken.append(clock() - begin)
    return {"best": min(taken), "median": statistics.median(taken), "calls": len(taken)}


def resident(key: str) -> int:
    """VmRSS or VmHWM of this process, in bytes."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(key + ":"):
                return 1024 * int(line.split()[1])
    return 0


class Builder:
    def __init__(self, name: str) -> None:
        self.builder: Any = BUILDERS[name]()

    def build(self, problem: str, folder: str) -> dict:
        self.builder.build(parse(problem), Path(folder))
        return {}


class Peer:
    """A library, and the ways of the last problem that it was asked for."""

    def __init__(self, name: str, threads: int) -> None:
        self.library = libraries.load(name)(threads)
        self.version = self.library.version
        self.ways: list[Way] = []

    def prepare(self, problem: str, folder: str) -> dict:
        """Makes every way, checks each against the answer, and tries how fast those are that give
        it. No other is ever timed."""
        self.ways.clear()
        material, p = Material(Path(folder)), parse(problem)
        answer = material.operand("answer")
        found = []
        for name, layout, make in self.library.ways(p, material):
            try:
                found.append({"name": name, "layout": layout, **self.try_way(p, make, answer)})
            except Exception as error:
                found.append({"name": name, "layout": layout, "why": what(error)})
        return {"ways": found}

    def try_way(self, problem: Problem, make, answer: np.ndarray) -> dict:
        way = make()
        got = np.asarray(way.numbers(way.call()))
        if got.shape != answer.shape:
            return {"why": f"a result of shape {got.shape} instead of {answer.shape}"}
        error = oracle.relative_error(got, answer)
        if not error <= oracle.tolerance(problem.dtype):
            return {"why": f"wrong by {error:.1e} of the largest number", "error": error}
        self.ways.append(way)
        tried = burst(way.call, _TRIAL_SECONDS)
        return {"way": len(self.ways) - 1, "error": error, "trial_s": tried["best"]}

    def time(self, way: int, seconds: float) -> dict:
        return burst(self.ways[way].call, seconds)

    def first(self, problem: str, folder: str) -> dict:
        """Seconds of making the first way that works, and of its first call; and the memory that
        it held at most beyond what the import did, its operands and result included."""
        material, before = Material(Path(folder)), resident("VmRSS")
        with open("/proc/self/clear_refs", "w") as peak:
            peak.write("5")
        why = "there is no way"
        for name, layout, make in self.library.ways(parse(problem), material):
            try:
                begin = time.perf_counter()
                way = make()
                made = time.perf_counter()
                way.call()
                done = time.perf_counter()
                for _ in range(3):
                    way.call()
            except Exception as error:
                why = what(error)
                continue
            return {
                "name": name,
                "layout": layout,
                "make_s": made - begin,
                "first_call_s": done - made,
                "peak_bytes": resident("VmHWM") - before,
            }
        return {"why": why}


def serve(make: Callable[[], Any], wire) -> None:
    """Answers requests by the methods of what is made."""

    def answer(**said) -> None:
        wire.write(json.dumps(said) + "\n")
        wire.flush()

    before, begin = resident("VmRSS"), time.perf_counter()
    try:
        made = make()
    except Exception as error:
        return answer(why=what(error))
    answer(
        version=getattr(made, "version", ""),
        import_s=time.perf_counter() - begin,
        import_bytes=resident("VmRSS") - before,
    )
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer(**getattr(made, request.pop("ask"))(**request))
        except Exception as error:
            answer(why=what(error))


def end_with_the_driver() -> None:
    """A worker that is stopped would stay for ever if the driver was killed."""
    parent_death_signal = 1
    ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)


def main(make: Callable[[str, int], Any]) -> None:
    end_with_the_driver()
    name, threads, fd = sys.argv[1:]
    with os.fdopen(int(fd), "w") as wire:
        serve(lambda: make(name, int(threads)), wire)
    sys.stdout.flush()
    os._exit(0)  # some libraries do not survive their own destructors


if __name__ == "__main__":
    main(lambda name, threads: Builder(name) if name in BUILDERS else Peer(name, threads))
