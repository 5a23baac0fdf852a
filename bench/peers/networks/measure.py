# SPDX-License-Identifier: Apache-2.0
"""Networks in rounds, as layers are."""

import itertools
import statistics
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from ..capping import Setting
from ..process import Worker, started
from ..rounds import Pace
from ..runs import Place, surroundings
from . import BATCHES, CONTENDERS, NETWORKS

_MODULE = "peers.networks.worker"


def peer_of(contender: str) -> str:
    return "torch" if contender.startswith("torch") else contender


def start(place: Place, name: str, setting: Setting, log: IO) -> Worker:
    python, cpus = place.environments["main"].python, setting.cpus
    return Worker(name, python, setting.threads, setting.environment, cpus, log, _MODULE)


def measure(
    network: str, batch: int, workers: dict[str, Worker], pace: Pace, folder: str
) -> dict[str, Any]:
    """A row of the record."""
    said = {}
    for name, worker in list(workers.items()):
        if not worker.is_alive:
            workers[name] = worker.again()
        said[name] = workers[name].ask("prepare", network=network, batch=batch, folder=folder)
    ready = [name for name in said if "why" not in said[name]]
    taken: dict[str, list[dict]] = {name: [] for name in ready}
    for i in range(pace.rounds):
        for k in range(len(ready)):
            name = ready[(k + i) % len(ready)]
            taken[name].append(workers[name].ask("time", seconds=pace.seconds))
    for name, samples in taken.items():
        samples = [sample for sample in samples if "best" in sample]
        if samples:
            said[name]["best_s"] = min(sample["best"] for sample in samples)
            said[name]["median_s"] = statistics.median(sample["median"] for sample in samples)
    return {"network": network, "batch": batch, "contenders": said}


def run(
    place: Place,
    peers: list[str],
    chosen: list[str],
    setting: Setting,
    pace: Pace,
    log: IO,
) -> Iterator[dict[str, Any]]:
    """The record of a run, after each row again."""
    absent = place.missing
    names = [name for name in CONTENDERS if peer_of(name) in peers]
    absent |= {name: why for name in names if (why := setting.leaves_out(peer_of(name)))}
    names = [name for name in names if name not in absent]
    plain = place.setting("native", 1, None)
    with (
        started(lambda name: start(place, name, plain, log), ["material"], {}) as makers,
        started(lambda name: start(place, name, setting, log), names, absent) as workers,
    ):
        record = {
            "kind": "networks",
            **surroundings(place, setting),
            "rounds": pace.rounds,
            "seconds": pace.seconds,
            "versions": {name: worker.hello["version"] for name, worker in workers.items()},
            "absent": absent,
            "rows": [],
        }
        for network, batch in itertools.product(chosen, BATCHES):
            with tempfile.TemporaryDirectory(prefix="network-", dir=place.folder) as folder:
                material = makers["material"]
                built = material.ask("build", network=network, batch=batch, folder=folder)
                if "why" in built:
                    raise ValueError(f"{network}: {built['why']}")
                record["rows"].append(measure(network, batch, workers, pace, folder))
            yield record


def choose(only: str) -> list[str]:
    return [name for name in NETWORKS if any(word in name for word in only.split(","))]
