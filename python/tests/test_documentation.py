# SPDX-License-Identifier: Apache-2.0
"""The examples in the docstrings, and that everything has one."""

import ast
import doctest
import importlib.util
import inspect
import pathlib
import re
import unittest

import faltung


def runs(name):
    """Whether the examples of a name have all that they need."""
    needs = "matplotlib" if name.endswith("plot_padding") else "faltung"
    return importlib.util.find_spec(needs) is not None


class Documentation(unittest.TestCase):
    def test_examples_run(self):
        finder = doctest.DocTestFinder(exclude_empty=False)
        names = {name: getattr(faltung, name) for name in faltung.__all__} | {"faltung": faltung}
        for name in ["__doc__", *faltung.__all__]:
            thing = faltung if name == "__doc__" else getattr(faltung, name)
            examples = 0
            for test in finder.find(thing, name, module=False, globs=dict(names)):
                examples += len(test.examples)
                if runs(test.name):
                    result = doctest.DocTestRunner(verbose=False).run(test)
                    self.assertEqual(result.failed, 0, name)
            if inspect.isfunction(thing):
                self.assertGreater(examples, 0, f"{name} has no example")

    def test_everything_is_described(self):
        for name in faltung.__all__:
            text = inspect.getdoc(getattr(faltung, name))
            self.assertTrue(text, name)
            self.assertNotIn("{", text.replace("{'", ""), name)


class Readme(unittest.TestCase):
    @unittest.skipIf(importlib.util.find_spec("numpy") is None, "NumPy is not installed")
    def test_the_readme_says_what_happens(self):
        readme = pathlib.Path(__file__).parent.parent.parent / "README.md"
        shown = re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)
        self.assertTrue(shown)
        for text in shown:
            test = doctest.DocTestParser().get_doctest(text, {}, "README.md", str(readme), 0)
            self.assertEqual(doctest.DocTestRunner(verbose=False).run(test).failed, 0)


class Stubs(unittest.TestCase):
    """The stubs name what there is, with the parameters that it has."""

    def setUp(self):
        path = pathlib.Path(__file__).parent.parent / "faltung" / "__init__.pyi"
        self.tree = ast.parse(path.read_text())

    def test_every_name_has_a_stub(self):
        named = {
            node.name
            for node in self.tree.body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        }
        self.assertEqual({name for name in named if not name.startswith("_")}, set(faltung.__all__))

    def test_parameters_agree(self):
        for node in self.tree.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            parameters = inspect.signature(getattr(faltung, node.name)).parameters
            stub = [a.arg for a in [*node.args.args, *node.args.kwonlyargs]]
            if node.args.vararg:
                stub.insert(0, node.args.vararg.arg)
            if node.args.kwarg:
                stub.append(node.args.kwarg.arg)
            self.assertEqual(stub, list(parameters), node.name)


if __name__ == "__main__":
    unittest.main()
