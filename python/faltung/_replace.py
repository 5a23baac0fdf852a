# SPDX-License-Identifier: Apache-2.0
"""Faltung's convolutions in place of those of an existing PyTorch model."""

import copy
import operator

import torch
import torch.fx

from ._chain import Chained, chain

_F = torch.nn.functional
_ConvNd = torch.nn.modules.conv._ConvNd


def _as(kind, module):
    """A module of another kind with all that one has, which nobody else has."""
    new = kind.__new__(kind)
    new.__dict__.update(module.__dict__)
    return new


def _module_of(module):
    """Faltung's module with the parameters of PyTorch's of the same name."""
    from . import torch as modules

    new = _as(getattr(modules, type(module).__name__), module)
    new.keeps_plan = not module.training
    return new


def _is_on_cpu(module):
    return module.weight.device.type == "cpu"


def _is_convolution(module):
    return type(module) in (
        torch.nn.Conv1d,
        torch.nn.Conv2d,
        torch.nn.Conv3d,
        torch.nn.ConvTranspose1d,
        torch.nn.ConvTranspose2d,
        torch.nn.ConvTranspose3d,
    )


class _MaxPool2d(torch.nn.MaxPool2d):
    """PyTorch's, channels last, where it is several times as fast: copies there and back are less
    than what they save. Image by image, so that they stay in the cache."""

    def forward(self, input):
        if input.dim() != 4 or input.shape[1] < 8 or not input.is_contiguous() or not len(input):
            return super().forward(input)
        images = [self._pool(image) for image in input.split(1)]
        return images[0] if len(images) == 1 else torch.cat(images)

    def _pool(self, image):
        last = image.contiguous(memory_format=torch.channels_last)
        return super().forward(last).contiguous()


# Fewer numbers PyTorch reduces without its own threads; and more parts take longer than with them.
_REDUCED_BY_ONE, _MOST_PARTS = 32768, 8


def _average(pool, input, *size):
    """PyTorch's pooling of whole planes, some channels at a time, few enough to be done by the
    calling thread: others would go on looking for work where Faltung's next want to run."""
    is_plain = input.dim() == 4 and input.is_contiguous() and input.numel()
    if not is_plain or torch.get_num_threads() == 1:
        return pool(input, *size)
    channels = (_REDUCED_BY_ONE - 1) * input.shape[1] // input.numel()
    if channels >= input.shape[1] or _MOST_PARTS * channels < input.shape[1]:
        return pool(input, *size)
    return torch.cat([pool(part, *size) for part in input.split(channels, 1)], 1)


def _is_of_planes(size):
    return size in (1, (1, 1), [1, 1])


class _AdaptiveAvgPool2d(torch.nn.AdaptiveAvgPool2d):
    """Averages of whole planes."""

    def forward(self, input):
        return _average(super().forward, input)


def _averages_planes(module):
    return type(module) is torch.nn.AdaptiveAvgPool2d and _is_of_planes(module.output_size)


def _adaptive_avg_pool2d(input, output_size):
    return _average(_F.adaptive_avg_pool2d, input, output_size)


_BATCH_NORMS = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)

# By the type of a module, or the function: the activation, from the module or the call's arguments.
_MODULES = {
    torch.nn.ReLU: lambda m: "relu",
    torch.nn.ReLU6: lambda m: "relu6",
    torch.nn.SiLU: lambda m: "silu",
    torch.nn.Sigmoid: lambda m: "sigmoid",
    torch.nn.Hardswish: lambda m: "hardswish",
    torch.nn.GELU: lambda m: "gelu" if m.approximate == "none" else "gelu_tanh",
    torch.nn.LeakyReLU: lambda m: ("leaky_relu", m.negative_slope),
    torch.nn.Hardtanh: lambda m: ("clamp", m.min_val, m.max_val),
}
_FUNCTIONS = {
    _F.relu: "relu",
    torch.relu: "relu",
    _F.relu6: "relu6",
    _F.silu: "silu",
    torch.sigmoid: "sigmoid",
    _F.hardswish: "hardswish",
}


# Operators that write to their first operand, by name.
_IN_PLACE = ("iadd", "isub", "imul", "itruediv", "setitem")


