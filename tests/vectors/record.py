# SPDX-License-Identifier: Apache-2.0
"""Records convolutions as PyTorch computes them on a CPU: run it as

    python record.py > convolutions.txt

in this folder. Each line of CASES is a problem string of include/faltung.h, and "bias" if there is
one. Input, weight and bias are torch.randn's after torch.manual_seed with the number of the case,
drawn in this order: the file needs to hold the outputs only, as the bits of their elements. What
torch.randn does not draw by the same numbers is made of what it draws: see draw().

A gradient's case draws the two operands of the gradient instead, grad_output being one of them;
PyTorch's autograd gives what is recorded.

What PyTorch has no name for is written out by its own means: paddings that differ between the
sides by torch.nn.functional.pad, and the rules of other systems by their definitions.
"""
import itertools
import math
import sys

import torch
import torch.nn.functional as F

CASES = """
conv1d:2x3x20,4x3x3
conv1d:2x3x20,4x3x3,stride=2,padding=1 bias
conv1d:1x4x19,6x2x5,padding=2,dilation=2,groups=2 bias
conv1d:3x2x16,5x2x4,padding=same
conv1d:2x2x16,3x2x4,padding=same,dtype=f64 bias
conv1d:2x2x17,3x2x4,padding=same,dilation=3
conv1d:2x2x17,3x2x5,padding=same,dilation=2 bias
conv1d:2x2x17,3x2x5,padding=valid,stride=3
conv1d:3x17,4x3x3,stride=3 bias
conv1d:2x8x12,8x1x3,padding=1,groups=8
conv1d:2x4x12,12x1x2,padding=1,groups=4 bias
conv1d:2x16x9,5x16x1
conv1d:0x3x9,4x3x3,padding=1 bias
conv1d:2x3x20,4x3x5,padding=3:1,stride=2 bias
conv1d:2x3x20,4x3x4,padding=0:7,dtype=f64
conv1d:2x3x23,4x3x5,padding=same_upper,stride=3 bias
conv1d:2x3x24,4x3x6,padding=same_upper,stride=4
conv1d:2x3x23,4x3x4,padding=same_lower,stride=3
conv1d:1x3x90,2x3x15,padding=same_symmetric,stride=10 bias
conv1d:1x2x91,2x2x16,padding=same_symmetric,stride=10
conv1d:1x2x4,3x2x11,padding=9,stride=2 bias
conv2d:2x3x8x8,3x3x3x3
conv2d:2x3x8x8,3x3x3x3,padding=1 bias
conv2d:1x3x9x8,4x3x3x3,padding=same,dtype=f64 bias
conv2d:2x3x9x8,3x3x2x4,padding=same bias
conv2d:1x3x7x11,4x3x4x2,padding=same,dilation=1+3
conv2d:1x3x7x11,3x3x3x2,padding=same,dilation=3+2,dtype=f64
conv2d:2x3x9x7,4x3x3x2,padding=valid,stride=2+1 bias
conv2d:2x3x10x13,4x3x3x5,stride=2+3,padding=1+2,dilation=2+1 bias
conv2d:2x3x10x13,4x3x3x5,stride=2+3,padding=1+2,dilation=2+1,dtype=f64
conv2d:1x6x7x9,9x2x3x3,stride=1+2,padding=0+1,groups=3 bias
conv2d:1x6x7x5,6x1x3x3,padding=1,groups=6 bias
conv2d:2x6x7x5,6x1x3x3,stride=2,padding=1,groups=6
conv2d:1x3x7x6,6x1x3x2,padding=1+0,groups=3 bias
conv2d:2x8x5x5,8x8x1x1
conv2d:2x8x5x6,7x8x1x1,stride=2 bias
conv2d:1x8x4x5,6x4x1x1,padding=1,groups=2,dtype=f64 bias
conv2d:3x8x9,4x3x3x3,padding=1 bias
conv2d:4x7x6,6x2x2x3,groups=2,stride=2,dtype=f64
conv2d:0x3x8x9,4x3x3x3,padding=1,stride=2 bias
conv2d:0x4x8x9,4x2x3x3,groups=2,dtype=f64
conv2d:1x1x5x5,1x1x5x5 bias
conv2d:1x1x2x3,2x1x4x5,padding=2+3
conv2d:2x3x8x9,2x3x3x3,padding=1:2+0 bias
conv2d:2x3x8x9,4x3x3x2,padding=0:3+2:1,stride=2,dilation=2
conv2d:2x3x8x9,2x3x3x2,padding=4:0+0:1,stride=1+3,dtype=f64 bias
conv2d:1x3x16x16,4x3x3x3,padding=same_upper,stride=2 bias
conv2d:1x3x11x10,4x3x3x5,padding=same_upper,stride=2+3
conv2d:1x3x11x10,4x3x3x3,padding=same_upper,stride=3+2,dilation=2+3,dtype=f64
conv2d:1x3x11x10,4x3x1x2,padding=same_upper,stride=3+1 bias
conv2d:1x3x11x10,4x3x3x4,padding=same_lower,stride=2+1
conv2d:1x3x11x10,4x3x5x4,padding=same_symmetric,stride=2+3 bias
conv2d:1x3x12x10,3x3x3x3,padding=same_symmetric,stride=1+4,dilation=2+1,dtype=f64
conv2d:1x16x6x6,8x16x3x3,padding=1 bias
conv3d:1x2x5x6x7,3x2x3x3x3
conv3d:1x2x5x6x7,3x2x3x2x1,stride=2+1+3,padding=1+0+2,dilation=1+2+1 bias
conv3d:1x2x4x5x6,3x2x2x3x4,padding=same bias
conv3d:1x2x4x5x4,2x2x2x2x3,padding=same,dilation=2+3+1,dtype=f64
conv3d:1x4x4x5x4,4x1x2x3x3,padding=0+1+1,groups=4 bias
conv3d:1x4x4x5x4,6x2x2x2x2,groups=2,dtype=f64 bias
conv3d:2x4x5x6,2x2x2x3x3,padding=1 bias
conv3d:0x2x4x5x6,3x2x2x3x3
conv3d:1x8x3x4x3,4x8x1x1x1 bias
conv3d:1x2x4x5x6,2x2x3x2x3,padding=1:0+2+0:1,stride=2
conv3d:1x2x5x7x6,2x2x3x3x2,padding=same_upper,stride=2+3+1 bias
conv_transpose1d:2x3x9,3x4x3 bias
conv_transpose1d:2x3x9,3x4x3,stride=2,padding=1,output_padding=1
conv_transpose1d:2x4x8,4x3x4,stride=3,padding=2,dilation=2,groups=2 bias
conv_transpose1d:3x9,3x4x3,stride=2,dtype=f64 bias
conv_transpose1d:0x3x9,3x4x3,stride=2 bias
conv_transpose1d:2x3x9,3x4x2,stride=4 bias
conv_transpose1d:2x3x9,3x4x5,padding=3:1,stride=2
conv_transpose1d:2x3x9,3x4x5,padding=same_upper,stride=2 bias
conv_transpose1d:2x3x9,3x4x2,padding=same_lower,stride=4 bias
conv_transpose2d:2x3x5x6,3x2x3x3
conv_transpose2d:1x3x8x8,3x2x3x3,stride=2,padding=1 bias
conv_transpose2d:1x3x8x8,3x2x3x3,stride=2,padding=1,output_padding=1 bias
conv_transpose2d:1x3x4x5,3x2x3x2,stride=2+3,padding=1+0,output_padding=1+2,dilation=2+1,dtype=f64 bias
conv_transpose2d:1x3x5x6,3x3x3x2,output_padding=1+2,dilation=2+3
conv_transpose2d:1x3x8x8,3x2x3x3,stride=2,padding=1,output_size=16+15
conv_transpose2d:1x3x5x4,3x2x3x4,stride=3+2,padding=1,output_size=15+12,dilation=1+2,dtype=f64 bias
conv_transpose2d:1x6x5x4,6x1x3x3,stride=2,padding=1,groups=6 bias
conv_transpose2d:2x4x5x4,4x3x3x2,padding=0+1,groups=2
conv_transpose2d:2x8x5x4,8x5x1x1 bias
conv_transpose2d:2x8x4x3,8x3x1x1,stride=2+3,output_padding=1
conv_transpose2d:3x5x6,3x4x3x3,stride=1+2,padding=1 bias
conv_transpose2d:0x3x5x6,3x4x3x3,stride=2,output_padding=1
conv_transpose2d:1x3x5x6,3x3x3x3,stride=2,padding=0:1+1:2 bias
conv_transpose2d:2x3x5x6,3x2x4x3,stride=2+1,padding=same_upper
conv_transpose3d:1x2x3x4x5,2x2x3x2x3 bias
conv_transpose3d:1x2x3x4x3,2x2x3x3x2,stride=2+1+3,padding=1+0+1,output_padding=1+0+2
conv_transpose3d:1x4x3x3x3,4x1x2x3x2,stride=1+2+2,padding=1+1+0,dilation=2+1+1,groups=2,dtype=f64 bias
conv_transpose3d:1x2x3x4x3,2x2x3x3x3,stride=2,padding=1,output_size=6+7+5 bias
conv_transpose3d:2x3x4x3,2x1x2x2x3,stride=2
conv_transpose3d:0x2x3x4x3,2x3x2x2x3 bias
conv1d_input:2x3x20,4x3x3,stride=2,padding=1
conv1d_weight:2x3x20,4x3x3,stride=2,padding=1
conv1d_input:4x19,6x2x5,padding=2,dilation=2,groups=2
conv1d_weight:4x19,6x2x5,padding=2,dilation=2,groups=2
conv2d_input:2x3x9x8,3x3x2x4,padding=same
conv2d_weight:2x3x9x8,3x3x2x4,padding=same
conv2d_input:2x3x10x13,4x3x3x5,stride=2+3,padding=1+2,dilation=2+1,dtype=f64
conv2d_weight:2x3x10x13,4x3x3x5,stride=2+3,padding=1+2,dilation=2+1,dtype=f64
conv2d_input:1x6x7x5,6x1x3x3,padding=1,groups=6
conv2d_weight:2x6x7x5,6x1x3x3,stride=2,padding=1,groups=6
conv2d_input:1x3x11x10,4x3x3x5,padding=same_upper,stride=2+3
conv2d_weight:1x3x11x10,4x3x3x5,padding=same_upper,stride=2+3
conv2d_weight:2x16x6x6,8x16x3x3,padding=1
conv3d_input:1x2x5x6x7,3x2x3x2x1,stride=2+1+3,padding=1+0+2,dilation=1+2+1
conv3d_weight:1x2x5x6x7,3x2x3x2x1,stride=2+1+3,padding=1+0+2,dilation=1+2+1
conv_transpose1d_input:2x4x8,4x3x4,stride=3,padding=2,dilation=2,groups=2
conv_transpose1d_weight:2x4x8,4x3x4,stride=3,padding=2,dilation=2,groups=2
conv_transpose2d_input:1x3x8x8,3x2x3x3,stride=2,padding=1,output_padding=1
conv_transpose2d_weight:1x3x8x8,3x2x3x3,stride=2,padding=1,output_padding=1
conv_transpose2d_input:1x3x5x6,3x3x3x2,output_padding=1+2,dilation=2+3
conv_transpose2d_weight:3x5x6,3x4x3x3,stride=1+2,padding=1,dtype=f64
conv_transpose3d_input:1x2x3x4x3,2x2x3x3x2,stride=2+1+3,padding=1+0+1,output_padding=1+0+2
conv_transpose3d_weight:1x2x3x4x3,2x2x3x3x2,stride=2+1+3,padding=1+0+1,output_padding=1+0+2
conv1d:2x3x20,4x3x3,stride=2,padding=1,dtype=bf16 bias
conv2d:2x3x9x8,4x3x3x3,padding=1,dtype=bf16 bias
conv2d:1x6x7x5,6x1x3x3,padding=1,groups=6,dtype=bf16 bias
conv2d:1x20x6x6,18x20x3x3,padding=1,dtype=f16 bias
conv3d:1x2x4x5x6,3x2x2x3x3,padding=1,dtype=bf16
conv_transpose2d:1x3x8x8,3x2x3x3,stride=2,padding=1,output_padding=1,dtype=bf16 bias
conv2d_input:2x3x10x13,4x3x3x5,stride=2+3,padding=1+2,dtype=bf16
conv2d_weight:2x3x10x13,4x3x3x5,stride=2+3,padding=1+2,dtype=bf16
conv1d:2x3x20,4x3x3,stride=2,padding=1,dtype=c64 bias
conv2d:2x4x9x8,6x2x3x4,stride=2+1,padding=1+2,groups=2,dtype=c64 bias
conv2d:1x3x9x8,4x3x3x3,padding=1,dilation=2,dtype=c128
conv3d:1x2x4x5x6,3x2x2x3x3,padding=1,dtype=c64 bias
conv_transpose2d:1x3x8x8,3x2x3x3,stride=2,padding=1,output_padding=1,dtype=c64 bias
conv2d_input:2x3x10x13,4x3x3x5,stride=2+3,padding=1+2,dtype=c64
conv2d_weight:2x3x10x13,4x3x3x5,stride=2+3,padding=1+2,dtype=c64
conv_transpose2d_input:1x3x8x8,3x2x3x3,stride=2,padding=1,output_padding=1,dtype=c64
conv_transpose2d_weight:1x3x8x8,3x2x3x3,stride=2,padding=1,output_padding=1,dtype=c128
"""

