# SPDX-License-Identifier: Apache-2.0
"""faltung.torch beside PyTorch. Where PyTorch is not installed the exit status is 77: skipped."""

import copy
import doctest
import importlib.util
import io
import pickle
import sys
import threading
import unittest

if importlib.util.find_spec("torch") is None:
    print("skipped: PyTorch is not installed")
    sys.exit(77)

import torch

import faltung
import faltung.torch

NAMES = [f"{kind}{axes}d" for kind in ("conv", "conv_transpose") for axes in (1, 2, 3)]


def axes_of(name):
    return int(name[-2])


class Tensors(unittest.TestCase):
    def test_torch_gives_torch(self):
        x, w = torch.randn(2, 3, 8, 8), torch.randn(4, 3, 3, 3)
        y = faltung.conv2d(x, w, padding=1)
        self.assertIs(type(y), torch.Tensor)
        expected = torch.nn.functional.conv2d(x, w, padding=1)
        torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-5)

    def test_layouts_are_taken_as_they_are(self):
        x, w = torch.randn(2, 3, 8, 8), torch.randn(4, 3, 3, 3)
        last = x.to(memory_format=torch.channels_last)
        self.assertTrue(torch.equal(faltung.conv2d(last, w), faltung.conv2d(x, w)))

    def test_marked_views_are_computed_first(self):
        class Other(torch.Tensor):
            pass

        x, w = torch.randn(1, 2, 8, dtype=torch.complex64), torch.randn(3, 2, 3, dtype=torch.complex64)
        for view in (x.conj(), x.conj().as_subclass(Other)):
            self.assertTrue(torch.equal(faltung.conv1d(view, w), faltung.conv1d(view.resolve_conj(), w)))
        minus = x.conj().imag
        self.assertTrue(minus.is_neg())
        self.assertTrue(torch.equal(faltung.conv1d(minus, w.real), faltung.conv1d(-x.imag, w.real)))
        out = torch.empty(1, 3, 6, dtype=torch.complex64)
        for view in (out.conj(), torch.empty(1, 3, 6, dtype=torch.complex64).conj().imag):
            with self.assertRaisesRegex(RuntimeError, "out is a conjugated or negated view"):
                faltung.conv1d(x, w, out=view)
        with self.assertRaisesRegex(RuntimeError, "don't support automatic differentiation"):
            faltung.conv1d(x, w, out=out.requires_grad_())

    def test_tensors_without_memory_are_refused(self):
        x, w = torch.randn(1, 2, 8), torch.randn(2, 2, 3)
        with self.assertRaisesRegex(BufferError, "layout"):
            faltung.conv1d(x.to_sparse(), w)
        with self.assertRaisesRegex(ValueError, "meta"):
            faltung.conv1d(x.to("meta"), w)

    def test_bfloat16_and_half(self):
        for dtype in (torch.bfloat16, torch.float16):
            x, w = torch.randn(1, 8, 9, 9).to(dtype), torch.randn(8, 8, 3, 3).to(dtype)
            y = faltung.conv2d(x, w)
            self.assertEqual(y.dtype, dtype)
            exact = torch.nn.functional.conv2d(x.double(), w.double())
            torch.testing.assert_close(y.double(), exact, rtol=torch.finfo(dtype).eps, atol=1e-3)

    def test_blocks_are_those_of_pytorch(self):
        x = torch.randn(2, 3, 9, 8)
        options = {"dilation": 2, "padding": 1, "stride": (2, 1)}
        columns = faltung.unfold(x, (3, 2), **options)
        self.assertTrue(torch.equal(columns, torch.nn.functional.unfold(x, (3, 2), **options)))
        expected = torch.nn.functional.fold(columns, (9, 8), (3, 2), **options)
        torch.testing.assert_close(faltung.fold(columns, (9, 8), (3, 2), **options), expected)

    def test_gradients_are_not_lost(self):
        x, w = torch.randn(1, 1, 5, 5), torch.randn(1, 1, 3, 3, requires_grad=True)
        with self.assertRaisesRegex(RuntimeError, "do not record gradients"):
            faltung.conv2d(x, w)
        with torch.no_grad():
            self.assertFalse(faltung.conv2d(x, w).requires_grad)

    def test_the_same_random_numbers(self):
        torch.manual_seed(14)
        expected = torch.randn(16, 3, 16, 16)
        self.assertTrue(torch.equal(torch.from_dlpack(faltung.randn((16, 3, 16, 16), seed=14)), expected))

    def test_pytorchs_error_types_and_words(self):
        x, w, b = torch.randn(2, 3, 8, 8), torch.randn(4, 3, 3, 3), torch.randn(4)
        for arguments, options in (
            ((x, w), {"stride": 0}),
            ((x, w), {"stride": (1, 2, 3)}),
            ((x, w), {"padding": -1}),
            ((x, w), {"padding": "sane"}),
            ((x, w), {"padding": "same", "stride": 2}),
            ((x, w), {"groups": 2}),
            ((x, w), {"groups": 0}),
            ((x, w, b.double()), {}),
            ((x[0, 0], w), {}),
            ((x, w[:, :2]), {}),
            ((x, w, torch.randn(5)), {}),
            ((x[:, :, :2, :2], w), {}),
        ):
            with self.assertRaises(Exception) as theirs:
                torch.nn.functional.conv2d(*arguments, **options)
            with self.assertRaises(type(theirs.exception)) as ours:
                faltung.conv2d(*arguments, **options)
            self.assertIn(str(theirs.exception), str(ours.exception))


