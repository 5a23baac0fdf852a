# SPDX-License-Identifier: Apache-2.0
"""The command line: what is measured, and where it goes."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from . import capping, document, environments, figures, problems, startup
from .entries import ENTRIES
from .environments import Environment
from .networks import measure as networks
from .networks import report as networks_report
from .rounds import Pace
from .runs import Materials, Place, run

_ROOT = Path(__file__).resolve().parents[2]
NETWORK_SECONDS = 0.5  # of a turn: a batch takes longer than a layer


def arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 bench/peers",
        description="Time Faltung beside other libraries, in turns, and write a report.",
    )
    add = parser.add_argument
    add("problem", nargs="*", help="problems as `faltung bench` takes them (default: its table)")
    add("--only", default="", metavar="WORDS",
        help="rows and networks in whose name one of these words is")  # fmt: skip
    add("--peers", default=",".join(ENTRIES), metavar="NAMES", help="default: %(default)s")
    add("--threads", default=None, metavar="N,N", help="default: 1,2, where there are two CPUs")
    add("--isa", default=None, metavar="NAMES",
        help="of native, avx2 (default: both on layers, beside AVX-512)")  # fmt: skip
    add("--rounds", type=int, default=Pace.rounds, help="default: %(default)s")
    add("--seconds", type=float, default=Pace.seconds, help="of a turn (default: %(default)s)")
    add("--cpu", type=int, help="the first CPU to run on (default: so that the last one is used)")
    add("--parts", default="layers,startup,networks", metavar="NAMES",
        help="of layers, startup, networks (default: %(default)s)")  # fmt: skip
    add("--python", type=Path, help="of an environment that has the peers, used as it is")
    add("--tensorflow-python", type=Path, help="the same for TensorFlow and LiteRT")
    add("--faltung", type=Path, help="the command (default: build/faltung)",
        default=_ROOT / "build/faltung")  # fmt: skip
    add("--package", type=Path, help="folder with Faltung's Python package (default: built anew)")
    add("--folder", type=Path, default=_ROOT / "build-peers", help="for environments and results")
    add("--from", dest="records", nargs="+", type=Path, metavar="FILE",
        help="measure nothing: write the report of these records")  # fmt: skip
    args = parser.parse_args(words)
    for option, allowed in (("peers", ENTRIES), ("parts", PARTS), ("isa", ("native", "avx2"))):
        for word in (getattr(args, option) or "").split(","):
            if word and word not in allowed:
                parser.error(f"--{option} {word}: allowed is {', '.join(allowed)}")
    for name in ("python", "tensorflow_python", "faltung", "package", "folder"):
        if getattr(args, name):  # not resolved: an environment's Python is a link
            setattr(args, name, getattr(args, name).absolute())
    return args


def place_of(args: argparse.Namespace, names: list[str]) -> Place:
    """Makes what is not given, and what is needed for these peers."""
    found: dict[str, Environment] = {}
    given = {"main": args.python, "tensorflow": args.tensorflow_python}
    single = {"layers", "startup"} & set(args.parts.split(","))
    for name in ("main", "tensorflow"):
        if name != "main" and not (single and any(ENTRIES[n].environment == name for n in names)):
            continue
        if given[name]:
            found[name] = Environment(given[name])
        else:
            found[name] = environments.make(name, args.folder)
        for package, why in found[name].missing.items():
            print(f"{package} cannot be installed: {why}", flush=True)
    package, size = args.package, 0
    if package is None:
        package, size = environments.install_faltung(found["main"].python, args.folder)
    return Place(args.faltung, args.folder, package, found, size)


def settings(args: argparse.Namespace, place: Place, isas: str) -> Iterator[capping.Setting]:
    """Each combination that is asked for: native before AVX2, one thread before two."""
    many = len(capping.allowed_cpus()) > 1
    threads = [int(n) for n in (args.threads or ("1,2" if many else "1")).split(",")]
    for isa in (args.isa or isas).split(","):
        for n in threads:
            yield place.setting(isa, n, args.cpu)


def write(folder: Path, record: dict[str, Any]) -> None:
    (folder / f"{figures.slug(record)}.json").write_text(json.dumps(record, indent=1) + "\n")


def layer_records(args, names, place: Place, log: IO) -> Iterator[dict[str, Any]]:
    rows = problems.choose(problems.table(place.faltung), args.problem, args.only)
    pace = Pace(args.rounds, args.seconds)
    with Materials(place, log) as materials:
        for setting in settings(args, place, "native,avx2" if capping.has_avx512() else "native"):
            record = None
            for record in run(place, names, rows, setting, pace, materials, log):
                write(args.folder, record)
                print(f"{figures.title(record)}: {document.line(record['rows'][-1])}", flush=True)
            if record:
                yield record


def startup_records(args, names, place: Place, log: IO) -> Iterator[dict[str, Any]]:
    with Materials(place, log) as materials:
        yield startup.measure(place, names, place.setting("native", 1, args.cpu), materials, log)


def network_records(args, names, place: Place, log: IO) -> Iterator[dict[str, Any]]:
    pace = Pace(args.rounds, NETWORK_SECONDS)
    chosen = networks.choose(args.only)
    if not chosen:
        return
    for setting in settings(args, place, "native"):
        record = None
        for record in networks.run(place, names, chosen, setting, pace, log):
            write(args.folder, record)
            said = networks_report.line(record["rows"][-1])
            print(f"{figures.title(record)}: {said}", flush=True)
        if record:
            yield record


PARTS = {"layers": layer_records, "startup": startup_records, "networks": network_records}


def measure(args: argparse.Namespace) -> list[dict[str, Any]]:
    names = [name for name in ENTRIES if name in args.peers.split(",")]
    args.folder.mkdir(parents=True, exist_ok=True)
    place = place_of(args, names)
    records = []
    with open(args.folder / "log", "w") as log:
        for part in args.parts.split(","):
            for record in PARTS[part](args, names, place, log):
                write(args.folder, record)
                records.append(record)
    return records


def main(words: list[str] | None = None) -> int:
    args = arguments(words)
    try:
        if args.records:
            records = [json.loads(path.read_text()) for path in args.records]
        else:
            records = measure(args)
    except (subprocess.CalledProcessError, OSError, ValueError) as error:
        print(f"peers: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"peers: ended; {args.folder} has what was measured, for --from", file=sys.stderr)
        return 130
    written = document.write(records, args.folder)
    print(f"written: {written}")
    return 0