TRANSPOSED = {'conv_transpose1d': torch.nn.ConvTranspose1d,
              'conv_transpose2d': torch.nn.ConvTranspose2d,
              'conv_transpose3d': torch.nn.ConvTranspose3d}


DTYPES = {'f32': torch.float32, 'f64': torch.float64, 'f16': torch.float16,
          'bf16': torch.bfloat16, 'c64': torch.complex64, 'c128': torch.complex128}


def draw(shape, dtype):
    """torch.randn's numbers; halves are rounded from f32, complex ones have two of them."""
    if dtype.is_complex:
        real = torch.float32 if dtype == torch.complex64 else torch.float64
        return torch.view_as_complex(torch.randn(*shape, 2, dtype=real))
    if dtype in (torch.float16, torch.bfloat16):
        return torch.randn(shape).to(dtype)
    return torch.randn(shape, dtype=dtype)


class Problem:
    """A problem string, taken apart: one value per axis, in PyTorch's order."""

    def __init__(self, text):
        self.operation, rest = text.split(':', 1)
        self.gradient = self.operation.partition('d_')[2]  # input, weight or nothing
        self.operation = self.operation.removesuffix('_' + self.gradient)
        self.axes = int(self.operation[-2])
        self.transposed = self.operation in TRANSPOSED
        shapes, options = rest.split(',')[:2], rest.split(',')[2:]
        self.input_shape, self.weight_shape = [tuple(map(int, s.split('x'))) for s in shapes]
        self.size = self.input_shape[-self.axes:]
        self.kernel = self.weight_shape[2:]
        options = dict(option.split('=') for option in options)
        self.stride = self.per_axis(options.pop('stride', '1'))
        self.dilation = self.per_axis(options.pop('dilation', '1'))
        self.output_padding = self.per_axis(options.pop('output_padding', '0'))
        self.groups = int(options.pop('groups', '1'))
        self.dtype = DTYPES[options.pop('dtype', 'f32')]
        padding = options.pop('padding', '0')
        self.rule = padding if padding[0].isalpha() else None
        self.padding = None if self.rule else self.per_axis(padding, self.two_sides)
        output_size = options.pop('output_size', None)
        self.output_size = output_size and self.per_axis(output_size)
        assert not options, options

    def per_axis(self, text, read=int):
        values = [read(value) for value in text.split('+')]
        return tuple(values * self.axes if len(values) == 1 else values)

    @staticmethod
    def two_sides(text):
        begin, _, end = text.partition(':')
        return int(begin), int(end or begin)

    def by_axis(self):
        """Size, extent of the dilated kernel, and stride of each axis."""
        extents = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel)]
        return zip(self.size, extents, self.stride)


