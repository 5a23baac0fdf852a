# SPDX-License-Identifier: Apache-2.0
"""Convolutions of a traced PyTorch model that follow each other, in one call."""

import copy

import torch
import torch.fx
from torch.nn.modules import module as _hooks

from . import _faltung
from ._arrays import given, returned


def without_gaps(tensor):
    """A tensor in one of the layouts that results have."""
    last = {4: torch.channels_last, 5: torch.channels_last_3d}.get(tensor.dim())
    if last is not None and tensor.is_contiguous(memory_format=last):
        return tensor
    return tensor.contiguous()


class Chain(torch.nn.Module):
    """Modules of `faltung.torch`, each of which reads inputs of the chain or results of those
    before it: step i is (input, residual or -1), by numbers of values, which are the inputs and
    then the results. The result is the last one's.

    Their plans run in one call of the extension module, where nothing is recorded and nobody
    listens; else one module is called after the other.
    """

    def __init__(self, members, steps, inputs):
        super().__init__()
        self._members = tuple(members)  # which are children of others
        self._steps = tuple(steps)
        self._residuals = {r for _, r in steps if 0 <= r < inputs}

    def __getstate__(self):
        """Plans are made anew where a module is copied or loaded."""
        state = dict(self.__dict__)
        state.pop("_kept", None)
        return state

    def _is_plain(self, inputs):
        if not all(type(x) is torch.Tensor and x.device.type == "cpu" for x in inputs):
            return False
        if torch.is_grad_enabled() and any(m._is_recorded(*inputs) for m in self._members):
            return False
        return not _hooks._has_any_global_hook()

    def _key(self, inputs):
        """What the chain was made for; None: somebody listens to a member, or it keeps no plan.
        From the members' dictionaries, since all is cold behind the layers of a network."""
        key = [(x.shape, x.stride(), x.dtype) for x in inputs]
        for member in self._members:
            own = member.__dict__
            heard = own["_forward_hooks"] or own["_forward_pre_hooks"] or "forward" in own
            if heard or not member.keeps_plan:
                return None
            key.append(member._state_key())
        return key

    def _call_each(self, inputs):
        values = list(inputs)
        for member, (i, r) in zip(self._members, self._steps):
            more = {} if r < 0 else {"residual": values[r]}
            values.append(member(values[i], **more))
        return values[-1]

    def _make(self, inputs):
        """The chain for inputs like these; None: the library adds no such residual."""
        values, steps = list(inputs), []
        for member, (i, r) in zip(self._members, self._steps):
            residual = None if r < 0 else values[r]
            if residual is not None and not member._fits(values[i], residual):
                return None
            plan = member._plan(values[i], {})
            values.append(plan(values[i], residual=residual))
            steps.append((plan._plan, i, r))
        return _faltung.Chain(len(inputs), tuple(steps))

    def forward(self, *inputs):
        if not self._is_plain(inputs):
            return self._call_each(inputs)
        inputs = tuple(given(x) for x in inputs)
        if any(without_gaps(inputs[i]) is not inputs[i] for i in self._residuals):
            return self._call_each(inputs)
        key = self._key(inputs)
        kept = self.__dict__.get("_kept")
        if key is not None and (kept is None or kept[0] != key):
            kept = self.__dict__["_kept"] = (key, self._make(inputs))
        if key is None or kept[1] is None:
            return self._call_each(inputs)
        return returned(kept[1].run(inputs), inputs[0])


class Chained(torch.nn.Module):
    """A traced model, of which chains are called: its children are those that it was traced with,
    `graph` and `code` are `torch.fx`'s of what is called. Once one of its modules has been replaced
    by another, all are called one by one."""

    def __init__(self, traced, chained, chains):
        super().__init__()
        for name, child in traced.named_children():
            self.add_module(name, child)
        self.training = traced.training
        self.__dict__.update(chains)  # no children: what they call is
        self.__dict__["_models"] = chained, traced
        self._find_links()

    def _find_links(self):
        """Which child of whom is which module, for all on the way to one that is called."""
        links = {}
        for model in self._models:
            for node in model.graph.nodes:
                names = node.target.split(".") if node.op == "call_module" else ()
                owner = self
                for name in names if names and names[0] in self._modules else ():
                    links[id(owner), name] = owner._modules, name, owner._modules[name]
                    owner = owner._modules[name]
        self.__dict__["_links"] = tuple(links.values())

    def __getstate__(self):
        state = dict(self.__dict__)
        state.pop("_links", None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        self._find_links()

    @property
    def _called(self):
        chained, traced = self._models
        same = all(children.get(name) is child for children, name, child in self._links)
        if not same:  # for good: what was replaced may come back in another state
            self.__dict__["_models"] = traced, traced
        return chained if same else traced

    @property
    def graph(self):
        return self._called.graph

    @property
    def code(self):
        return self._called.code

    def forward(self, *arguments, **more):
        return type(self._called).forward(self, *arguments, **more)


def _runs(graph, is_member):
    """Nodes that are members one behind the other, at least two."""
    run = []
    for node in [*graph.nodes, None]:
        if node is not None and is_member(node):
            run.append(node)
            continue
        if len(run) > 1:
            yield run
        run = []


def _closed(run):
    """The longest parts of a run of which only the last node is used elsewhere."""
    begin = 0
    while begin < len(run):
        end = len(run)
        while any(set(node.users) - set(run[begin:end]) for node in run[begin : end - 1]):
            end -= 1
        if end - begin > 1:
            yield run[begin:end]
        begin = end


def _operands(node):
    return [*node.args, *node.kwargs.values()]


def _link(traced, graph, nodes, name):
    """Replaces nodes by one call of a chain, which becomes a module of that name."""
    inputs = [x for node in nodes for x in _operands(node) if x not in nodes]
    inputs = list(dict.fromkeys(inputs))
    place = {value: i for i, value in enumerate([*inputs, *nodes])}
    steps = [(place[n.args[0]], place.get(n.kwargs.get("residual"), -1)) for n in nodes]
    members = [traced.get_submodule(node.target) for node in nodes]
    traced.add_submodule(name, Chain(members, steps, len(inputs)))
    with graph.inserting_after(nodes[-1]):
        call = graph.call_module(name, tuple(inputs))
    nodes[-1].replace_all_uses_with(call)
    for node in reversed(nodes):
        graph.erase_node(node)


def chain(traced, is_member, report):
    """A traced model with chains of the nodes that are members: calls of modules of
    `faltung.torch` with an input and, perhaps, a residual."""
    graph = copy.deepcopy(traced.graph)
    if any(node.op == "get_attr" for node in graph.nodes):
        report.append("nothing is chained, the model uses tensors of its own")
        return traced
    parts = [part for run in _runs(graph, is_member) for part in _closed(run)]
    if not parts:
        return traced
    names = [f"_chain_{i}" for i in range(len(parts))]
    for name, nodes in zip(names, parts):
        report.append(f"{nodes[0].target} to {nodes[-1].target}: {len(nodes)} in one call")
        _link(traced, graph, nodes, name)
    graph.lint()
    chained = torch.fx.GraphModule(traced, graph)
    chains = {name: traced.get_submodule(name) for name in names}
    for name in names:
        traced.delete_submodule(name)
    return Chained(traced, chained, chains)
