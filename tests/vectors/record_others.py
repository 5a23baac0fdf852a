# SPDX-License-Identifier: Apache-2.0
"""Records what PyTorch computes beside convolutions: run it as

    python record_others.py > others.txt

in this folder. The file is like convolutions.txt (see record.py): each line of CASES names an
operation, the shape of its operand, which is torch.randn's after torch.manual_seed with the number
of the case, and its options, with axes joined by '+'.

A bias' gradient is autograd's for a convolution by kernels of one element.
"""
import sys

import torch
import torch.nn.functional as F

from record import bits

CASES = """
conv1d_bias:2x3x20
conv1d_bias:4x19
conv1d_bias:3x2x5000,dtype=f64
conv2d_bias:2x5x7x9
conv2d_bias:16x10x14x14
conv2d_bias:3x8x9,dtype=f64
conv2d_bias:0x3x4x5
conv2d_bias:300x2x3x5
conv3d_bias:2x3x4x5x6
conv3d_bias:2x3x4x5,dtype=f64
conv_transpose1d_bias:2x3x20
conv_transpose2d_bias:2x17x5x6
conv_transpose3d_bias:2x2x9x10x11
"""


def bias_gradient(operation, x):
    operation = operation.removesuffix('_bias')
    axes = int(operation[-2])
    shape = list(x.shape)
    channel = x.dim() - axes - 1
    shape[channel], channels = 1, shape[channel]
    operand = torch.zeros(shape, dtype=x.dtype)
    kernel = [1, channels] if 'transpose' in operation else [channels, 1]
    weight = torch.zeros(kernel + [1] * axes, dtype=x.dtype)
    bias = torch.zeros(channels, dtype=x.dtype, requires_grad=True)
    getattr(F, operation)(operand, weight, bias).backward(x)
    return bias.grad


def compute(operation, x, options):
    assert not options, options
    return bias_gradient(operation, x)


def record(seed, text):
    operation, _, rest = text.partition(':')
    shape, *options = rest.split(',')
    options = dict(option.split('=') for option in options)
    dtype = {'f32': torch.float32, 'f64': torch.float64}[options.pop('dtype', 'f32')]
    torch.manual_seed(seed)
    y = compute(operation, torch.randn(tuple(map(int, shape.split('x'))), dtype=dtype), options)
    print('case %s seed=%d bias=no output=%s' % (text, seed, 'x'.join(map(str, y.shape))))
    values = bits(y)
    per_line = 10 if dtype == torch.float32 else 5
    for i in range(0, len(values), per_line):
        print(' '.join(values[i:i + per_line]))


def main():
    torch.set_num_threads(1)
    cases = CASES.split('\n')[1:-1]
    print('# SPDX-License-Identifier: Apache-2.0')
    print('# Recorded by record_others.py, which explains it, from PyTorch %s.'
          % torch.__version__.split('+')[0])
    for seed, case in enumerate(cases, 1):
        record(seed, case)
    print('end %d' % len(cases))


if __name__ == '__main__':
    sys.exit(main())