class Functions(unittest.TestCase):
    def test_gradients_are_those_of_differences(self):
        torch.manual_seed(1)
        for name in NAMES:
            axes, transposed = axes_of(name), "transpose" in name
            x = torch.randn((2, 4) + (5,) * axes, dtype=torch.float64, requires_grad=True)
            w = torch.randn((4, 2) + (3,) * axes, dtype=torch.float64, requires_grad=True)
            b = torch.randn(4, dtype=torch.float64, requires_grad=True)
            options = {"stride": 2, "padding": 1, "groups": 2}
            if transposed:
                options["output_padding"] = 1
            function = getattr(faltung.torch, name)
            self.assertTrue(
                torch.autograd.gradcheck(lambda *all: function(*all, **options), (x, w, b)), name
            )

    def test_unbatched_and_by_rule(self):
        x = torch.randn(3, 8, 9, dtype=torch.float64, requires_grad=True)
        w = torch.randn(4, 3, 2, 3, dtype=torch.float64, requires_grad=True)
        self.assertTrue(
            torch.autograd.gradcheck(
                lambda x, w: faltung.torch.conv2d(x, w, padding="same"), (x, w)
            )
        )


class Modules(unittest.TestCase):
    def pair(self, name, *arguments, **options):
        ours = getattr(faltung.torch, name)(*arguments, **options)
        theirs = getattr(torch.nn, name)(*arguments, **options)
        theirs.load_state_dict(ours.state_dict())
        return ours, theirs

    def test_modules_agree_with_and_without_gradients(self):
        for name in ("Conv1d", "Conv2d", "Conv3d"):
            for options in (
                {},
                {"padding": 1, "stride": 2},
                {"padding": "same", "padding_mode": "reflect"},
                {"padding": 2, "dilation": 2, "groups": 2, "bias": False},
            ):
                ours, theirs = self.pair(name, 4, 6, 3, **options)
                x = torch.randn((2, 4) + (8,) * int(name[-2]))
                self.assert_agree(ours, theirs, x)
        for name in ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"):
            ours, theirs = self.pair(name, 4, 6, 3, stride=2, padding=1, output_padding=1)
            x = torch.randn((2, 4) + (5,) * int(name[-2]))
            self.assert_agree(ours, theirs, x)
            size = theirs(x).shape[2:]
            torch.testing.assert_close(ours(x, size), theirs(x, size), rtol=1e-4, atol=1e-5)

    def assert_agree(self, ours, theirs, x):
        expected = theirs(x)
        torch.testing.assert_close(ours(x), expected, rtol=1e-4, atol=1e-5)
        with torch.no_grad():
            for _ in range(2):  # by a plan that is made, and by one that is kept
                torch.testing.assert_close(ours(x), expected, rtol=1e-4, atol=1e-5)

    def test_modules_follow_their_parameters(self):
        layer = faltung.torch.Conv1d(1, 1, 1)
        kept = copy.deepcopy(layer)
        self.assertTrue(faltung.torch.replace(torch.nn.Conv1d(1, 1, 1).eval()).keeps_plan)
        self.assertFalse(faltung.torch.replace(torch.nn.Conv1d(1, 1, 1)).keeps_plan)
        kept.keeps_plan = True
        x = torch.randn(1, 1, 4)
        with torch.no_grad():
            for module in (layer, kept):
                before = module(x)
                module.weight.mul_(2)
                module.bias.mul_(2)
                torch.testing.assert_close(module(x), 2 * before)
                self.assertEqual(module(torch.randn(2, 1, 7)).shape, (2, 1, 7))
            before = layer(x)
            layer.weight.data.mul_(2)  # which no version counts
            layer.bias.data.mul_(2)
            torch.testing.assert_close(layer(x), 2 * before)

    def test_a_weight_that_a_hook_computes_is_followed(self):
        with torch.no_grad():
            layer = torch.nn.utils.weight_norm(torch.nn.Conv1d(2, 3, 3)).eval()
            kept = faltung.torch.replace(layer)
            x = torch.randn(1, 2, 5)
            for factor in (1, 2, 3):
                for module in (layer, kept):
                    module.weight_g.mul_(factor)
                torch.testing.assert_close(kept(x), layer(x))

    def test_a_kept_plan_follows_the_size_that_is_asked_for(self):
        layer = torch.nn.ConvTranspose1d(2, 3, 3, stride=2).eval()
        kept = faltung.torch.replace(layer)
        x = torch.randn(1, 2, 5)
        with torch.no_grad():
            for size in (11, 12, 11):
                torch.testing.assert_close(kept(x, [size]), layer(x, [size]))

    def test_residuals_of_any_kind_are_added(self):
        layer = faltung.torch.Conv2d(3, 4, 3, padding="same", padding_mode="reflect")
        layer.activation = "relu"
        x = torch.randn(2, 3, 6, 7)
        with torch.no_grad():
            y = torch.nn.functional.conv2d(
                torch.nn.functional.pad(x, (1, 1, 1, 1), mode="reflect"), layer.weight, layer.bias
            )
            for residual in (
                torch.randn(2, 4, 6, 7),
                torch.randn(2, 4, 6, 7).to(memory_format=torch.channels_last),
                torch.randn(4, 1, 1),
                torch.randn(3, 2, 4, 6, 7),
                torch.randn(2, 4, 6, 7, dtype=torch.float64),
                2,
            ):
                torch.testing.assert_close(
                    layer(x, residual), torch.relu(y + residual), rtol=1e-4, atol=1e-5
                )
        residual = torch.randn(2, 4, 6, 7, requires_grad=True)
        layer.requires_grad_(False)
        layer(x, residual).sum().backward()
        self.assertIsNotNone(residual.grad)

    def test_modules_are_copied_pickled_and_saved(self):
        layer = faltung.torch.Conv2d(3, 4, 3, padding=1)
        x = torch.randn(1, 3, 6, 6)
        with torch.no_grad():
            expected = layer(x)
            file = io.BytesIO()
            torch.save(layer.state_dict(), file)
            file.seek(0)
            loaded = faltung.torch.Conv2d(3, 4, 3, padding=1)
            loaded.load_state_dict(torch.load(file))
            for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), loaded):
                self.assertTrue(torch.equal(other(x), expected))

    def test_threads_share_a_module(self):
        layer = faltung.torch.Conv2d(8, 8, 3)
        x = torch.randn(1, 8, 20, 20)
        results = [None] * 4

        def run(i):
            with torch.no_grad():
                results[i] = layer(x)

        workers = [threading.Thread(target=run, args=(i,)) for i in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertTrue(all(torch.equal(result, results[0]) for result in results))

    def test_modules_work_in_forked_workers(self):
        layer = faltung.torch.replace(torch.nn.Conv2d(16, 16, 3, padding=1).eval())
        images = torch.randn(6, 1, 16, 56, 56)

        class Convolved(torch.utils.data.Dataset):
            def __len__(self):
                return len(images)

            def __getitem__(self, index):
                with torch.no_grad():
                    return layer(images[index])

        with torch.no_grad():
            expected = [layer(image) for image in images]  # which starts this process's threads
        loader = torch.utils.data.DataLoader(
            Convolved(), batch_size=None, num_workers=2, multiprocessing_context="fork"
        )
        for got, wanted in zip(loader, expected, strict=True):
            self.assertTrue(torch.equal(got, wanted))

    def test_a_network_trains_as_pytorchs_does(self):
        torch.manual_seed(2)
        theirs = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.Conv2d(8, 8, 3, stride=2, groups=2),
            torch.nn.ReLU(),
            torch.nn.Flatten(),
            torch.nn.Linear(8 * 16, 5),
        )
        ours = faltung.torch.replace(theirs)
        x, target = torch.randn(16, 3, 10, 10), torch.randint(5, (16,))
        losses = [self.train(model, x, target) for model in (ours, theirs)]
        torch.testing.assert_close(losses[0], losses[1], rtol=1e-3, atol=1e-4)
        self.assertLess(losses[0][-1], losses[0][0])

    def train(self, model, x, target):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        losses = []
        for _ in range(10):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses)


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
            self.assertEqual(len(left), 2)

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
        class Called(torch.nn.Module):
            def forward(self, x):
                return torch.nn.functional.adaptive_avg_pool2d(x, (1, 1))

        for model in (torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1)), Called()):
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
        model = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(7)).eval()
        self.assertIs(type(getattr(faltung.torch.replace(model), "0")), torch.nn.AdaptiveAvgPool2d)

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


class Documentation(unittest.TestCase):
    def test_examples_run(self):
        for thing in (faltung.torch, faltung.torch.replace):
            for test in doctest.DocTestFinder().find(thing, module=False, globs={"faltung": faltung}):
                self.assertEqual(doctest.DocTestRunner(verbose=False).run(test).failed, 0)


if __name__ == "__main__":
    unittest.main()
