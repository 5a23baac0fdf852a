# SPDX-License-Identifier: Apache-2.0
"""Plans in one call, beside the same plans one by one."""

import threading
import unittest

import faltung
from faltung import _faltung


class Chains(unittest.TestCase):
    """Three plans: the second one adds the chain's second input, the third one the first result."""

    def setUp(self):
        x, y, *weights = faltung.randn(
            (2, 3, 9, 8), (2, 4, 9, 8), (4, 3, 3, 3), (4, 4, 1, 1), (4, 4, 3, 3), seed=1
        )
        self.inputs, values = (x, y), [x]
        self.plans = []
        for weight in weights:
            padding = memoryview(weight).shape[2] // 2
            plan = faltung.Plan("conv2d", values[-1], weight, padding=padding, activation="relu")
            residual = (None, y, values[1 % len(values)])[len(self.plans)]
            values.append(plan(values[-1], residual=residual))
            self.plans.append(plan._plan)
        self.expected = bytes(values[-1])

    def make(self, *places):
        return _faltung.Chain(2, tuple(zip(self.plans, *zip(*places))))

    def chain(self):
        return self.make((0, -1), (2, 1), (3, 2))

    def test_bytes_are_those_of_each_plan(self):
        chain = self.chain()
        for _ in range(3):
            result = chain.run(self.inputs)
            self.assertEqual(result.shape, (2, 4, 9, 8))
            self.assertEqual(bytes(result), self.expected)

    def test_the_plans_live_as_long_as_the_chain(self):
        chain = self.chain()
        self.plans.clear()
        self.assertEqual(bytes(chain.run(self.inputs)), self.expected)

    def test_results_that_nobody_reads_are_given_back(self):
        chain = self.make((0, -1), (2, -1), (2, 2))
        results = {bytes(chain.run(self.inputs)) for _ in range(3)}
        self.assertEqual(len(results), 1)

    def test_threads_share_a_chain(self):
        chain, results = self.chain(), []

        def run():
            for _ in range(20):
                results.append(bytes(chain.run(self.inputs)))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(results), {self.expected})
        self.assertEqual(len(results), 80)

    def test_what_does_not_fit_is_refused(self):
        chain = self.chain()
        x, y = self.inputs
        for inputs, error, words in (
            ((x,), TypeError, "2 inputs"),
            ([x, y], TypeError, "2 inputs"),
            ((x, 7), TypeError, "must be Tensor, not int"),
            ((y, y), RuntimeError, "expected|planned|shape|input"),
            ((x, x), RuntimeError, "residual"),
        ):
            with self.assertRaisesRegex(error, words):
                chain.run(inputs)
        self.assertEqual(bytes(chain.run(self.inputs)), self.expected)

    def test_a_chain_that_is_none_is_refused(self):
        plan = self.plans[0]
        x, y = self.inputs
        gradient = faltung.Plan("conv2d_weight", x, y, output_size=(3, 3), padding=1)._plan
        for inputs, steps, error, words in (
            (0, ((plan, 0, -1),), ValueError, "inputs"),
            (1, (), ValueError, "steps"),
            (1, [(plan, 0, -1)], ValueError, "steps"),
            (1, (plan,), TypeError, "tuple"),
            (10001, ((plan, 0, -1),), ValueError, "10000"),
            (1, ((plan, 0),), TypeError, "arguments"),
            (1, ((plan, "x", -1),), TypeError, "int"),
            (1, (("x", 0, -1),), TypeError, "not a plan"),
            (1, ((plan, 1, -1),), ValueError, "step 0"),
            (1, ((plan, -1, -1),), ValueError, "step 0"),
            (1, ((plan, 0, -1), (plan, 1, 2)), ValueError, "step 1"),
            (1, ((plan, 0, -2),), ValueError, "step 0"),
            (2, ((gradient, 0, -1),), ValueError, "gradients"),
        ):
            with self.assertRaisesRegex(error, words):
                _faltung.Chain(inputs, steps)


if __name__ == "__main__":
    unittest.main()
