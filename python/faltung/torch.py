# SPDX-License-Identifier: Apache-2.0
"""Convolutions for PyTorch: functions that record gradients, modules, and whole models.

>>> import torch, faltung.torch
>>> layer = faltung.torch.Conv2d(3, 8, 3, padding=1)
>>> layer(torch.randn(2, 3, 5, 5)).sum().backward()
>>> layer.weight.grad.shape
torch.Size([8, 3, 3, 3])
"""

import torch
from torch.autograd.function import once_differentiable

from . import _convolutions as _functions
from ._plan import Plan
from ._replace import replace

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "replace",
]

# -------------------------------------------------------------------------------------- functions


_AXES = {name: axes for name, (_, axes) in _functions.OPERATIONS.items()}


def _function(name):
    return getattr(_functions, name)


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias, name, options):
        ctx.save_for_backward(input, weight)
        ctx.name, ctx.options = name, options
        return _function(name)(
            input.detach(), weight.detach(), None if bias is None else bias.detach(), **options
        )

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        input, weight = (tensor.detach() for tensor in ctx.saved_tensors)
        options = {k: v for k, v in ctx.options.items() if k != "output_padding"}
        gradients = [None] * 5
        if ctx.needs_input_grad[0]:
            of_input = _function(ctx.name + "_input")
            gradients[0] = of_input(input.shape, weight, grad_output, **options)
        if ctx.needs_input_grad[1]:
            of_weight = _function(ctx.name + "_weight")
            gradients[1] = of_weight(input, weight.shape, grad_output, **options)
        if ctx.needs_input_grad[2]:
            channel = grad_output.dim() - 1 - _AXES[ctx.name]
            axes = [axis for axis in range(grad_output.dim()) if axis != channel]
            gradients[2] = grad_output.sum(axes)
        return tuple(gradients)



def _make(name):
    transposed = "transpose" in name

    def convolve(input, weight, bias=None, stride=1, padding=0, *more, **options):
        names = ("output_padding", "groups", "dilation") if transposed else ("dilation", "groups")
        options = {"stride": stride, "padding": padding, **dict(zip(names, more)), **options}
        return _Convolve.apply(input, weight, bias, name, options)

    convolve.__name__ = convolve.__qualname__ = name
    convolve.__module__ = __name__
    convolve.__doc__ = f"""``torch.nn.functional.{name}`` by Faltung, forward and backward.

    Parameters are those of ``faltung.{name}`` that a gradient knows: stride, padding, dilation,
    groups{", output_padding" if transposed else ""}, threads and accuracy. It can be
    differentiated once.
    """
    return convolve


conv1d = _make("conv1d")
conv2d = _make("conv2d")
conv3d = _make("conv3d")
conv_transpose1d = _make("conv_transpose1d")
conv_transpose2d = _make("conv_transpose2d")
conv_transpose3d = _make("conv_transpose3d")

# ---------------------------------------------------------------------------------------- modules


class _Planned:
    """What the modules share: without gradients they run a plan, which is kept as long as neither
    the parameters nor the shape of the input change. `activation` is applied by the plan, and by
    PyTorch where gradients are recorded."""

    _operation = None
    activation = None

    def _is_recorded(self, input):
        operands = (input, self.weight, self.bias)
        return torch.is_grad_enabled() and any(
            operand is not None and operand.requires_grad for operand in operands
        )

    def _key(self, input):
        parameters = (self.weight,) if self.bias is None else (self.weight, self.bias)
        return (
            tuple(input.shape),
            input.dtype,
            self.activation,
            *((p.data_ptr(), p._version) for p in parameters),
        )

    def _plan_for(self, input, options):
        key = self._key(input)
        kept = self.__dict__.get("_kept_plan")
        if kept is None or kept[0] != key:
            plan = Plan(
                self._operation,
                input.detach(),
                self.weight.detach(),
                None if self.bias is None else self.bias.detach(),
                activation=self.activation,
                **options,
            )
            kept = self.__dict__["_kept_plan"] = (key, plan)
        return kept[1]

    def __getstate__(self):
        """Plans are made anew where a module is copied or loaded."""
        state = dict(self.__dict__)
        state.pop("_kept_plan", None)
        return state

    def _activate(self, y):
        if self.activation is None:
            return y
        name, *parameters = (
            (self.activation,) if isinstance(self.activation, str) else self.activation
        )
        return _ACTIVATIONS[name](y, *parameters)


_ACTIVATIONS = {
    "relu": torch.relu,
    "relu6": torch.nn.functional.relu6,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "sigmoid": torch.sigmoid,
    "silu": torch.nn.functional.silu,
    "gelu": torch.nn.functional.gelu,
    "gelu_tanh": lambda y: torch.nn.functional.gelu(y, approximate="tanh"),
    "hardswish": torch.nn.functional.hardswish,
    "clamp": torch.clamp,
}


class _Forward(_Planned):
    def _options(self):
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    def forward(self, input, residual=None):
        if not self._is_recorded(input):
            options = self._options() | {"padding_mode": self.padding_mode}
            return self._plan_for(input, options)(input.detach(), residual=residual)
        options = self._options()
        if self.padding_mode != "zeros":  # of which gradients do not know
            input = torch.nn.functional.pad(
                input, self._reversed_padding_repeated_twice, mode=self.padding_mode
            )
            options["padding"] = 0
        y = _Convolve.apply(input, self.weight, self.bias, self._operation, options)
        return self._activate(y if residual is None else y + residual)


class _Transposed(_Planned):
    def forward(self, input, output_size=None):
        axes = len(self.kernel_size)
        output_padding = self._output_padding(
            input, output_size, self.stride, self.padding, self.kernel_size, axes, self.dilation
        )
        options = {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
            "output_padding": tuple(output_padding),
        }
        if not self._is_recorded(input) and output_size is None:
            return self._plan_for(input, options)(input.detach())
        y = _Convolve.apply(input, self.weight, self.bias, self._operation, options)
        return self._activate(y)


class Conv1d(_Forward, torch.nn.Conv1d):
    """``torch.nn.Conv1d`` by Faltung: the same parameters, state and initialisation."""

    _operation = "conv1d"


class Conv2d(_Forward, torch.nn.Conv2d):
    """``torch.nn.Conv2d`` by Faltung: the same parameters, state and initialisation."""

    _operation = "conv2d"


class Conv3d(_Forward, torch.nn.Conv3d):
    """``torch.nn.Conv3d`` by Faltung: the same parameters, state and initialisation."""

    _operation = "conv3d"


class ConvTranspose1d(_Transposed, torch.nn.ConvTranspose1d):
    """``torch.nn.ConvTranspose1d`` by Faltung: the same parameters, state and initialisation."""

    _operation = "conv_transpose1d"


class ConvTranspose2d(_Transposed, torch.nn.ConvTranspose2d):
    """``torch.nn.ConvTranspose2d`` by Faltung: the same parameters, state and initialisation."""

    _operation = "conv_transpose2d"


class ConvTranspose3d(_Transposed, torch.nn.ConvTranspose3d):
    """``torch.nn.ConvTranspose3d`` by Faltung: the same parameters, state and initialisation."""

    _operation = "conv_transpose3d"
