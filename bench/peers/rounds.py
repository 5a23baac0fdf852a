# SPDX-License-Identifier: Apache-2.0
"""One problem on every peer: checked, then timed in rounds in which each has a turn."""

import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .capping import Setting
from .entries import ENTRIES
from .problems import Problem
from .process import Worker, pin

# Another layout than the row's is timed too if it took less than so much of the row's own time.
_WORTH_TIMING = 1.05


@dataclass(frozen=True)
class Pace:
    rounds: int = 5
    seconds: float = 0.06  # of each turn


class Ceiling:
    """Multiply-adds from registers, by the loops of `faltung bench`; the problem is a trifle."""

    SECONDS = 0.04

    def __init__(self, faltung: Path, setting: Setting) -> None:
        self.faltung, self.setting = faltung, setting

    def measure(self, problem: Problem) -> dict[str, Any]:
        dtype = "f64" if problem.dtype in ("f64", "c128") else "f32"
        cpus = self.setting.cpus
        said = subprocess.run(
            [self.faltung, "bench", "--json", "--seconds", str(self.SECONDS), "--threads",
             str(self.setting.threads), f"conv1d:1x1x4,1x1x1,dtype={dtype}"],
            check=True, capture_output=True, text=True, env=self.setting.environment,
            preexec_fn=lambda: pin(cpus),
        )  # fmt: skip
        return json.loads(said.stdout)


def candidates(problem: Problem, ways: list[dict]) -> list[dict]:
    """Of the ways that are right, the fastest in the row's layout, and the fastest in another."""
    right = sorted((way for way in ways if "way" in way), key=lambda way: way["trial_s"])
    plain = next((way for way in right if way["layout"] == problem.layout), None)
    other = next((way for way in right if way["layout"] != problem.layout), None)
    if plain and other and other["trial_s"] > _WORTH_TIMING * plain["trial_s"]:
        other = None
    return [way for way in (plain, other) if way]


def prepare(problem: Problem, workers: dict[str, Worker], setting: Setting, folder: Path) -> dict:
    """What each peer has to say to a problem: its ways, with those that are wrong or not there."""
    said = {}
    for name in list(workers):
        if why := setting.leaves_out(name):
            said[name] = [{"name": name, "why": why}]
            continue
        if not workers[name].is_alive:
            workers[name] = workers[name].again()
        answer = workers[name].ask("prepare", problem=problem.text, folder=str(folder))
        said[name] = answer.get("ways") or [{"name": name, "why": answer.get("why", "?")}]
    return said


def measure(
    problem: Problem,
    workers: dict[str, Worker],
    ceiling: Ceiling,
    pace: Pace,
    folder: Path,
) -> dict[str, Any]:
    """A row of the record. `folder` has what the problem is made of."""
    said = prepare(problem, workers, ceiling.setting, folder)
    turns = [(name, way) for name in said for way in candidates(problem, said[name])]
    taken: list[list[dict]] = [[] for _ in turns]
    ceilings = []
    for i in range(pace.rounds):
        ceilings.append(ceiling.measure(problem))
        for k in range(len(turns)):
            k = (k + i) % len(turns)  # nobody always comes after the same
            name, way = turns[k]
            taken[k].append(workers[name].ask("time", way=way["way"], seconds=pace.seconds))
    for (_, way), samples in zip(turns, taken):
        samples = [sample for sample in samples if "best" in sample]
        if samples:
            way["best_s"] = min(sample["best"] for sample in samples)
            way["median_s"] = statistics.median(sample["median"] for sample in samples)
            way["calls"] = sum(sample["calls"] for sample in samples)
    rates = [measured["ceiling_gflops"] for measured in ceilings]
    return {
        "name": problem.name,
        "problem": problem.text,
        "layout": problem.layout,
        "dtype": problem.dtype,
        "flops": problem.flops,
        "ceiling": {
            "isa": ceilings[0]["isa"],
            "best_gflops": max(rates),
            "median_gflops": statistics.median(rates),
        },
        "peers": {
            name: [without(way, "way") for way in said[name]] for name in ENTRIES if name in said
        },
    }


def without(members: dict, name: str) -> dict:
    return {key: value for key, value in members.items() if key != name}
