#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small defects, one at a time, and the tests that catch them.

mutants.py [--only WORD]... [--folder FOLDER]

Applies each defect of mutants.toml to a copy of the sources, builds it, and runs the quick part of
the suite until a test fails. Ends with 1 if a defect survives, or no longer fits the sources.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What takes long, looks at the sources themselves, or does again on other instruction sets what is
# there for the processor's own.
SLOW = "^(check_|install_|example_|python_|bench_|onnx_|test_tour|test_bench)|_(avx2|scalar)$"


def copy_sources(to):
    """Copies what git knows of, but leaves alone what is the same, so that little is built anew;
    what an earlier copy has left, and git knows no longer, goes."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for old in to.rglob("*"):
        if old.is_file() and str(old.relative_to(to)) not in names:
            old.unlink()
    for name in filter(None, names):
        old, new = ROOT / name, to / name
        if not old.is_file() or (new.is_file() and new.read_bytes() == old.read_bytes()):
            continue
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(old, new)
        os.utime(new)


def run(command):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    return done.returncode == 0, done.stdout


class Build:
    def __init__(self, folder):
        self.source, self.build = folder / "source", folder / "build"
        copy_sources(self.source)
        self.jobs = str(os.cpu_count() or 1)

    def configure(self):
        options = "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_REQUIRE_FIND_PACKAGE_cmocka=ON"
        return run(["cmake", "-S", str(self.source), "-B", str(self.build), *options])

    def compile(self):
        return run(["cmake", "--build", str(self.build), "-j", self.jobs])

    def test(self):
        """Whether all tests pass, and the names of those that do not."""
        command = ["ctest", "--test-dir", str(self.build), "-j", self.jobs, "-E", SLOW]
        passed, text = run([*command, "--stop-on-failure", "--timeout", "120"])
        return passed, re.findall(r"\d+ - (\S+) \(", text.partition("tests FAILED")[2])


def mutate(path, old, new):
    """Replaces the one place; False if there is none, or are several."""
    text = path.read_text()
    if text.count(old) != 1:
        return False
    path.write_text(text.replace(old, new))
    return True


def judge(build, mutant):
    """What became of a defect: whether it was caught, and a word for it."""
    path = build.source / mutant["file"]
    before = path.read_text()
    if not mutate(path, mutant["old"], mutant["new"]):
        return False, "does not fit the sources"
    try:
        built, text = build.compile()
        if not built:
            return False, "does not build: " + text[-500:]
        passed, failed = build.test()
        return not passed, "survived" if passed else ", ".join(failed) or "the suite"
    finally:
        path.write_text(before)


def line_of(mutant):
    text = (ROOT / mutant["file"]).read_text()
    return text[: text.find(mutant["old"])].count("\n") + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", default=[], help="defects with this word")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build-mutants")
    arguments = parser.parse_args()
    mutants = tomllib.loads((pathlib.Path(__file__).parent / "mutants.toml").read_text())["mutant"]
    if arguments.only:
        mutants = [m for m in mutants if any(word in m["name"] for word in arguments.only)]
    build = Build(arguments.folder)
    for step in (build.configure, build.compile):
        done, text = step()
        if not done:
            sys.exit(text[-2000:])
    passed, failed = build.test()
    if not passed:
        sys.exit(f"the suite fails without any defect: {', '.join(failed)}")
    caught = 0
    for mutant in mutants:
        start = time.monotonic()
        found, word = judge(build, mutant)
        caught += found
        place = f"{mutant['file']}:{line_of(mutant)}"
        print(f"{'caught  ' if found else 'MISSED  '}{mutant['name']} ({place})")
        print(f"        {word}, {time.monotonic() - start:.0f} s", flush=True)
    print(f"\n{caught} of {len(mutants)} defects caught")
    return caught != len(mutants)


if __name__ == "__main__":
    sys.exit(main())
