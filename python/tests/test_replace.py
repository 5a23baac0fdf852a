# SPDX-License-Identifier: Apache-2.0
"""Models that faltung.torch.replace made, beside what they were made from. Where PyTorch is not
installed the exit status is 77: skipped."""

import copy
import importlib.util
import pickle
import sys
import unittest

if importlib.util.find_spec("torch") is None:
    print("skipped: PyTorch is not installed")
    sys.exit(77)

import torch

import faltung.torch


class Block(torch.nn.Module):
    """What residual networks are made of."""

    def __init__(self, activation):
        super().__init__()
        self.first = torch.nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.norm = torch.nn.BatchNorm2d(6)
        self.activation = activation
        self.second = torch.nn.Conv2d(6, 6, 1)
        self.again = torch.nn.BatchNorm2d(6)

    def forward(self, x):
        y = self.activation(self.norm(self.first(x)))
        return self.activation(self.again(self.second(y)) + x)


class Whole(unittest.TestCase):
    def settle(self, model):
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
        return model.eval()

    def test_what_follows_is_folded(self):
        for activation in (
            torch.nn.ReLU(),
            torch.nn.ReLU6(),
            torch.nn.SiLU(),
            torch.nn.GELU(),
            torch.nn.Hardswish(),
            torch.nn.LeakyReLU(0.2),
            torch.nn.functional.relu,
            torch.sigmoid,
        ):
            model = self.settle(Block(activation))
            report = []
            new = faltung.torch.replace(model, report=report)
            x = torch.randn(2, 6, 7, 7)
            with torch.no_grad():
                torch.testing.assert_close(new(x), model(x), rtol=1e-4, atol=1e-5)
            self.assertIn("norm: folded into first", report)
            self.assertIn("second: adds its residual itself", report)
            left = [node for node in new.graph.nodes if node.op.startswith("call")]
            self.assertEqual(len(left), 1)  # a chain of both

    def network(self):
        """Blocks that make two chains, the second of which adds what lies outside of it."""
        blocks = [Block(torch.nn.ReLU6()) for _ in range(3)]
        layers = blocks[0], blocks[1], torch.nn.MaxPool2d(2), blocks[2]
        return self.settle(torch.nn.Sequential(*layers))

    def assert_same(self, new, model, x):
        with torch.no_grad():
            for _ in range(2):
                torch.testing.assert_close(new(x), model(x), rtol=1e-4, atol=1e-5)

    def test_convolutions_that_follow_each_other_are_one_call(self):
        model, report = self.network(), []
        new = faltung.torch.replace(model, report=report)
        self.assertIn("0.first to 1.second: 4 in one call", report)
        self.assertIn("3.first to 3.second: 2 in one call", report)
        chain = new._chain_0
        last = torch.channels_last
        for shape in (2, 6, 8, 9), (1, 6, 20, 21), (6, 8, 8), (0, 6, 4, 4):
            for layout in (torch.contiguous_format, last):
                x = torch.randn(shape)
                x = x.to(memory_format=layout) if x.dim() == 4 else x
                if x.dim() == 4:  # as batch norm wants it
                    self.assert_same(new, model, x)
                with torch.no_grad():
                    each = chain._call_each([x])
                    self.assertTrue(torch.equal(chain(x), each))
                    self.assertEqual(chain(x).stride(), each.stride())
        self.assert_same(new, model, torch.randn(2, 6, 9, 8).transpose(2, 3))
        self.assert_same(new, model, torch.randn(2, 6, 9, 16)[..., ::2])
        with self.assertRaisesRegex(RuntimeError, "expected input"), torch.no_grad():
            new(torch.randn(2, 5, 9, 9))

    def test_a_chain_follows_its_modules(self):
        new = faltung.torch.replace(self.network())
        x = torch.randn(2, 6, 8, 8)
        plain = faltung.torch.replace(self.network())
        self.assertEqual(list(new.state_dict()), list(plain.state_dict()))
        self.assert_same(new, new, x)
        new.load_state_dict(plain.state_dict())
        self.assert_same(new, plain, x)
        layer = getattr(new, "1").second
        with torch.no_grad():
            for change in (
                lambda: layer.weight.mul_(2),
                lambda: setattr(layer, "bias", None),
                lambda: setattr(layer, "weight", torch.nn.Parameter(torch.randn(6, 6, 1, 1))),
                lambda: setattr(layer, "activation", None),
            ):
                before = new(x)
                change()
                self.assertFalse(torch.equal(new(x), before))
                each = new._chain_0._call_each([x])
                self.assertTrue(torch.equal(new._chain_0(x), each))
        for other in copy.deepcopy(new), pickle.loads(pickle.dumps(new)):
            self.assert_same(other, new, x)
            with torch.no_grad():
                getattr(other, "1").second.weight.mul_(3)
                self.assertFalse(torch.equal(other(x), new(x)))
            self.assertEqual(list(other.state_dict()), list(new.state_dict()))
        wide = copy.deepcopy(new).double()
        with torch.no_grad():
            torch.testing.assert_close(wide(x.double()).float(), new(x), rtol=1e-4, atol=1e-5)

    def test_a_chain_records_and_is_listened_to(self):
        model = self.network()
        new, x = faltung.torch.replace(model), torch.randn(2, 6, 8, 8, requires_grad=True)
        new(x).sum().backward()
        got, x.grad = x.grad, None
        model(x).sum().backward()
        torch.testing.assert_close(got, x.grad, rtol=1e-4, atol=1e-5)
        heard = []
        with torch.no_grad():
            new(x.detach())
            hook = getattr(new, "0").first.register_forward_hook(lambda *all: heard.append(all))
            new(x.detach())
            hook.remove()
            new(x.detach())
        self.assertEqual(len(heard), 1)

    def test_a_module_that_replaces_another_is_called(self):
        model = self.network()
        x = torch.randn(2, 6, 8, 8)
        for path in ("2", "0", "1.second"):
            new = faltung.torch.replace(model)
            self.assert_same(new, model, x)
            owner, _, name = path.rpartition(".")
            if path != "2":
                other = getattr(faltung.torch.replace(self.network()), "0")
                other = other.second if path == "1.second" else other
            else:
                other = torch.nn.Identity()
            before = new.state_dict().keys()
            for copied in new, copy.deepcopy(new):
                with torch.no_grad():
                    old = copied(x)
                    setattr(copied.get_submodule(owner), name, other)
                    changed = copied(x)
                self.assertFalse(changed.shape == old.shape and torch.equal(changed, old), path)
                self.assertEqual(copied.state_dict().keys(), before)

    def test_a_chain_calls_what_would_be_missed(self):
        class Double(torch.nn.Module):
            def forward(self, weight):
                return 2 * weight

        x = torch.randn(2, 6, 8, 8)
        new = faltung.torch.replace(self.network())
        chain, layer = new._chain_0, getattr(new, "0").second
        with torch.no_grad():
            expected = new(x)
            layer.forward = lambda *all, **more: type(layer).forward(layer, *all, **more) + 1
            self.assertFalse(torch.equal(new(x), expected))
            del layer.forward
            self.assertTrue(torch.equal(new(x), expected))
            layer.keeps_plan = False
            new(x)
            layer.weight.data.mul_(2)
            self.assertTrue(torch.equal(chain(x), chain._call_each([x])))
            self.assertFalse(torch.equal(new(x), expected))
            torch.nn.utils.parametrize.register_parametrization(layer, "weight", Double())
            before = new(x)
            for _ in range(20):
                layer.parametrizations.weight.original.mul_(1.1)
                after = new(x)
                self.assertFalse(torch.equal(before, after))
                before = after

    def test_a_replaced_model_may_be_a_part_of_another(self):
        inner, report = faltung.torch.replace(self.network()), []
        outer = torch.nn.Sequential(inner, torch.nn.Conv2d(6, 3, 1)).eval()
        new, x = faltung.torch.replace(outer, report=report), torch.randn(1, 6, 8, 8)
        self.assertFalse(any("nothing is folded" in line for line in report), report)
        self.assert_same(new, outer, x)

    def test_a_residual_of_another_shape_is_added(self):
        class Spread(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = torch.nn.Conv2d(3, 3, 1), torch.nn.Conv2d(3, 3, 1)

            def forward(self, x, y):
                return self.second(self.first(x)) + y

        model = Spread().eval()
        new = faltung.torch.replace(model)
        x = torch.randn(2, 3, 4, 5)
        with torch.no_grad():
            for y in x, x[:1], x[:, :, :1], x.transpose(0, 1).contiguous().transpose(0, 1):
                for _ in range(2):
                    torch.testing.assert_close(new(x, y), model(x, y), rtol=1e-4, atol=1e-5)

    def test_maxima_are_the_same(self):
        for options in ({"kernel_size": 3, "stride": 2, "padding": 1}, {"kernel_size": 2}):
            layers = torch.nn.Conv2d(3, 16, 3), torch.nn.MaxPool2d(**options), torch.nn.ReLU()
            model = torch.nn.Sequential(*layers).eval()
            report = []
            new = faltung.torch.replace(model, report=report)
            self.assertIn("1: MaxPool2d with channels last", report)
            pool = getattr(new, "1")
            x = torch.randn(3, 16, 13, 12)
            x[0, 3, 4, 5] = torch.nan
            for input in (x, x[:1], x[0], x[:, :3], x.transpose(2, 3), x[:0]):
                expected = layers[1](input)
                self.assertTrue(torch.equal(pool(input).nan_to_num(), expected.nan_to_num()))
                self.assertTrue(torch.equal(pool(input).isnan(), expected.isnan()))
                self.assertEqual(pool(input).stride(), expected.stride())
            with torch.no_grad():
                torch.testing.assert_close(new(x[:, :3]), model(x[:, :3]), equal_nan=True)
        model = torch.nn.Sequential(torch.nn.MaxPool2d(2, return_indices=True)).eval()
        self.assertIs(type(getattr(faltung.torch.replace(model), "0")), torch.nn.MaxPool2d)

    def test_averages_are_the_same(self):
        pool = torch.nn.functional.adaptive_avg_pool2d

        class Called(torch.nn.Module):
            def __init__(self, call):
                super().__init__()
                self.call = call

            def forward(self, x):
                return self.call(x)

        for model in (
            torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1)),
            Called(lambda x: pool(x, (1, 1))),
            Called(lambda x: pool(x, output_size=1)),
            Called(lambda x: pool(input=x, output_size=[1, 1])),
        ):
            report = []
            new = faltung.torch.replace(model.eval(), report=report)
            self.assertIn("by the calling thread", report[0])
            # Of few, many and too many numbers, and of planes that are larger than what is few.
            for n, channels, edge in (2, 3, 4), (1, 1280, 7), (8, 1280, 7), (1, 2, 200):
                x = torch.randn(n, channels, edge, edge)
                self.assertTrue(torch.equal(new(x), model(x)), x.shape)
            x = torch.randn(3, 9, 9)
            self.assertTrue(torch.equal(new(x), model(x)))
            for x in (x.transpose(1, 2), torch.randn(1, 3000, 5, 5).transpose(2, 3)):
                self.assertTrue(torch.equal(new(x), model(x)))
        x = torch.zeros(1, 2, 0, 3)
        torch.testing.assert_close(new(x), model(x), equal_nan=True)
        for model in (
            torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(7)).eval(),
            torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1)),  # which trains
        ):
            new = getattr(faltung.torch.replace(model), "0")
            self.assertIs(type(new), torch.nn.AdaptiveAvgPool2d)
        model = Called(lambda x: pool(x, 7)).eval()
        x = torch.randn(1, 1280, 14, 14)
        self.assertTrue(torch.equal(faltung.torch.replace(model)(x), model(x)))

    def test_linear_layers_are_the_same(self):
        for bias in (True, False):
            model = torch.nn.Sequential(torch.nn.Linear(70, 33, bias=bias), torch.nn.ReLU()).eval()
            report = []
            new = faltung.torch.replace(model, report=report)
            self.assertEqual(report, ["0: Linear by Faltung, one row at a time"])
            self.assertTrue(getattr(new, "0").keeps_plan)
            for shape in ((1, 70), (5, 70), (0, 70), (70,), (2, 3, 70), (1, 1, 70)):
                x = torch.randn(shape)
                with torch.no_grad():
                    for _ in range(2):
                        torch.testing.assert_close(new(x), model(x))
            x = torch.randn(1, 70, requires_grad=True)
            new(x).sum().backward()
            got, x.grad = x.grad, None
            model(x).sum().backward()
            torch.testing.assert_close(got, x.grad)
        with torch.no_grad():
            getattr(new, "0").weight.mul_(2)
            torch.testing.assert_close(new(x), 2 * model(x))
        for rows in (1, 5):
            with self.assertRaisesRegex(RuntimeError, "cannot be multiplied"), torch.no_grad():
                new(torch.randn(rows, 71))
        with self.assertRaisesRegex(RuntimeError, "dtype"), torch.no_grad():
            new(torch.randn(1, 70).double())
        model.train()
        self.assertIs(type(getattr(faltung.torch.replace(model), "0")), torch.nn.Linear)

    def test_the_old_model_is_left_as_it_is(self):
        model = self.settle(Block(torch.nn.ReLU()))
        before = {name: value.clone() for name, value in model.state_dict().items()}
        faltung.torch.replace(model)
        self.assertIs(type(model.first), torch.nn.Conv2d)
        for name, value in model.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)

    def test_what_is_left_alone_is_said(self):
        class Branching(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Conv2d(1, 1, 1)

            def forward(self, x):
                return self.layer(x) if x.sum() > 0 else x

        report = []
        model = faltung.torch.replace(Branching().eval(), report=report)
        self.assertIs(type(model.layer), faltung.torch.Conv2d)
        self.assertTrue(any("cannot trace" in line for line in report))

    def test_what_is_written_in_place_keeps_its_order(self):
        class Rewriting(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Conv2d(2, 2, 1)

            def forward(self, x):
                x = x.clone()
                y = self.layer(x)
                z = torch.nn.functional.relu(x, inplace=True)
                return y + z

        model, x = Rewriting().eval(), torch.randn(1, 2, 5, 5)
        report = []
        new = faltung.torch.replace(model, report=report)
        with torch.no_grad():
            torch.testing.assert_close(new(x), model(x), rtol=1e-5, atol=1e-6)
        self.assertIn("layer: something in place lies before its residual", report)

    def test_a_batch_norm_in_training_mode_stays(self):
        model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 1), torch.nn.BatchNorm2d(3)).eval()
        model[1].train()
        report = []
        new = faltung.torch.replace(model, report=report)
        x = torch.randn(4, 2, 5, 5)
        with torch.no_grad():
            torch.testing.assert_close(new(x), model(x), rtol=1e-4, atol=1e-5)
        self.assertIn("1: a batch norm of the batch's own statistics stays", report)

    def test_a_module_that_is_shared_is_not_folded_into(self):
        layer = torch.nn.Conv2d(2, 2, 1)
        model = torch.nn.Sequential(layer, torch.nn.ReLU(), layer).eval()
        x = torch.randn(1, 2, 3, 3)
        new = faltung.torch.replace(model)
        with torch.no_grad():
            torch.testing.assert_close(new(x), model(x), rtol=1e-5, atol=1e-6)


if __name__ == "__main__":
    unittest.main()
