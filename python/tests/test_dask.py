# SPDX-License-Identifier: Apache-2.0
"""Chunked arrays have the bits of the whole."""

import itertools
import random
import sys
import unittest

try:
    import dask
    import dask.array as da
    import numpy as np
except ImportError:
    print("dask and numpy are not there: skipped")
    sys.exit(77)

import faltung
import faltung.dask


def chunks_of(rng, shape):
    def cut(size):
        ends = sorted({0, size, *(rng.randint(0, size) for _ in range(rng.randint(0, 3)))})
        return tuple(b - a for a, b in zip(ends, ends[1:]))

    return tuple(cut(size) for size in shape)


def random_call(rng):
    """(operation, shape, weight shape, options), of which many make no sense."""
    axes = rng.randint(1, 3)
    transposed = rng.random() < 0.3
    groups = rng.randint(1, 2)
    channels, out = groups * rng.randint(1, 3), groups * rng.randint(1, 3)
    size = {1: 200, 2: 40, 3: 9}[axes]
    shape = (channels, *(rng.randint(1, size) for _ in range(axes)))
    if rng.random() < 0.8:
        shape = (rng.randint(1, 3), *shape)
    kernel = tuple(rng.randint(1, 4) for _ in range(axes))
    weight = (channels, out // groups, *kernel) if transposed else (out, channels // groups, *kernel)
    options = {
        "stride": tuple(rng.randint(1, 3) for _ in range(axes)),
        "dilation": tuple(rng.randint(1, 2) for _ in range(axes)),
        "groups": groups,
        "padding": tuple((rng.randint(0, 3), rng.randint(0, 3)) for _ in range(axes)),
    }
    if not transposed:
        options["padding_mode"] = rng.choice(["zeros", "reflect", "replicate", "circular"])
        options["activation"] = rng.choice([None, "relu"])
        if rng.random() < 0.2:
            options["padding"] = rng.choice(["valid", "same_upper", "same_lower"])
    return ("conv_transpose" if transposed else "conv") + f"{axes}d", shape, weight, options


class Chunks(unittest.TestCase):
    def test_random_calls_give_the_bits_of_the_whole(self):
        rng, numbers = random.Random(1), np.random.default_rng(1)
        done = 0
        while done < 150:
            operation, shape, weight_shape, options = random_call(rng)
            x = numbers.standard_normal(shape).astype(rng.choice(["f4", "f4", "f8"]))
            weight = numbers.standard_normal(weight_shape).astype(x.dtype)
            bias = rng.choice([None, numbers.standard_normal(
                weight_shape[1] * options["groups"] if "transpose" in operation else weight_shape[0]
            ).astype(x.dtype)])
            try:
                expected = getattr(faltung, operation)(x, weight, bias, **options)
            except (RuntimeError, ValueError):
                continue
            chunked = da.from_array(x, chunks=chunks_of(rng, shape))
            lazy = getattr(faltung.dask, operation)(chunked, weight, bias, **options)
            self.assertEqual((lazy.shape, lazy.dtype), (expected.shape, expected.dtype))
            found = lazy.compute(scheduler="synchronous")
            self.assertTrue(np.array_equal(found, expected), (operation, shape, options))
            done += 1

    def test_transforms_give_the_bits_of_the_whole(self):
        numbers = np.random.default_rng(2)
        x = numbers.standard_normal((2, 40, 37, 45)).astype("f4")
        weight = numbers.standard_normal((33, 40, 3, 3)).astype("f4")
        plan = faltung.Plan("conv2d", x, weight, padding=1)
        self.assertEqual(plan.explain()["algorithm"], "winograd")
        chunked = da.from_array(x, chunks=(1, 7, 10, 13))
        found = faltung.dask.conv2d(chunked, weight, padding=1, chunks=(1, 11, 9, 10))
        self.assertEqual(found.chunks[2], (9, 9, 9, 9, 1))
        self.assertTrue(np.array_equal(found.compute(), plan(x)))

    def test_integers_become_larger_ones(self):
        x = np.arange(4 * 9, dtype="i1").reshape(1, 4, 9)
        weight = np.ones((2, 4, 3), "i1")
        found = faltung.dask.conv1d(da.from_array(x, chunks=(1, 2, 4)), weight)
        self.assertEqual(found.dtype, np.int32)
        self.assertTrue(np.array_equal(found.compute(), faltung.conv1d(x, weight)))

    def test_a_chunk_reads_what_it_needs(self):
        read = []

        def load(block_info):
            read.append(block_info[None]["chunk-location"])
            return np.ones(block_info[None]["chunk-shape"], "f4")

        x = da.map_blocks(load, chunks=((1,), (10,) * 9, (30,)), dtype="f4", meta=np.array((), "f4"))
        y = faltung.dask.conv2d(x, np.ones((1, 1, 5, 5), "f4"), padding=2)
        y[:, 42:44].compute(scheduler="synchronous")
        self.assertEqual({location[1] for location in read}, {3, 4, 5})

    def test_what_makes_no_sense_is_refused_at_once(self):
        x = da.zeros((1, 2, 9, 9), chunks=3)
        with self.assertRaisesRegex(RuntimeError, "expected input"):
            faltung.dask.conv2d(x, np.ones((1, 3, 3, 3)))
        with self.assertRaisesRegex(ValueError, "unknown sizes"):
            faltung.dask.conv1d(x[:, 0, 0][x[:, 0, 0] > 0][None], np.ones((1, 1, 1)))


class Cluster(unittest.TestCase):
    def test_workers_give_the_bits_of_the_whole(self):
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            self.skipTest("distributed is not there")
        numbers = np.random.default_rng(3)
        x = numbers.standard_normal((2, 3, 90, 80)).astype("f4")
        weight = numbers.standard_normal((8, 3, 5, 5)).astype("f4")
        with LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster, Client(cluster):
            lazy = faltung.dask.conv2d(da.from_array(x, chunks=(1, 3, 30, 40)), weight, padding="same")
            self.assertTrue(np.array_equal(lazy.compute(), faltung.conv2d(x, weight, padding="same")))


if __name__ == "__main__":
    dask.config.set({"distributed.comm.timeouts.connect": "60s"})
    unittest.main()
