# SPDX-License-Identifier: Apache-2.0
"""A run: every problem on every peer, at one number of threads and one instruction set."""

import contextlib
import datetime
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from . import capping
from .capping import Setting
from .entries import ENTRIES
from .environments import Environment
from .problems import Problem
from .process import Worker, all_quit
from .rounds import Ceiling, Pace, measure


@dataclass
class Place:
    """What a run needs to know of its surroundings."""

    faltung: Path  # the command
    folder: Path  # for what is made on the way
    package: Path  # with Faltung's Python package
    environments: dict[str, Environment]
    wheel_bytes: int = 0
    absent: dict[str, str] = field(default_factory=dict)  # peers that are not there, and why

    @property
    def paths(self) -> list[Path]:
        return [Path(__file__).resolve().parents[1], self.package]

    def setting(self, isa: str, threads: int, cpu: int | None) -> Setting:
        return capping.setting(isa, threads, cpu, self.paths, self.folder)

    def python(self, environment: str) -> Path | None:
        found = self.environments.get(environment)
        return found.python if found else None

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
        self.builders = []
        for name, environment in (("oracle", "main"), ("onnx", "main"), ("tflite", "tensorflow")):
            if python := place.python(environment):
                self.builders.append(Worker(name, python, 1, plain.environment, None, log))

    def of(self, problem: Problem) -> Path:
        if problem.text not in self.made:
            folder = Path(self.home.name) / str(len(self.made))
            folder.mkdir()
            for builder in self.builders:
                answer = builder.ask("build", problem=problem.text, folder=str(folder))
                if builder.name == "oracle" and "why" in answer:
                    raise RuntimeError(f"{problem.text}: {answer['why']}")
            self.made[problem.text] = folder
        return self.made[problem.text]

    def __enter__(self) -> "Materials":
        return self

    def __exit__(self, *_) -> None:
        with all_quit(self.builders):
            self.home.cleanup()


@contextlib.contextmanager
def started(
    place: Place, names: list[str], setting: Setting, log: IO
) -> Iterator[dict[str, Worker]]:
    """A worker for each peer that is there; the others are named in `place.absent`."""
    workers: dict[str, Worker] = {}
    with contextlib.ExitStack() as stack:
        for name in names:
            if place.python(ENTRIES[name].environment) is None:
                place.absent[name] = "its environment is left out"
                continue
            worker = place.worker(name, setting, log)
            stack.callback(lambda name=name: workers[name].quit() if name in workers else None)
            if "why" in worker.hello:
                place.absent[name] = worker.hello["why"]
                print(f"{name} is left out: {worker.hello['why']}", flush=True)
                worker.quit()
            else:
                workers[name] = worker
        yield workers


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
    ceiling = Ceiling(place.faltung, setting)
    with started(place, names, setting, log) as workers:
        record = {
            "kind": "layers",
            **surroundings(place, setting),
            "rounds": pace.rounds,
            "seconds": pace.seconds,
            "versions": {name: worker.hello["version"] for name, worker in workers.items()},
            "absent": place.absent,
            "rows": [],
        }
        for problem in problems:
            row = measure(problem, workers, ceiling, pace, materials.of(problem))
            record["rows"].append(row)
            yield record
