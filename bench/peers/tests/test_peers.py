# SPDX-License-Identifier: Apache-2.0
"""The benchmark of the peers, without any: `test_peers.py FALTUNG`, the command. How long anything
takes is not looked at."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

try:
    import numpy as np
except ImportError:
    print("skipped: there is no NumPy")
    sys.exit(77)

from peers import capping, charts, document, figures, oracle, problems, rounds  # noqa: E402
from peers.libraries.faltung_plan import Faltung  # noqa: E402
from peers.libraries.library import Material  # noqa: E402
from peers.materials import Oracle  # noqa: E402
from peers.networks import report as networks  # noqa: E402
from peers.process import Worker, started  # noqa: E402

COMMAND = Path(sys.argv.pop(1) if len(sys.argv) > 1 else "build/faltung")

SMALL = (
    "conv2d:2x3x7x8,4x3x3x2,stride=2+1,padding=1",
    "conv2d:2x4x7x8,6x2x3x2,stride=2+1,padding=1+0,dilation=1+2,groups=2",
    "conv2d:1x6x9x9,6x1x3x3,padding=1,groups=6,layout=nhwc",
    "conv1d:2x3x17,4x3x5,padding=2,dtype=f64",
    "conv1d:1x4x11,4x4x3,dtype=c64",
    "conv1d:1x4x11,4x4x3,dtype=f16",
    "conv2d:1x4x6x6,3x4x3x3,padding=1,dtype=i8",
    "conv2d:1x4x6x6,3x4x3x3,dtype=u8",
    "conv3d:1x2x5x6x7,3x2x2x3x2,padding=1+1+0,stride=1+2+1",
    "conv_transpose2d:2x4x5x4,4x3x3x2,stride=2+1,padding=1+0,groups=2",
    "conv_transpose2d:1x4x5x5,4x2x3x3,stride=2,padding=1,output_padding=1,dilation=2",
    "conv_transpose1d:1x2x4,2x3x2,stride=3",
    "conv2d_input:2x4x8x9,6x2x3x2,stride=2+3,padding=1+0,groups=2",
    "conv1d_input:1x2x9,3x2x3,dtype=c64",
    "conv2d_weight:2x4x8x9,6x2x3x2,stride=2+1,padding=1+0,dilation=1+2,groups=2",
    "conv1d_weight:1x2x9,3x2x3,dtype=c64",
)


def record(kind: str) -> dict:
    return json.loads((HERE / f"{kind}.json").read_text(encoding="utf-8"))


def explained(text: str) -> dict:
    said = subprocess.run(
        [COMMAND, "explain", "--json", text], check=True, capture_output=True, text=True
    )
    return json.loads(said.stdout)


class Problems(unittest.TestCase):
    def test_the_commands_table_is_understood_as_the_command_does(self):
        rows = problems.table(COMMAND)
        self.assertGreater(len(rows), 40)
        for problem in [*rows, *map(problems.parse, SMALL)]:
            said = explained(problem.text)
            self.assertEqual(problem.result, tuple(said["output"]), problem.text)
            self.assertEqual(problem.multiply_adds, said["multiply_adds"], problem.text)

    def test_rows_are_chosen_by_words_or_strings(self):
        rows = problems.table(COMMAND)
        chosen = problems.choose(rows, [], "seed,f64")
        self.assertIn("seed s2", [row.name for row in chosen])
        self.assertIn("f64 64@56", [row.name for row in chosen])
        self.assertLess(len(chosen), len(rows))
        self.assertEqual(len(problems.choose(rows, [], "")), len(rows))
        seed, own = problems.choose(rows, [rows[0].text, SMALL[0]], "")
        self.assertEqual((seed.name, own.name), ("seed", SMALL[0]))

    def test_what_no_peer_is_asked_for_is_refused(self):
        for text in (
            "conv4d:1x1x1,1x1x1",
            "conv2d:1x1x9,1x1x3",
            "conv1d:1x1x9,1x1x3,activation=relu",
            "conv_transpose1d_input:1x1x9,1x1x3",
            "nonsense",
        ):
            with self.assertRaises(ValueError, msg=text):
                problems.parse(text)


class TheOracle(unittest.TestCase):
    def test_it_gives_what_faltung_gives(self):
        for text in SMALL:
            problem = problems.parse(text)
            operands = oracle.operands(problem)
            way = Faltung(1).plan(problem, *operands)
            got = np.asarray(way.numbers(way.call()))
            expected = oracle.answer(problem, *operands)
            self.assertEqual(got.shape, expected.shape, text)
            error = oracle.relative_error(got, expected)
            self.assertLessEqual(error, oracle.tolerance(problem.dtype), text)

    def test_bf16_is_rounded_to_nearest_even(self):
        x = np.float32([1, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, -2.5])
        expected = [1, 1, 1 + 2**-6, 1 + 2**-7, -2.5]
        self.assertEqual(oracle.round_to_bf16(x).tolist(), expected)

    def test_what_is_not_a_number_is_infinitely_wrong(self):
        self.assertEqual(oracle.relative_error(np.array([np.nan]), np.array([1.0])), float("inf"))
        self.assertEqual(oracle.relative_error(np.array([3.0]), np.array([4.0])), 0.25)


class Workers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.log = open(self.folder / "log", "w")
        self.addCleanup(self.log.close)

    def worker(self, name: str, **more) -> Worker:
        """That is ended with the test."""
        paths = [HERE.parents[1], *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        environment = capping.setting("native", 1, None, paths, self.folder).environment
        worker = Worker(name, Path(sys.executable), 1, environment, None, self.log, **more)
        self.addCleanup(worker.quit)
        return worker

    def build(self, text: str) -> problems.Problem:
        problem = problems.parse(text)
        Oracle().build(problem, self.folder)
        return problem

    def ask(self, worker: Worker, what: str, text: str, **more) -> dict:
        return worker.ask(what, problem=text, folder=str(self.folder), **more)

    def test_what_is_right_is_timed(self):
        problem, worker = self.build(SMALL[0]), self.worker("faltung")
        (way,) = self.ask(worker, "prepare", problem.text)["ways"]
        self.assertEqual((way["name"], way["layout"], way["way"]), ("plan", "nchw", 0))
        said = worker.ask("time", way=0, seconds=0.001)
        self.assertGreaterEqual(said["median"], said["best"])
        self.assertIn("peak_bytes", self.ask(worker, "first", problem.text))

    def test_what_is_wrong_is_not_timed(self):
        problem, worker = self.build(SMALL[0]), self.worker("faltung")
        path = self.folder / "answer.npy"
        np.save(path, np.load(path) * (1 + 3e-4))
        (way,) = self.ask(worker, "prepare", problem.text)["ways"]
        self.assertNotIn("way", way)
        self.assertIn("wrong by 3.0e-04", way["why"])
        self.assertEqual(rounds.candidates(problem, [way]), [])

    def test_a_library_that_is_not_there_is_left_out_with_its_reason(self):
        absent: dict[str, str] = {}
        with started(self.worker, ["oracle", "nobody"], absent) as workers:
            self.assertEqual(list(workers), ["oracle"])
        self.assertIn("nobody", absent["nobody"])
        self.assertFalse(workers["oracle"].is_alive)

    def test_a_process_that_dies_is_noticed_and_replaced(self):
        worker = self.worker("oracle")
        worker.process.send_signal(signal.SIGKILL)
        worker.process.wait()
        self.assertIn("died", self.ask(worker, "build", SMALL[0])["why"])
        self.assertFalse(worker.is_alive)
        worker = worker.again()
        self.addCleanup(worker.quit)
        self.assertEqual(self.ask(worker, "build", SMALL[0]), {})
        self.assertEqual(Material(self.folder).operand("answer").shape, (2, 4, 4, 9))

    def test_a_process_that_says_nothing_is_given_up(self):
        worker = self.worker("oracle")
        worker.patience = 0.01
        said = self.ask(worker, "build", "conv2d:1x64x64x64,64x64x9x9")
        self.assertIn("no answer", said["why"])


class Capping(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_peers_that_cannot_be_capped_are_left_out(self):
        setting = capping.Setting("avx2", 1, set(), {}, False)
        self.assertIn("AVX-512", setting.leaves_out("jax"))
        self.assertEqual(setting.leaves_out("torch"), "")
        self.assertEqual(capping.Setting("avx2", 1, set(), {}, True).leaves_out("jax"), "")
        self.assertEqual(capping.Setting("native", 1, set(), {}, False).leaves_out("jax"), "")

    def test_a_capped_process_sees_no_avx512(self):
        setting = capping.setting("avx2", 1, None, [], self.folder)
        if not (setting.capped and capping.has_avx512()):
            self.skipTest("CPUID cannot fault here, or there is nothing to hide")
        for environment, kernels in (
            ({}, "avx512"),
            ({"LD_PRELOAD": self.folder / "cap.so"}, "avx2"),
        ):
            said = subprocess.run(
                [COMMAND, "info"], capture_output=True, text=True, env=environment
            )
            self.assertIn(f"kernels: {kernels};", said.stdout)

    def test_what_makes_cpuid_fault_compiles_without_a_warning(self):
        if platform.machine() != "x86_64" or not shutil.which("cc"):
            self.skipTest("it is for x86-64, and for a compiler called cc")
        strict = ["-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]
        command = ["cc", *strict, "-fPIC", "-fsyntax-only", HERE.parent / "cap.c"]
        said = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((said.returncode, said.stderr), (0, ""))


class Choices(unittest.TestCase):
    def test_a_way_in_each_layout_if_the_other_is_not_slower(self):
        problem = problems.parse(SMALL[0])
        ways = [
            {"way": 0, "layout": "nchw", "trial_s": 3.0},
            {"way": 1, "layout": "nchw", "trial_s": 2.0},
            {"layout": "nchw", "why": "wrong"},
            {"way": 2, "layout": "nhwc", "trial_s": 2.05},
        ]
        self.assertEqual([way["way"] for way in rounds.candidates(problem, ways)], [1, 2])
        ways[-1]["trial_s"] = 2.2
        self.assertEqual([way["way"] for way in rounds.candidates(problem, ways)], [1])
        self.assertEqual([way["way"] for way in rounds.candidates(problem, ways[-1:])], [2])


class Reports(unittest.TestCase):
    maxDiff = None

    def test_records_give_the_expected_report(self):
        with tempfile.TemporaryDirectory() as folder:
            records = [record(kind) for kind in ("layers", "startup", "networks")]
            written = document.write(records, Path(folder)).read_text(encoding="utf-8")
            self.assertEqual(written, (HERE / "report.md").read_text(encoding="utf-8"))
            for name in ("layers-native-1-share", "layers-native-1-ratio", "networks-avx2-2-ratio"):
                self.assertIn(f"({name}.svg)", written)
                xml.etree.ElementTree.parse(Path(folder) / f"{name}.svg")

    def test_charts_have_a_mark_for_each_figure(self):
        drawn = charts.shares(record("layers"))
        self.assertEqual(drawn.count("<title>"), 3 + 2 + 1 + 1)
        self.assertEqual(drawn.count('stroke="'), 2)  # in another layout than the row's
        self.assertEqual(charts.ratios(record("layers")).count("<rect"), 1 + 2)
        self.assertEqual(networks.chart(record("networks")).count("<rect"), 1 + 2)

    def test_ratios_and_means(self):
        faster, slower, alone = record("layers")["rows"]
        self.assertEqual(figures.best_other(faster, False).peer, "torch")
        self.assertAlmostEqual(figures.ratio(faster, figures.best_other(faster, False)), 2)
        self.assertAlmostEqual(figures.ratio(faster, figures.best_other(faster, True)), 0.8)
        self.assertAlmostEqual(figures.ratio(slower, figures.best_other(slower, True)), 0.5)
        self.assertIsNone(figures.ratio(alone, figures.best_other(alone, True)))
        self.assertAlmostEqual(figures.geometric_mean([2, 0.5, None]), 1)
        self.assertIsNone(figures.geometric_mean([]))


if __name__ == "__main__":
    unittest.main()