class _Tracer(torch.fx.Tracer):
    """Looks into no convolution and no pooling."""

    def is_leaf_module(self, module, qualified_name):
        ours = hasattr(module, "_operation") or isinstance(module, (_MaxPool2d, _AdaptiveAvgPool2d))
        return ours or isinstance(module, Chained) or super().is_leaf_module(module, qualified_name)


class _Graph:
    """A traced model on its way: what is folded into what, and what is left alone and why."""

    def __init__(self, model, report):
        self.traced = torch.fx.GraphModule(model, _Tracer().trace(model))
        self.report = report

    def module(self, node):
        is_call = isinstance(node, torch.fx.Node) and node.op == "call_module"
        return self.traced.get_submodule(node.target) if is_call else None

    def only_user(self, node):
        return next(iter(node.users)) if len(node.users) == 1 else None

    def remove(self, node, by):
        node.replace_all_uses_with(by)
        self.traced.graph.erase_node(node)

    def fold_batch_norm(self, node):
        norm = self.only_user(node)
        module = self.module(norm)
        if not isinstance(module, _BATCH_NORMS):
            return
        convolution = self.module(node)
        if module.training or module.running_mean is None:
            self.report.append(f"{norm.target}: a batch norm of the batch's own statistics stays")
            return
        transposed = "Transpose" in type(convolution).__name__
        if transposed and convolution.groups > 1:
            self.report.append(f"{norm.target}: not folded into a transposed one with groups")
            return
        weight, bias = torch.nn.utils.fuse_conv_bn_weights(
            convolution.weight,
            convolution.bias,
            module.running_mean,
            module.running_var,
            module.eps,
            module.weight,
            module.bias,
            transpose=transposed,
        )
        convolution.weight, convolution.bias = weight, bias
        self.report.append(f"{norm.target}: folded into {node.target}")
        self.remove(norm, node)

    def activation_of(self, node):
        module = self.module(node)
        if module is not None:
            describe = _MODULES.get(type(module))
            return describe and describe(module)
        if node is None or node.op not in ("call_function", "call_method"):
            return None
        if node.op == "call_method":
            return {"relu": "relu", "relu_": "relu", "sigmoid": "sigmoid"}.get(node.target)
        return _FUNCTIONS.get(node.target)

    def fold_residual(self, node):
        """conv(x) + y, where nothing else uses the convolution."""
        add = self.only_user(node)
        is_add = (
            add is not None
            and add.op == "call_function"
            and add.target in (operator.add, operator.iadd, torch.add)
            and len(add.args) == 2
            and not add.kwargs
        )
        if not is_add or "Transpose" in type(self.module(node)).__name__:
            return
        other = add.args[1] if add.args[0] is node else add.args[0]
        if not isinstance(other, torch.fx.Node) or other is node:
            return
        if any(self.writes_in_place(between) for between in self.nodes_between(node, add)):
            self.report.append(f"{node.target}: something in place lies before its residual")
            return
        with self.traced.graph.inserting_before(add):
            later = self.traced.graph.node_copy(node)
        later.kwargs = {**node.kwargs, "residual": other}
        later.args = node.args
        self.remove(add, later)
        self.traced.graph.erase_node(node)
        self.report.append(f"{later.target}: adds its residual itself")
        return later

    def nodes_between(self, first, last):
        nodes = list(self.traced.graph.nodes)
        return nodes[nodes.index(first) + 1 : nodes.index(last)]

    def writes_in_place(self, node):
        """Whether a node might change what the convolution reads, were it moved behind it."""
        name = node.target if isinstance(node.target, str) else node.target.__name__
        by_name = node.op in ("call_function", "call_method") and (
            (name.endswith("_") and not name.endswith("__")) or name in _IN_PLACE
        )
        module = self.module(node)
        return by_name or bool(node.kwargs.get("inplace")) or getattr(module, "inplace", False)

    def fold_activation(self, node):
        after = self.only_user(node)
        activation = self.activation_of(after)
        if activation is None:
            return
        self.module(node).activation = activation
        self.report.append(f"{after.target}: applied by {node.target}")
        self.remove(after, node)

    def average(self, node):
        arguments = dict(zip(("input", "output_size"), node.args), **node.kwargs)
        if _is_of_planes(arguments["output_size"]):
            node.target = _adaptive_avg_pool2d
            self.report.append(f"{node.name}: adaptive_avg_pool2d by the calling thread")

    def fold(self):
        uses = {}
        for node in self.traced.graph.nodes:
            if node.op == "call_module":
                uses[node.target] = uses.get(node.target, 0) + 1
        for node in list(self.traced.graph.nodes):
            module = self.module(node)
            if node.target is _F.adaptive_avg_pool2d:
                self.average(node)
            if not isinstance(module, _ConvNd):
                continue
            if uses[node.target] > 1:
                self.report.append(f"{node.target}: called more than once, nothing is folded")
                continue
            self.fold_batch_norm(node)
            node = self.fold_residual(node) or node
            self.fold_activation(node)
        self.traced.graph.lint()
        self.traced.recompile()
        return chain(self.traced, lambda node: self.is_link(node, uses), self.report)

    def is_link(self, node, uses):
        """Whether a node is a forward convolution of an input, which may be one of a chain."""
        module = self.module(node)
        return (
            hasattr(module, "_fits")
            and uses[node.target] == 1
            and len(node.args) == 1
            and set(node.kwargs) <= {"residual"}
            and all(isinstance(x, torch.fx.Node) for x in (*node.args, *node.kwargs.values()))
        )


