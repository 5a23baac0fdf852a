#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""coverage.py FOLDER: which lines of the library, the command and the package were never run by what
was compiled in FOLDER with --coverage, and the share of those that were, by folder.

Files that are included by several others, as the kernels are, count as run where one of them ran.
"""

import collections
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ("src", "cli", "drawing", "python")


def read(folder: Path) -> dict[Path, dict[int, int]]:
    """How often each line that has code was run, by file."""
    lines: dict[Path, dict[int, int]] = collections.defaultdict(collections.Counter)
    for notes in sorted(folder.rglob("*.gcno")):
        said = subprocess.run(
            ["gcov", "--json-format", "--stdout", notes.resolve()],
            cwd=folder, capture_output=True, text=True,
        )  # fmt: skip
        for document in map(json.loads, said.stdout.splitlines()):
            for file in document["files"]:
                path = (folder / document["current_working_directory"] / file["file"]).resolve()
                if not path.is_relative_to(ROOT) or path.relative_to(ROOT).parts[0] not in MEASURED:
                    continue
                for line in file["lines"]:
                    lines[path.relative_to(ROOT)][line["line_number"]] += line["count"]
    return lines


def ranges(numbers: list[int]) -> str:
    """1, 2, 3, 7 as '1-3, 7'."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    return ", ".join("-".join(map(str, pair)) for pair in found)


def main() -> None:
    lines = read(Path(sys.argv[1]).resolve())
    if not lines:
        sys.exit(f"coverage.py: {sys.argv[1]} has no notes of a compiler's --coverage")
    total, run = collections.Counter(), collections.Counter()
    for path, counts in sorted(lines.items()):
        missed = [number for number, count in sorted(counts.items()) if count == 0]
        total[path.parent] += len(counts)
        run[path.parent] += len(counts) - len(missed)
        if missed:
            print(f"{path}: {ranges(missed)}")
    print()
    for folder in sorted(total):
        print(f"{100 * run[folder] / total[folder]:5.1f}%  of {total[folder]:5} lines  {folder}")
    share = 100 * sum(run.values()) / sum(total.values())
    print(f"{share:5.1f}%  of {sum(total.values()):5} lines")


if __name__ == "__main__":
    main()
