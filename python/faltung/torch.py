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
from ._chain import without_gaps
from ._plan import Plan
from ._replace import replace

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Linear",
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


class _Module:
    """What the modules share: `activation` is applied where the result is written, and by PyTorch
    where gradients are recorded."""

    _operation = None
    activation = None
    # Whether a plan is kept while neither the parameters nor the shape of the input change. What is
    # written behind PyTorch's back, through ``parameter.data``, is no change to it: so that is for
    # models that are replaced to be run, not for layers that others may write to.
    keeps_plan = False

    def _is_recorded(self, *operands):
        return torch.is_grad_enabled() and any(
            isinstance(operand, torch.Tensor) and operand.requires_grad
            for operand in (*operands, self.weight, self.bias)
        )

    def _state_key(self):
        # From the dictionary, which is faster, unless something computes them, as weight_norm does.
        own = self._parameters
        if "weight" not in own or "bias" not in own:  # computed, each time: like nothing before
            return (object(),)
        weight, bias = own["weight"], own["bias"]
        key = self.activation, weight.data_ptr(), weight._version
        return key if bias is None else (*key, bias.data_ptr(), bias._version)

    def _key(self, input):
        return input.shape, input.stride(), input.dtype, *self._state_key()

    def _constants(self):
        """Weight and bias as the operation takes them."""
        return self.weight.detach(), None if self.bias is None else self.bias.detach()

    def _plan(self, input, chosen):
        """The kept plan, made anew where the input, the parameters or what was chosen changed."""
        key = self._key(input)
        if chosen:
            key = (*key, *chosen.values())
        kept = self.__dict__.get("_kept_plan")
        if kept is None or kept[0] != key:
            options = {**self._options(), **chosen, "activation": self.activation}
            plan = Plan(self._operation, input.detach(), *self._constants(), **options)
            kept = self.__dict__["_kept_plan"] = (key, plan)
        return kept[1]

    def _run(self, input, chosen, **more):
        """The convolution with its activation, of which nothing is recorded. `chosen` are options
        of this call alone."""
        if self.keeps_plan:
            return self._plan(input, chosen)(input, **more)
        options = {**self._options(), **chosen, "activation": self.activation, **more}
        return _function(self._operation)(input.detach(), *self._constants(), **options)

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


class _Forward(_Module):
    def _options(self):
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
            "padding_mode": self.padding_mode,
        }

    def _output_shape(self, input):
        spatial = zip(
            input.shape[-len(self.kernel_size) :],
            self.kernel_size,
            self.stride,
            self.dilation,
            self._reversed_padding_repeated_twice[-2::-2],
            self._reversed_padding_repeated_twice[::-2],
        )
        sizes = [(w + b + e - d * (k - 1) - 1) // s + 1 for w, k, s, d, b, e in spatial]
        return (*input.shape[: -len(sizes) - 1], self.out_channels, *sizes)

    def forward(self, input, residual=None):
        if not self._is_recorded(input, residual):
            if residual is None:
                return self._run(input, {})
            if self._fits(input, residual):
                return self._run(input, {}, residual=without_gaps(residual.detach()))
        options = self._options()
        if options.pop("padding_mode") != "zeros":  # of which gradients do not know
            input = torch.nn.functional.pad(
                input, self._reversed_padding_repeated_twice, mode=self.padding_mode
            )
            options["padding"] = 0
        y = _Convolve.apply(input, self.weight, self.bias, self._operation, options)
        return self._activate(y if residual is None else y + residual)

    def _fits(self, input, residual):
        """Whether a residual is one of the library's: neither is spread over the other."""
        return (
            isinstance(residual, torch.Tensor)
            and residual.dtype == input.dtype
            and residual.shape == self._output_shape(input)
        )


class _Transposed(_Module):
    def _options(self):
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    def forward(self, input, output_size=None):
        axes = len(self.kernel_size)
        output_padding = self._output_padding(
            input, output_size, self.stride, self.padding, self.kernel_size, axes, self.dilation
        )
        chosen = {"output_padding": tuple(output_padding)}
        if not self._is_recorded(input):
            return self._run(input, chosen)
        options = {**self._options(), **chosen}
        y = _Convolve.apply(input, self.weight, self.bias, self._operation, options)
        return self._activate(y)


class Linear(_Module, torch.nn.Linear):
    """``torch.nn.Linear``: one row, as a convolution of one pixel, by Faltung, if no gradient is
    recorded; more by PyTorch."""

    _operation = "conv1d"

    def _options(self):
        return {}

    def _constants(self):
        weight, bias = super()._constants()
        return weight.unsqueeze(2), bias

    def forward(self, input):
        is_row = input.shape == (1, self.in_features) and input.dtype == self.weight.dtype
        if not is_row or self._is_recorded(input):
            return super().forward(input)
        return self._run(input.unsqueeze(2), {}).squeeze(2)


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
