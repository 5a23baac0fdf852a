# SPDX-License-Identifier: Apache-2.0
"""Smooths a picture of 4 GB, of which a few chunks are in memory at a time, and halves its size.

    pip install faltung "dask[array]" && python larger_than_memory.py [SIZE]

The picture is made up chunk by chunk; da.from_zarr, or an array of pages of a TIFF, would be used
in the same way.
"""

import sys
import time

import dask.array as da
import faltung.dask
import numpy as np

size = int(sys.argv[1]) if len(sys.argv) > 1 else 32768
picture = da.random.default_rng(14).random((1, size, size), dtype="float32", chunks=(1, 2048, 2048))

kernel = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]).astype("float32")[None, None] / 256
smooth = faltung.dask.conv2d(picture, kernel, padding=2, padding_mode="reflect", stride=2)
print(f"{picture.nbytes / 1e9:.1f} GB in {picture.npartitions} chunks -> {smooth.shape}")

begin = time.time()
mean, lowest, highest = da.compute(smooth.mean(), smooth.min(), smooth.max())
print(f"mean {mean:.4f}, from {lowest:.4f} to {highest:.4f}: {time.time() - begin:.1f} s")
