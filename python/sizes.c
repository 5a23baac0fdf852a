// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of one axis, and random numbers.
#include "module.h"

bool read_axis(PyObject *arguments, faltung_axis *axis, int *rule)
{
    int transposed;
    long long input, kernel, stride, dilation, begin, end, output_padding, input_dilation;
    if (!PyArg_ParseTuple(arguments, "LLLLLLpLLi", &input, &kernel, &stride, &dilation, &begin,
                          &end, &transposed, &output_padding, &input_dilation, rule))
        return false;
    *axis = (faltung_axis){.input = input,
                           .kernel = kernel,
                           .stride = stride,
                           .dilation = dilation,
                           .padding = {begin, end},
                           .transposed = transposed,
                           .output_padding = output_padding,
                           .input_dilation = input_dilation};
    return true;
}

static PyObject *raise_value(const faltung_message *message)
{
    PyErr_SetString(PyExc_ValueError, message->text);
    return NULL;
}

PyObject *padding_limits(PyObject *module, PyObject *arguments)
{
    (void)module;
    faltung_axis axis;
    faltung_padding_limits limits;
    faltung_message message;
    int rule;
    if (!read_axis(arguments, &axis, &rule))
        return NULL;
    if (faltung_find_padding_limits(&axis, &limits, &message))
        return raise_value(&message);
    return Py_BuildValue("LL", (long long)limits.low, (long long)limits.high);
}

PyObject *output_size(PyObject *module, PyObject *arguments)
{
    (void)module;
    faltung_axis axis;
    faltung_message message;
    int64_t size;
    int rule;
    if (!read_axis(arguments, &axis, &rule))
        return NULL;
    if (faltung_axis_set_padding(&axis, (faltung_padding_rule)rule, &message) ||
        faltung_output_size(&axis, &size, &message))
        return raise_value(&message);
    return PyLong_FromLongLong(size);
}

PyObject *padding_of(PyObject *module, PyObject *arguments)
{
    (void)module;
    faltung_axis axis;
    faltung_message message;
    int rule;
    if (!read_axis(arguments, &axis, &rule))
        return NULL;
    if (faltung_axis_set_padding(&axis, (faltung_padding_rule)rule, &message))
        return raise_value(&message);
    return Py_BuildValue("LL", (long long)axis.padding.begin, (long long)axis.padding.end);
}

PyObject *padding_interval(PyObject *module, PyObject *arguments)
{
    (void)module;
    faltung_axis axis;
    faltung_padding_interval found;
    faltung_message message;
    int rule;
    if (!read_axis(arguments, &axis, &rule))
        return NULL;
    if (faltung_find_padding_interval(&axis, &found, &message))
        return raise_value(&message);
    return Py_BuildValue("LLLOL", (long long)found.output, (long long)found.twice_min,
                         (long long)found.twice_max, found.exists ? Py_True : Py_False,
                         (long long)found.lowest);
}

// (shapes, seed, dtype): arrays drawn from one stream.
PyObject *randn(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *shapes;
    unsigned long long seed;
    int bits;
    faltung_generator generator;
    faltung_message message;
    if (!PyArg_ParseTuple(arguments, "OKi", &shapes, &seed, &bits))
        return NULL;
    Py_ssize_t count = PySequence_Size(shapes);
    PyObject *list = count < 0 ? NULL : PyList_New(count);
    if (list)
        faltung_manual_seed(&generator, seed, &message);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        int64_t shape[FALTUNG_MAX_RANK];
        int rank = 0;
        faltung_tensor view;
        PyObject *sizes = PySequence_GetItem(shapes, i), *array = NULL;
        if (sizes && read_shape(sizes, "shape", FALTUNG_MAX_RANK, &rank, shape)) {
            const faltung_tensor wanted = {NULL, bits == 64 ? FALTUNG_F64 : FALTUNG_F32, rank,
                                           shape, NULL};
            int64_t numbers;
            faltung_status status = faltung_tensor_count(&wanted, &numbers, &message);
            array = status ? raise_status(status, &message)
                           : tensor_new(wanted.dtype, rank, shape, rank - 1, &view);
            if (array && (status = faltung_randn(&generator, &view, &message))) {
                raise_status(status, &message);
                Py_CLEAR(array);
            }
        }
        Py_XDECREF(sizes);
        if (!array || PyList_SetItem(list, i, array))
            Py_CLEAR(list);
    }
    return list;
}
