# SPDX-License-Identifier: Apache-2.0
"""A run: every problem on every peer, at one number of threads and one instruction set."""

import contextlib
import datetime
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from . import capping
from .capping import Setting
from .entries import ENTRIES
from .environments import Environment
from .problems import Problem
from .process import Worker, started
from .rounds import Ceiling, Pace, measure


@dataclass
class Place:
    """What a run needs to know of its surroundings."""

    faltung: Path  # the command
    folder: Path  # for what is made on the way
    package: Path  # with Faltung's Python package
    environments: dict[str, Environment]
    wheel_bytes: int = 0

    @property
    def paths(self) -> list[Path]:
        return [Path(__file__).resolve().parents[1], self.package]

    def setting(self, isa: str, threads: int, cpu: int | None) -> Setting:
        return capping.setting(isa, threads, cpu, self.paths, self.folder)

    @property
    def missing(self) -> dict[str, str]:
        """The packages that could not be installed, and why."""
        missing: dict[str, str] = {}
        for environment in self.environments.values():
            missing |= environment.missing
        return missing

    def worker(self, name: str, setting: Setting, log: IO, **more) -> Worker:
        """That of a peer, in its environment."""
        python = self.environments[ENTRIES[name].environment].python
        environment, cpus = setting.environment, setting.cpus
        return Worker(name, python, setting.threads, environment, cpus, log, **more)


def processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def source() -> str:
    """The commit that is measured, where git knows it."""
    command = ["git", "describe", "--always", "--dirty"]
    with contextlib.suppress(OSError):
        here = Path(__file__).resolve().parent
        return subprocess.run(command, capture_output=True, text=True, cwd=here).stdout.strip()
    return ""


def surroundings(place: Place, setting: Setting) -> dict[str, Any]:
    """What every record begins with."""
    return {
        "source": source(),
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cpus": os.cpu_count(),
        "python": place.environments["main"].version,
        "isa": setting.isa,
        "threads": setting.threads,
        "capped": setting.capped,
    }


class Materials:
    """Builds what problems are made of, once for all runs of the command."""

    def __init__(self, place: Place, log: IO) -> None:
        self.made: dict[str, Path] = {}
        self.home = tempfile.TemporaryDirectory(prefix="problems-", dir=place.folder)
        plain = place.setting("native", os.cpu_count() or 1, None)
        homes = {"oracle": "main", "onnx": "main", "tflite": "tensorflow"}
        homes = {name: home for name, home in homes.items() if home in place.environments}
        self.builders = started(
            lambda name: Worker(
                name, place.environments[homes[name]].python, 1, plain.environment, None, log
            ),
            homes,
            {},
        )

    def of(self, problem: Problem) -> Path:
        if problem.text not in self.made:
            folder = Path(self.home.name) / str(len(self.made))
            folder.mkdir()
            for builder in self.ready.values():
                answer = builder.ask("build", problem=problem.text, folder=str(folder))
                if builder.name == "oracle" and "why" in answer:
                    raise RuntimeError(f"{problem.text}: {answer['why']}")
            self.made[problem.text] = folder
        return self.made[problem.text]

    def __enter__(self) -> "Materials":
        self.ready = self.builders.__enter__()
        return self

    def __exit__(self, *error) -> None:
        self.builders.__exit__(*error)
        self.home.cleanup()


def run(
    place: Place,
    names: list[str],
    problems: list[Problem],
    setting: Setting,
    pace: Pace,
    materials: Materials,
    log: IO,
) -> Iterator[dict[str, Any]]:
    """The record of a run, after each row again, so that nothing is lost if it is ended."""
    ceiling, absent = Ceiling(place.faltung, setting), place.missing
    with started(lambda name: place.worker(name, setting, log), names, absent) as workers:
        record = {
            "kind": "layers",
            **surroundings(place, setting),
            "rounds": pace.rounds,
            "seconds": pace.seconds,
            "versions": {name: worker.hello["version"] for name, worker in workers.items()},
            "absent": absent,
            "rows": [],
        }
        for problem in problems:
            row = measure(problem, workers, ceiling, pace, materials.of(problem))
            record["rows"].append(row)
            yield record
