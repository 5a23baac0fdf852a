# SPDX-License-Identifier: Apache-2.0
"""Records what torch.randn gives on a CPU with AVX2: run it as

    python record_randn.py > randn.inc

in this folder. test_random.c checks faltung_randn against the table that it prints.
"""
import torch

# Seed, then the tensors drawn one after another: counts, a 'd' before those of f64.
SEQUENCES = [
    (14, '12288 270'),                     # the tutorial: 16x3x16x16, 10x3x3x3
    (0, '1 2 3 15 16 17 31 32 33 47 48'),  # short tensors, whole blocks, and blocks refilled
    (1, '1 100 1 d1 d1'),                  # the spare of a short tensor outlives a long one
    (2, 'd16 d17 d3 d1000 d1'),
    (3, '5 d5 20 d20 7 d31 16'),
    (-1, '40'),
    (2**63 + 5, '19 d19'),
    (5, '100003'),
]


def fnv1a(data):
    """The 64-bit FNV-1a hash of some bytes."""
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return value


def record(seeded, seed, word):
    double = word.startswith('d')
    count = int(word.lstrip('d'))
    values = torch.randn(count, dtype=torch.float64 if double else torch.float32)
    # Elsewhere the last bits depend on the C library.
    exact = not double and count >= 16
    digest = fnv1a(values.numpy().tobytes()) if exact else 0
    samples = [values[i].item().hex() for i in (0, count // 3, count * 2 // 3, count - 1)]
    print('{%s, 0x%xu, FALTUNG_%s, %d, 0x%xu,\n {%s}},' % (
        'true' if seeded else 'false', seed % 2**64, 'F64' if double else 'F32', count, digest,
        ', '.join(samples)))


assert torch.backends.cpu.get_cpu_capability() in ('AVX2', 'AVX512')
print('// SPDX-License-Identifier: Apache-2.0')
print('//')
print('// Recorded by record_randn.py from PyTorch %s: the rows of a table in test_random.c, which says'
      % torch.__version__.split('+')[0])
print('// what they hold.')
for seed, words in SEQUENCES:
    torch.manual_seed(seed)
    for i, word in enumerate(words.split()):
        record(i == 0, seed, word)
