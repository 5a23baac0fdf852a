# SPDX-License-Identifier: Apache-2.0
"""Runs ONNX's own backend tests of Conv, ConvTranspose and ConvInteger through the command:

    python node_tests.py path/to/faltung

They come with the package `onnx` (pip install onnx): the tests of single nodes, and models of one
node that were converted from PyTorch. Prints a line for each, and ends with 1 if one fails, with 77
if `onnx` is not installed. Results are compared with the tolerances that ONNX gives.
"""
import collections
import pathlib
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy
    import onnx
    from onnx import numpy_helper
    from onnx.backend.test.loader import load_model_tests
except ImportError as missing:
    print('skipped: %s' % missing)
    sys.exit(77)

KINDS = ('node', 'pytorch-converted', 'pytorch-operator')
COMMANDS = {'Conv': 'conv%dd', 'ConvTranspose': 'conv_transpose%dd', 'ConvInteger': 'conv%dd'}

Trial = collections.namedtuple('Trial', 'name node inputs expected rtol atol')


def read_folder(folder):
    """The tensors of a data set, in their order."""
    def read(path):
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        return numpy_helper.to_array(tensor)

    folder = pathlib.Path(folder)
    return [[read(folder / ('%s_%d.pb' % (kind, i)))
             for i in range(len(list(folder.glob('%s_*.pb' % kind))))]
            for kind in ('input', 'output')]


def read_data_sets(test):
    if test.data_sets is not None:
        return test.data_sets
    return [read_folder(folder)
            for folder in sorted(pathlib.Path(test.model_dir).glob('test_data_set_*'))]


def list_trials():
    for kind in KINDS:
        for test in load_model_tests(kind=kind):
            model = test.model
            if model is None:
                model = onnx.load(str(pathlib.Path(test.model_dir) / 'model.onnx'))
            nodes = model.graph.node
            if len(nodes) != 1 or nodes[0].op_type not in COMMANDS:
                continue
            constants = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}
            names = [i.name for i in model.graph.input if i.name not in constants]
            if any(i.name in constants for i in model.graph.input):
                names = [i.name for i in model.graph.input]  # data sets begin with the first
            for inputs, outputs in read_data_sets(test):
                values = {**constants, **dict(zip(names, inputs))}
                yield Trial(test.name, nodes[0], [values[name] for name in nodes[0].input if name],
                            outputs[0], test.rtol, test.atol)


def join(values):
    return ','.join(map(str, values))


def options_of(node, axes):
    """The attributes of a node as the command's options."""
    given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    given.pop('kernel_shape', None)  # as the weight says
    rule = given.pop('auto_pad', b'NOTSET').decode()
    pads = given.pop('pads', [0] * (2 * axes))
    size = given.pop('output_shape', None)
    options = ['--groups', str(given.pop('group', 1)),
               '--stride', join(given.pop('strides', [1] * axes)),
               '--dilation', join(given.pop('dilations', [1] * axes))]
    if node.op_type == 'ConvTranspose':
        padding = given.pop('output_padding', None)
        options += ['--output-padding', join(padding)] if padding else []
    if size:
        options += ['--output-size', join(size[-axes:])]
    if size and rule == 'NOTSET':
        rule = 'SAME_LOWER'
    padding = ('%d:%d' % pair for pair in zip(pads[:axes], pads[axes:]))
    options += ['--padding', join(padding) if rule == 'NOTSET' else rule.lower()]
    assert not given, given
    return options


class Refused(Exception):
    """The command ended with a message."""


def compute(command, trial, operands, options, folder):
    files = []
    for i, value in enumerate(operands):
        files.append(str(folder / ('%d.npy' % i)))
        numpy.save(files[-1], value)
    axes = operands[0].ndim - 2
    result = folder / 'result.npy'
    line = [command, COMMANDS[trial.node.op_type] % axes, *files, '-o', str(result), '--force',
            *options_of(trial.node, axes), *options]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr.strip() or 'exit status %d' % done.returncode)
    return numpy.load(result)


def compute_integers(command, trial, folder):
    """ConvInteger, whose weight may have a zero point for each output channel: the command takes
    one, and so computes the channels one by one."""
    x, w, *zeros = trial.inputs
    of_input, of_weight = (zeros + [0, 0])[:2]
    of_weight = numpy.broadcast_to(of_weight, len(w))
    return numpy.concatenate([
        compute(command, trial, [x, w[o:o + 1]],
                ['--input-zero-point', str(of_input), '--weight-zero-point', str(of_weight[o])],
                folder)
        for o in range(len(w))], axis=1)


def run(command, trial, folder):
    """What is wrong with the result; nothing if it is right."""
    try:
        if trial.node.op_type == 'ConvInteger':
            found = compute_integers(command, trial, folder)
        else:
            found = compute(command, trial, trial.inputs, [], folder)
    except Refused as refused:
        return str(refused)
    if found.shape != trial.expected.shape or found.dtype != trial.expected.dtype:
        return 'the result is %s %s, expected is %s %s' % (
            found.dtype, found.shape, trial.expected.dtype, trial.expected.shape)
    if not numpy.allclose(found, trial.expected, trial.rtol, trial.atol):
        return 'the result is off by up to %g' % abs(found - trial.expected).max()
    return ''


def main():
    if len(sys.argv) != 2:
        sys.exit('usage: python node_tests.py path/to/faltung')
    warnings.simplefilter('ignore')  # of the tests of other nodes, as they are made
    failed = count = 0
    with tempfile.TemporaryDirectory() as folder:
        for trial in list_trials():
            wrong = run(sys.argv[1], trial, pathlib.Path(folder))
            print('%s %s%s' % ('FAILED' if wrong else 'passed', trial.name, wrong and ': ' + wrong))
            failed += bool(wrong)
            count += 1
    print('%d passed, %d failed' % (count - failed, failed))
    return 1 if failed or not count else 0


if __name__ == '__main__':
    sys.exit(main())