def split(total, rule):
    """TensorFlow's SAME and ONNX's SAME_UPPER put the odd one at the end, SAME_LOWER does not."""
    small, large = total // 2, total - total // 2
    return (large, small) if rule == 'same_lower' else (small, large)


def pad_forward(size, extent, stride, rule):
    """The padding of one axis with which the output is ceil(size / stride)."""
    output = math.ceil(size / stride)
    if rule == 'same_symmetric':
        fits = (p for p in itertools.count() if (size + 2 * p - extent) // stride + 1 == output)
        lowest = next(fits)
        return lowest, lowest
    return split(max(0, (output - 1) * stride + extent - size), rule)


def flat(padding):
    """As torch.nn.functional.pad has it: the last axis first."""
    return [side for pair in reversed(padding) for side in pair]


def forward(problem, x, weight, bias):
    conv = getattr(F, problem.operation)
    options = dict(stride=problem.stride, dilation=problem.dilation, groups=problem.groups)
    if problem.rule in ('same', 'valid'):
        return conv(x, weight, bias, padding=problem.rule, **options)
    padding = problem.padding or [pad_forward(*axis, problem.rule) for axis in problem.by_axis()]
    if all(begin == end for begin, end in padding):
        return conv(x, weight, bias, padding=[begin for begin, _ in padding], **options)
    return conv(F.pad(x, flat(padding)), weight, bias, **options)


def crop(problem, x, weight, bias):
    """A transposed convolution whose two sides differ: the whole, cut or extended, then bias."""
    conv = getattr(F, problem.operation)
    whole = conv(x, weight, None, problem.stride, 0, 0, problem.groups, problem.dilation)
    if problem.rule:
        changes = []
        for size, extent, stride in problem.by_axis():
            begin, end = split(max(0, extent - stride), problem.rule)
            changes.append((-begin, max(0, stride - extent) - end))
    else:
        changes = [(-begin, extra - end)
                   for (begin, end), extra in zip(problem.padding, problem.output_padding)]
    y = F.pad(whole, flat(changes))
    return y if bias is None else y + bias.reshape(-1, *[1] * problem.axes)


def transpose(problem, x, weight, bias):
    if problem.rule or any(begin != end for begin, end in problem.padding):
        return crop(problem, x, weight, bias)
    conv = TRANSPOSED[problem.operation](
        weight.shape[0], weight.shape[1] * problem.groups, problem.kernel, problem.stride,
        [begin for begin, _ in problem.padding], problem.output_padding, problem.groups,
        bias is not None, problem.dilation)
    conv.weight.data = weight
    if bias is not None:
        conv.bias.data = bias
    return conv(x, output_size=problem.output_size).detach()


def differentiate(problem):
    """The gradient, which does not depend on what it is with respect to, of drawn operands."""
    def zeros(shape):
        return torch.zeros(shape, dtype=problem.dtype, requires_grad=True)

    def compute(x, weight):
        if not problem.transposed:
            return forward(problem, x, weight, None)
        return getattr(F, problem.operation)(
            x, weight, None, problem.stride, [begin for begin, _ in problem.padding],
            problem.output_padding, problem.groups, problem.dilation)

    x, weight = zeros(problem.input_shape), zeros(problem.weight_shape)
    shape = compute(x, weight).shape
    if problem.gradient == 'input':
        grad_output = draw(shape, problem.dtype)
        weight = draw(problem.weight_shape, problem.dtype)
        compute(x, weight).backward(grad_output)
        return x.grad
    x = draw(problem.input_shape, problem.dtype)
    grad_output = draw(shape, problem.dtype)
    compute(x, weight).backward(grad_output)
    return weight.grad


def bits(tensor):
    """The elements in row-major order, as hexadecimal digits of their bits; complex ones are two."""
    if tensor.dtype.is_complex:
        tensor = torch.view_as_real(tensor.resolve_conj())
    digits = 2 * tensor.element_size()
    kind = {4: torch.int16, 8: torch.int32, 16: torch.int64}[digits]
    return ['%0*x' % (digits, value % 16**digits)
            for value in tensor.contiguous().view(kind).flatten().tolist()]


def convolve(problem, has_bias):
    channels = problem.weight_shape[1 if problem.transposed else 0]
    x = draw(problem.input_shape, problem.dtype)
    weight = draw(problem.weight_shape, problem.dtype)
    bias = None
    if has_bias:
        bias = draw((channels * (problem.groups if problem.transposed else 1),), problem.dtype)
    return (transpose if problem.transposed else forward)(problem, x, weight, bias)


def record(seed, text, has_bias):
    problem = Problem(text)
    torch.manual_seed(seed)
    y = differentiate(problem) if problem.gradient else convolve(problem, has_bias)
    print('case %s seed=%d bias=%s output=%s'
          % (text, seed, 'yes' if has_bias else 'no', 'x'.join(map(str, y.shape))))
    values = bits(y)
    per_line = 80 // len(values[0]) if values else 1
    for i in range(0, len(values), per_line):
        print(' '.join(values[i:i + per_line]))


def main():
    torch.set_num_threads(1)
    cases = CASES.split('\n')[1:-1]
    print('# SPDX-License-Identifier: Apache-2.0')
    print('# Recorded by record.py, which explains it, from PyTorch %s.'
          % torch.__version__.split('+')[0])
    for seed, case in enumerate(cases, 1):
        text, _, bias = case.partition(' ')
        assert bias in ('', 'bias'), case
        record(seed, text, bool(bias))
    print('end %d' % len(cases))


if __name__ == '__main__':
    sys.exit(main())
