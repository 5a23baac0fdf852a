# SPDX-License-Identifier: Apache-2.0
"""What a user pays besides the sums: importing, a first call, each tiny call, memory, disk."""

import subprocess
from pathlib import Path
from typing import IO, Any

from . import problems, report
from .capping import Setting
from .entries import ENTRIES
from .problems import Problem
from .runs import Materials, Place, surroundings

_IMPORTS = 5
_TURNS, _SECONDS = 3, 0.05
_IMPORT = (
    # OpenVINO goes on without this module, and would report over the network with it.
    "import sys, time; sys.modules['openvino_telemetry'] = None; begin = time.perf_counter(); "
    "import {}; print(time.perf_counter() - begin)"
)

FIRST = problems.parse("conv2d:16x3x16x16,10x3x3x3", "first call")
TINY = problems.parse("conv2d:1x1x4x4,1x1x3x3", "tiny call")
LARGE = problems.parse("conv2d:1x64x224x224,64x64x3x3,padding=1", "vgg 64@224")


def import_seconds(python: Path, module: str, setting: Setting) -> float | None:
    """The least of some fresh processes: of what a bare Python has not imported yet."""
    taken = []
    for _ in range(_IMPORTS):
        done = subprocess.run(
            [python, "-c", _IMPORT.format(module)],
            capture_output=True, text=True, env=setting.environment,
        )  # fmt: skip
        if done.returncode:
            return None
        taken.append(float(done.stdout.split()[-1]))
    return min(taken)


def in_fresh_process(place: Place, name: str, setting: Setting, log: IO, materials: Materials,
                     problem: Problem, what: str) -> dict[str, Any]:  # fmt: skip
    worker = place.worker(name, setting, log)
    try:
        if "why" in worker.hello:
            return worker.hello
        folder = str(materials.of(problem))
        if what == "first":
            return worker.ask("first", problem=problem.text, folder=folder)
        return tiny_call(worker, problem, folder)
    finally:
        worker.quit()


def tiny_call(worker, problem: Problem, folder: str) -> dict[str, Any]:
    """Seconds of the fastest way's calls."""
    said = worker.ask("prepare", problem=problem.text, folder=folder)
    right = [way for way in said.get("ways", []) if "way" in way]
    if not right:
        return {"why": said.get("why", "no way is right")}
    way = min(right, key=lambda way: way["trial_s"])["way"]
    turns = [worker.ask("time", way=way, seconds=_SECONDS) for _ in range(_TURNS)]
    return {"best_s": min(turn["best"] for turn in turns)}


def disk_bytes(place: Place, name: str) -> int | None:
    """Of the peer's own packages as they are installed, without what they need."""
    entry = ENTRIES[name]
    found = place.environments[entry.environment].survey(list(entry.packages), [place.package])
    return sum(package["bytes"] for package in found.values()) or None


def measure(place: Place, names: list[str], setting: Setting, materials: Materials, log: IO
            ) -> dict[str, Any]:  # fmt: skip
    peers = {}
    for name in names:
        entry = ENTRIES[name]
        importing = import_seconds(
            place.environments[entry.environment].python, entry.imports, setting
        )
        if importing is None:
            continue
        print(f"startup: {name}", flush=True)
        fresh = {
            key: in_fresh_process(place, name, setting, log, materials, problem, what)
            for key, problem, what in (
                ("first", FIRST, "first"), ("tiny", TINY, "tiny"), ("large", LARGE, "first"),
            )
        }  # fmt: skip
        peers[name] = {"import_s": importing, "disk_bytes": disk_bytes(place, name), **fresh}
    return {
        "kind": "startup",
        **surroundings(place, setting),
        "wheel_bytes": place.wheel_bytes,
        "peers": peers,
    }


def section(record: dict[str, Any]) -> str:
    rows = []
    for name, peer in record["peers"].items():
        first, tiny, large = peer["first"], peer["tiny"], peer["large"]
        rows.append(
            [
                name,
                report.number(peer["import_s"] * 1e3, "{:.0f}"),
                report.number(
                    first.get("make_s", 0) * 1e3 if "make_s" in first else None, "{:.1f}"
                ),
                report.number(
                    first.get("first_call_s", 0) * 1e3 if "make_s" in first else None, "{:.2f}"
                ),
                report.number(tiny["best_s"] * 1e6 if "best_s" in tiny else None, "{:.1f}"),
                report.number(
                    large["peak_bytes"] / 2**20 if "peak_bytes" in large else None, "{:.0f}"
                ),
                report.number(peer["disk_bytes"] and peer["disk_bytes"] / 2**20, "{:.1f}"),
            ]
        )
    head = ["peer", "import, ms", "making ready, ms", "first call, ms", "tiny call, µs",
            "peak on vgg 64@224, MB", "on disk, MB"]  # fmt: skip
    wheel = record["wheel_bytes"]
    said = f" Faltung's wheel has {wheel / 2**20:.2f} MB." if wheel else ""
    return (
        "## Starting, and small things\n\n"
        f"One thread. The import is the least of {_IMPORTS} fresh processes. Making ready "
        f"(packing, compiling, loading) and the first call are those of `{FIRST.text}`, in a fresh "
        f"process; a tiny call is the least of `{TINY.text}`. The peak is what `{LARGE.text}` "
        "takes beyond the imported library, with its input and output (25 MB). On disk is the "
        f"package itself, as PyPI has it, without what it needs.{said}\n\n"
        f"{report.table(head, rows)}\n"
    )
