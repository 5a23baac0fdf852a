# SPDX-License-Identifier: Apache-2.0
"""Convolutions larger than their memory: what the cost model of docs/scaling.md says, and what is.

    bench/scaling.py [--faltung build/faltung] [--mpi build-mpi/faltung-mpi] [--folder DIR]
                     [--size 8000] [--paper]

Makes a picture of 3 x SIZE x SIZE, convolves it in memory, in several bounds of memory and by
several processes, and prints a table: seconds, the most memory of a process, bytes read and
written, each as predicted and as measured. Rates are measured first. --paper computes what the
model says of 1,000 machines instead, from the same formulas.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZE = 4  # bytes of a number


def bench(faltung, problem, threads):
    """Multiply-adds per second, from memory to memory."""
    out = subprocess.run(
        [faltung, "bench", problem, "--threads", str(threads), "--seconds", "2", "--json"],
        check=True, capture_output=True, text=True,
    ).stdout
    return json.loads(out.splitlines()[0])["gflops_median"] * 1e9 / 2


def read_rate(path):
    begin, count = time.time(), 0
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(8 << 20)
        while got := file.readinto(buffer):
            count += got
    return count / (time.time() - begin)


def write_rate(folder, count=512 << 20):
    begin, path = time.time(), Path(folder, "rate")
    with open(path, "wb", buffering=0) as file:
        for _ in range(count >> 23):
            file.write(bytes(8 << 20))
        os.fsync(file.fileno())
    rate = count / (time.time() - begin)
    path.unlink()
    return rate


class Problem:
    """A picture of c x h x w, and a kernel of o x c x k x k that leaves its size as it is."""

    def __init__(self, channels, height, width, outputs, kernel):
        self.c, self.h, self.w, self.o, self.k = channels, height, width, outputs, kernel

    def text(self, height):
        return f"conv2d:1x{self.c}x{height}x{self.w},{self.o}x{self.c}x{self.k}x{self.k},padding={self.k // 2}"

    def read(self, parts):
        """Bytes: every part reads its rows, and those that the kernel reaches beside them."""
        return SIZE * self.c * self.w * (self.h + (parts - 1) * (self.k - 1))

    def written(self):
        return SIZE * self.o * self.w * self.h

    def multiply_adds(self):
        return self.o * self.c * self.k**2 * self.h * self.w


def predict(problem, parts, arithmetic, reading, writing, overlapped):
    """Seconds of a part, when all run at once and share the rates of one machine."""
    compute = problem.multiply_adds() / arithmetic
    move = problem.read(parts) / reading + problem.written() / writing
    return max(compute, move) if overlapped else compute + move


def measure(commands, environment=None):
    """Runs command lines at once: seconds, most kilobytes of one, bytes read and written in all."""
    begin, running = time.time(), []
    for words in commands:
        line = " ".join(words) + " && cat /proc/$$/io"
        running.append(subprocess.Popen(["sh", "-c", line], stdout=subprocess.PIPE, text=True, env=environment))
    most = read = written = 0
    for process in running:
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"scaling.py: {' '.join(process.args)} fails")
        lines = text.splitlines()
        told = [json.loads(line)["peak_bytes"] / 1024 for line in lines if line.startswith("{")]
        counts = dict(line.split(": ") for line in lines if not line.startswith("{"))
        # Without a word of its own, the system's, which counts from before the program was loaded.
        most = max(most, *told[-1:] or [usage.ru_maxrss])
        read += int(counts["rchar"])
        written += int(counts["wchar"])
    return time.time() - begin, most, read, written


def show(name, predicted, seconds, most, read, written, problem, parts):
    print(
        f"| {name} | {predicted:.1f} | {seconds:.1f} | {most / 1024:.0f} "
        f"| {problem.read(parts) / 1e6:.0f} | {read / 1e6:.0f} "
        f"| {problem.written() / 1e6:.0f} | {written / 1e6:.0f} |", flush=True
    )


def run_problem(options, problem, folder, cores):
    faltung, x, k, y = options.faltung, f"{folder}/x.npy", f"{folder}/k.npy", f"{folder}/y.npy"
    arithmetic = bench(faltung, problem.text(512), cores)
    reading, writing = read_rate(x), write_rate(folder)
    subprocess.run([faltung, "randn", f"{problem.o}x{problem.c}x{problem.k}x{problem.k}", "-o", k, "--force"], check=True)
    print(
        f"\n`{problem.text(problem.h)}`: {arithmetic / 1e9:.0f} thousand million multiply-adds, "
        f"{reading / 1e6:.0f} MB read and {writing / 1e6:.0f} MB written per second\n"
    )
    print("| how | s, predicted | s | MB of a process | MB read, predicted | MB read | MB written, predicted | MB written |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: |")
    words = [faltung, "conv2d", x, k, "-o", y, "--padding", str(problem.k // 2), "--force"]

    def row(name, commands, parts, overlapped=True, environment=None):
        predicted = predict(problem, parts, arithmetic, reading, writing, overlapped)
        show(name, predicted, *measure(commands, environment), problem, parts)

    row("in memory", [words], 1, overlapped=False)
    for memory in ("64M", "128M", "256M"):
        row(f"`--memory {memory}`", [words + ["--json", "--memory", memory]], 1)
    for parts in (2, 4):
        threads = str(max(1, cores // parts))
        row(f"{parts} of `--shard`", [
            words + ["--json", "--memory", "256M", "--shard", f"{i}/{parts}", "--threads", threads]
            for i in range(parts)
        ], parts)
        subprocess.run([faltung, "finish", y, "--force"], check=True)
    for parts in (1, 2, 4) if os.path.exists(options.mpi) else ():
        threads = str(max(1, cores // parts))
        command = ["mpiexec", "-n", str(parts), options.mpi] + words[1:] + ["--json", "--memory", "256M", "--threads", threads]
        row(f"`mpiexec -n {parts} faltung-mpi`", [command], parts)
    os.unlink(y)


def paper():
    """A picture of a million by a million by 1,000 machines."""
    machines, side = 1000, 10**6
    arithmetic, node, system = 1e12, 2e9, 200e9  # multiply-adds, bytes of a machine, of the files of all
    print("| kernel | halo, rows | halo, squares | s of arithmetic | s of the network | s of the file system | limit |")
    print("| --: | --: | --: | --: | --: | --: | --- |")
    for k in (3, 31, 127, 1023):
        rows, square = side / machines, side / machines**0.5
        of_rows, of_squares = (k - 1) / rows, ((square + k - 1) ** 2 - square**2) / square**2
        compute = side**2 * k**2 / machines / arithmetic
        moved = SIZE * side**2 * (2 + of_rows)
        times = {"arithmetic": compute, "a machine's network": moved / machines / node, "the file system": moved / system}
        print(f"| {k}x{k} | {of_rows:.1%} | {of_squares:.1%} | " + " | ".join(f"{t:.0f}" for t in times.values())
              + f" | {max(times, key=times.get)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faltung", default="build/faltung")
    parser.add_argument("--mpi", default="build-mpi/faltung-mpi")
    parser.add_argument("--folder", help="where there is room for three such pictures (default: a temporary one)")
    parser.add_argument("--size", type=int, default=8000)
    parser.add_argument("--paper", action="store_true", help="only what the model says of 1,000 machines")
    options = parser.parse_args()
    if options.paper:
        return paper()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        subprocess.run([options.faltung, "randn", f"3x{options.size}x{options.size}", "-o", f"{folder}/x.npy"], check=True)
        for outputs, kernel in ((1, 31), (1, 3)):
            run_problem(options, Problem(3, options.size, options.size, outputs, kernel), folder, os.cpu_count())


if __name__ == "__main__":
    main()
