#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a notebook's cells from top to bottom, without Jupyter.

run-notebook.py FILE          fail unless every cell prints and shows what is stored with it
run-notebook.py --write FILE  store what they print and show

Figures of matplotlib are stored as they are, and not compared. Exits with 77 where NumPy or
matplotlib is not installed.
"""

import argparse
import ast
import base64
import contextlib
import io
import json
import sys


def split_last(source):
    """The statements of a cell, and the expression at its end whose value it shows, if any."""
    tree = ast.parse(source)
    shows = tree.body and isinstance(tree.body[-1], ast.Expr) and not source.endswith(";")
    return tree, ast.Expression(tree.body.pop().value) if shows else None


def lines(text):
    return text.splitlines(keepends=True)


def show(value):
    """What a notebook shows of the value of an expression."""
    data = {"text/plain": lines(repr(value))}
    if hasattr(value, "_repr_svg_"):
        data["image/svg+xml"] = lines(value._repr_svg_())
    return data


def take_figures():
    """The figures that a cell has drawn, as outputs."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    from matplotlib import pyplot

    outputs = []
    for number in pyplot.get_fignums():
        image = io.BytesIO()
        pyplot.figure(number).savefig(image, format="png", dpi=72)
        encoded = base64.b64encode(image.getvalue()).decode()
        data = {"image/png": encoded, "text/plain": ["<Figure>"]}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    pyplot.close("all")
    return outputs


def run_cell(source, names, number):
    """The outputs of a cell, in the format of notebooks."""
    printed, outputs, name = io.StringIO(), [], f"<cell {number}>"
    statements, expression = split_last(source)
    with contextlib.redirect_stdout(printed):
        exec(compile(statements, name, "exec"), names)
        value = eval(compile(expression, name, "eval"), names) if expression else None
    if printed.getvalue():
        text = lines(printed.getvalue())
        outputs.append({"output_type": "stream", "name": "stdout", "text": text})
    if value is not None:
        outputs.append({
            "output_type": "execute_result",
            "execution_count": number,
            "data": show(value),
            "metadata": {},
        })
    return outputs + take_figures()


def comparable(outputs):
    """What must be the same whenever and wherever a cell is run."""
    kept = []
    for output in outputs:
        data = {k: "".join(v) for k, v in output.get("data", {}).items() if k != "image/png"}
        kept.append((output["output_type"], "".join(output.get("text", [])), data))
    return kept


def check(cell, outputs, number):
    """Whether a cell has shown what is stored with it."""
    if comparable(outputs) == comparable(cell["outputs"]):
        return True
    print(f"cell {number}:", "".join(cell["source"]), sep="\n")
    print("stored:", comparable(cell["outputs"]), "found:", comparable(outputs), sep="\n")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="store what the cells show")
    parser.add_argument("file")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="utf-8") as file:
        notebook = json.load(file)
    names, right, number = {"__name__": "__main__"}, True, 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        number += 1
        outputs = run_cell("".join(cell["source"]), names, number)
        if arguments.write:
            cell["outputs"], cell["execution_count"] = outputs, number
        else:
            right = check(cell, outputs, number) and right
    if arguments.write:
        with open(arguments.file, "w", encoding="utf-8") as file:
            json.dump(notebook, file, indent=1, ensure_ascii=False)
            file.write("\n")
    elif number == 0:
        print("there are no cells to run")
        right = False
    return 0 if right else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "matplotlib"):
            raise
        print(f"skipped: {error.name} is not installed")
        sys.exit(77)