def _swap(module, report, prefix=""):
    for name, child in module.named_children():
        path = prefix + name
        if isinstance(child, Chained):  # it is one already
            continue
        if _is_convolution(child):
            if not _is_on_cpu(child):
                report.append(f"{path}: left alone, it is not on the CPU")
                continue
            setattr(module, name, _module_of(child))
            report.append(f"{path}: {type(child).__name__} by Faltung")
        elif type(child) is torch.nn.MaxPool2d and not child.training and not child.return_indices:
            setattr(module, name, _as(_MaxPool2d, child))
            report.append(f"{path}: MaxPool2d with channels last")
        elif _averages_planes(child) and not child.training:
            setattr(module, name, _as(_AdaptiveAvgPool2d, child))
            report.append(f"{path}: AdaptiveAvgPool2d by the calling thread")
        elif type(child) is torch.nn.Linear and not child.training and _is_on_cpu(child):
            setattr(module, name, _module_of(child))
            report.append(f"{path}: Linear by Faltung, one row at a time")
        else:
            if isinstance(child, _ConvNd):
                report.append(f"{path}: left alone, {type(child).__name__} is no module of PyTorch")
            _swap(child, report, path + ".")


def replace(model, *, report=None):
    """A copy of a model with Faltung's convolutions in place of PyTorch's.

    Parameters
    ----------
    model : torch.nn.Module
        Left as it is. In evaluation mode, what follows a convolution is folded into it, as far as
        ``torch.fx`` can trace the model: batch norm into its weights, a residual and an activation
        into its last step; convolutions that follow each other are computed in one call, where
        no gradient is recorded and no hook listens; maxima are pooled by PyTorch with channels
        last, averages of whole planes by the calling thread alone; and a linear layer computes
        one row by Faltung.
    report : list, optional
        Receives a line for everything that was replaced, folded, or left alone, with the reason.

    Returns
    -------
    torch.nn.Module
        The same function, which trains as before if nothing was folded. In evaluation mode its
        convolutions keep their weights packed: it follows what PyTorch is told of, as
        ``load_state_dict`` and steps of optimisers do, but not what is written through
        ``parameter.data``, nor to options such as ``stride``.

    Examples
    --------
    >>> import torch, faltung.torch
    >>> layers = torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.ReLU()
    >>> report = []
    >>> model = faltung.torch.replace(torch.nn.Sequential(*layers).eval(), report=report)
    >>> print(*report, sep="\\n")
    0: Conv2d by Faltung
    1: folded into 0
    2: applied by 0
    """
    report = [] if report is None else report
    new = copy.deepcopy(model)
    if _is_convolution(new):
        report.append(f"{type(new).__name__} by Faltung")
        return _module_of(new)
    _swap(new, report)
    if new.training:
        report.append("nothing is folded in training mode")
        return new
    try:
        graph = _Graph(new, report)
    except Exception as error:  # whatever a model does that cannot be traced
        report.append(f"nothing is folded, torch.fx cannot trace the model: {error}")
        return new
    with torch.no_grad():
        return graph.fold()
