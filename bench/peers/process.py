# SPDX-License-Identifier: Apache-2.0
"""A worker, seen from the driver."""

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

_PACKAGE = Path(__file__).resolve().parent


def pin(cpus: set[int] | None) -> None:
    """Lets this process run on these CPUs only, if there are any."""
    if cpus:
        os.sched_setaffinity(0, cpus)


class Worker:
    """Stopped whenever it is not its turn, so that threads which spin while they wait for work do
    not take time from the next."""

    def __init__(
        self,
        name: str,
        python: Path,
        threads: int,
        environment: dict[str, str],
        cpus: set[int] | None,
        log: IO,
        module: str = "peers.worker",
        patience: float = 600,
    ) -> None:
        self.made = (name, python, threads, environment, cpus, log, module, patience)
        self.name, self.patience = name, patience
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [python, "-m", module, name, str(threads), str(writing)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            pass_fds=(writing,),
            preexec_fn=lambda: pin(cpus),
            cwd=_PACKAGE.parent,
        )
        os.close(writing)
        self.wire = os.fdopen(reading, "rb", buffering=0)
        self.hello = self._receive()
        self._signal(signal.SIGSTOP)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def again(self) -> "Worker":
        """Another one like it, for one that died."""
        self.quit()
        return Worker(*self.made)

    def ask(self, what: str, **more: Any) -> dict[str, Any]:
        """What it answers to a request; {'why': ...} where that fails."""
        request = json.dumps({"ask": what, **more}) + "\n"
        self._signal(signal.SIGCONT)
        try:
            self.process.stdin.write(request.encode())
            self.process.stdin.flush()
            return self._receive()
        except BrokenPipeError:
            return {"why": "its process has died"}
        finally:
            self._signal(signal.SIGSTOP)

    def _receive(self) -> dict[str, Any]:
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.wire], [], [], self.patience)
            if not ready:
                self.process.kill()
                return {"why": f"no answer for {self.patience:.0f} seconds"}
            read = os.read(self.wire.fileno(), 1 << 16)
            if not read:
                return {"why": "its process has died"}
            line += read
        return json.loads(line)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def quit(self) -> None:
        self._signal(signal.SIGCONT)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.wire.close()


@contextlib.contextmanager
def started(
    make: Callable[[str], Worker], names: Iterable[str], absent: dict[str, str]
) -> Iterator[dict[str, Worker]]:
    """A worker of each name; of those that cannot start, `absent` receives why. Whatever takes the
    place of one in the dictionary is ended with the others."""
    workers: dict[str, Worker] = {}
    try:
        for name in names:
            worker = make(name)
            workers[name] = worker
            if "why" in worker.hello:
                absent[name] = worker.hello["why"]
                print(f"{name} is left out: {absent[name]}", flush=True)
                workers.pop(name).quit()
        yield workers
    finally:
        for worker in workers.values():
            worker.quit()
