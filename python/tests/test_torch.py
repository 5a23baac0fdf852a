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

    def test_results_lie_as_pytorchs_do(self):
        def sequence(names, axes):
            shape = (2, 4, 5, 6, 7)[: axes + 2]
            x, w = torch.randn(shape), torch.randn(4, 4, *(2,) * axes)
            formats = {2: torch.channels_last, 3: torch.channels_last_3d}
            last = formats.get(axes, torch.contiguous_format)
            xs = [x, x.contiguous(memory_format=last), x[0], x.contiguous(memory_format=last)[0]]
            if axes == 3:  # of one image PyTorch does not look at a weight of three axes
                xs = xs[:2]
            for name in names:
                for a in xs:
                    for b in (w, w.contiguous(memory_format=last)):
                        yield f"{name}{axes}d", a, b

        for axes in (1, 2, 3):
            for name, x, w in sequence(("conv", "conv_transpose"), axes):
                expected = getattr(torch.nn.functional, name)(x, w)
                with self.subTest(name=name, x=x.stride(), w=w.stride()):
                    got = getattr(faltung, name)(x, w)
                    plan = faltung.Plan(name, x, w)
                    self.assertEqual(got.stride(), expected.stride())
                    self.assertEqual(plan(x).stride(), expected.stride())
                    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)
                    self.assertTrue(torch.equal(got, plan(x)))
                    for residual in (expected, expected.contiguous()):
                        y = faltung.Plan(name, x, w)(x, residual=residual)
                        self.assertEqual(y.stride(), residual.stride())

    def test_models_keep_channels_last(self):
        class Block(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.a = torch.nn.Conv2d(8, 8, 3, padding=1)
                self.b = torch.nn.Conv2d(8, 8, 3, padding=1, groups=8)

            def forward(self, x):
                return torch.relu(self.b(torch.relu(self.a(x))) + x)

        last = torch.channels_last
        block = Block().eval().to(memory_format=last)
        x = torch.randn(1, 8, 9, 9)
        with torch.no_grad():
            model = faltung.torch.replace(block)
            y = model(x.contiguous(memory_format=last))
            self.assertTrue(y.is_contiguous(memory_format=last))
            torch.testing.assert_close(y, block(x), rtol=1e-4, atol=1e-5)
            self.assertTrue(torch.equal(model(x), y))

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


class Documentation(unittest.TestCase):
    def test_examples_run(self):
        for thing in (faltung.torch, faltung.torch.replace):
            for test in doctest.DocTestFinder().find(thing, module=False, globs={"faltung": faltung}):
                self.assertEqual(doctest.DocTestRunner(verbose=False).run(test).failed, 0)


if __name__ == "__main__":
    unittest.main()
