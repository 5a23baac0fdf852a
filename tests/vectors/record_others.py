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
unfold:2x3x5x6,kernel=3
unfold:3x5x6,kernel=3+2,padding=1+0
unfold:1x2x9x8,kernel=2+3,stride=3+2,padding=2+3,dilation=1+2,dtype=f64
unfold:2x1x4x4,kernel=1
unfold:0x2x5x6,kernel=2
unfold:1x2x3x4,kernel=3+4,dtype=f64
unfold:2x2x7x31,kernel=5,stride=2,padding=2,dilation=2
fold:2x27x12,kernel=3,output_size=5+6
fold:18x35,kernel=3+2,padding=1+0,output_size=7+6
fold:1x12x30,kernel=2+3,stride=3+2,padding=2+3,dilation=1+2,output_size=11+10,dtype=f64
fold:2x5x20,kernel=1,output_size=4+5
fold:0x8x20,kernel=2,output_size=5+6
fold:1x24x1,kernel=3+4,output_size=3+4,dtype=f64
fold:2x50x52,kernel=5,stride=2,padding=2,dilation=2,output_size=11+30
fold:2x4x6,kernel=2,stride=3,output_size=6+9
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


def slide(operation, x, options):
    def pair(name, usual=None):
        values = tuple(map(int, options.pop(name, usual).split('+')))
        return values if len(values) == 2 else values * 2

    output_size = [pair('output_size')] if operation == 'fold' else []
    kernel, dilation = pair('kernel'), pair('dilation', '1')
    padding, stride = pair('padding', '0'), pair('stride', '1')
    assert not options, options
    return getattr(F, operation)(x, *output_size, kernel, dilation, padding, stride)


def compute(operation, x, options):
    if operation in ('unfold', 'fold'):
        return slide(operation, x, options)
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
