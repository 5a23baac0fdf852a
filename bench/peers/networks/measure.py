# SPDX-License-Identifier: Apache-2.0
"""Networks in rounds, as layers are, and their section of the report."""

import statistics
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from .. import charts, figures, report
from ..capping import Setting
from ..process import Worker, all_quit
from ..rounds import Pace
from ..runs import Place, surroundings
from . import BATCHES, CONTENDERS, NETWORKS, SIZE

_MODULE = "peers.networks.worker"


def names_of(peers: list[str]) -> list[str]:
    """The contenders that are of these peers."""
    return [name for name in CONTENDERS if name in peers or name.startswith("torch") and "torch" in peers]


def start(place: Place, name: str, setting: Setting, log: IO) -> Worker:
    python = place.python("main")
    environment, cpus = setting.environment, setting.cpus
    return Worker(name, python, setting.threads, environment, cpus, log, _MODULE)


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
    workers = {name: start(place, name, setting, log) for name in names_of(peers)}
    plain = place.setting("native", 1, None)
    maker = Worker("material", place.python("main"), 1, plain.environment, None, log, _MODULE)
    record = {
        "kind": "networks",
        **surroundings(setting),
        "rounds": pace.rounds,
        "seconds": pace.seconds,
        "versions": {},
        "absent": place.absent,
        "rows": [],
    }
    for name in [name for name in workers if "why" in workers[name].hello]:
        place.absent[name] = workers[name].hello["why"]
        workers.pop(name).quit()
    for name, worker in workers.items():
        if not setting.leaves_out(name.removesuffix("-compile").removesuffix("-channels-last")):
            record["versions"][name] = worker.hello["version"]
    with all_quit([maker, *workers.values()]):
        for network in chosen:
            for batch in BATCHES:
                with tempfile.TemporaryDirectory(prefix="network-", dir=place.folder) as folder:
                    built = maker.ask("build", network=network, batch=batch, folder=folder)
                    if "why" in built:
                        raise ValueError(f"{network}: {built['why']}")
                    record["rows"].append(measure(network, batch, workers, pace, folder))
                yield record


def choose(only: str) -> list[str]:
    return [name for name in NETWORKS if any(word in name for word in only.split(","))]


def speed_over(row: dict[str, Any], name: str) -> float | None:
    """Faltung's speed over a contender's, best against best."""
    mine, other = (row["contenders"].get(who, {}).get("best_s") for who in ("faltung", name))
    return other / mine if mine and other else None


def title(row: dict[str, Any]) -> str:
    return f"{row['network']}, batch {row['batch']}"


def line(row: dict[str, Any]) -> str:
    times = [
        f"{name} {said['best_s'] * 1e3:.1f}" if "best_s" in said else f"{name}: {said['why']}"
        for name, said in row["contenders"].items()
    ]
    return f"{title(row)}, ms: {', '.join(times)}"


def best_other(row: dict[str, Any]) -> str:
    """The fastest contender but Faltung."""
    times = {name: said["best_s"] for name, said in row["contenders"].items() if "best_s" in said}
    times.pop("faltung", None)
    return min(times, key=times.get, default="")


def chart(record: dict[str, Any]) -> str:
    bars = [(title(row), speed_over(row, best_other(row)), best_other(row)) for row in record["rows"]]
    heading = f"Faltung's speed over the fastest other's, {figures.title(record)}"
    return charts.bars(heading, [bar for bar in bars if bar[1]])


def section(record: dict[str, Any], picture: str) -> str:
    names = [name for name in CONTENDERS if any(name in row["contenders"] for row in record["rows"])]
    rows = []
    for row in record["rows"]:
        cells = []
        for name in names:
            said = row["contenders"].get(name, {})
            over = "" if name == "faltung" else f" ({report.number(speed_over(row, name))})"
            best, middle = (said.get(key, 0) * 1e3 for key in ("best_s", "median_s"))
            cells.append(f"{best:.1f} / {middle:.1f}{over}" if best else said.get("why", ""))
        rows.append([title(row), *cells])
    means = [
        "" if name == "faltung" else report.number(
            figures.geometric_mean(speed_over(row, name) for row in record["rows"])
        )
        for name in names
    ]  # fmt: skip
    rows.append(["geometric mean", *means])
    errors = [
        said["error"]
        for row in record["rows"]
        for said in row["contenders"].values()
        if "error" in said and "why" not in said
    ]
    return (
        f"## Networks: {figures.title(record)}\n\n"
        f"Milliseconds of a forward pass over images of 3×{SIZE}×{SIZE}, best / median (Faltung's "
        "speed over it), weights random. Faltung is `faltung.torch.replace(model)`. No output that "
        f"was timed differs from that of double precision by more than {max(errors, default=0):.0e} "
        f"of the largest.\n\n![{figures.title(record)}]({picture})\n\n{report.table(['network', *names], rows)}\n"
    )
