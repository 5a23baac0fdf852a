// SPDX-License-Identifier: Apache-2.0
//
// The call that plans on the spot.
#include "operands.h"

#include <limits.h>

// ------------------------------------------------------------------------------------ descriptions

// The items of a description, in this order.
enum {
    OPERATION,
    AXES,
    STRIDE,
    PADDING,
    DILATION,
    GROUPS,
    PADDING_MODE,
    INPUT_DILATION,
    OUTPUT_PADDING,
    OUTPUT_SIZE,
    ACTIVATION,
    THREADS,
    ACCURACY,
    ZERO_POINTS,
    ITEMS
};

static bool read_threads(PyObject *value, int *threads)
{
    int64_t count;
    if (value == Py_None)
        return true;
    if (!read_values(value, "threads", 1, &count))
        return false;
    if (count < 1 || count > INT_MAX) {
        PyErr_Format(PyExc_ValueError, "threads=%lld, allowed is 1 or more, or None",
                     (long long)count);
        return false;
    }
    *threads = (int)count;
    return true;
}

static bool read_output_size(PyObject *value, faltung_conv *conv)
{
    conv->has_output_size = value != Py_None;
    return value == Py_None || read_values(value, "output_size", conv->axes, conv->output_size);
}

// (of the input, of the weight)
static bool read_zero_points(PyObject *value, faltung_conv *conv)
{
    int64_t points[2];
    if (!read_values(value, "zero_point", 2, points))
        return false;
    for (int i = 0; i < 2; i++)
        if (points[i] < INT_MIN || points[i] > INT_MAX) {
            PyErr_Format(PyExc_ValueError, "%s_zero_point=%lld is no number of the type",
                         i ? "weight" : "input", (long long)points[i]);
            return false;
        }
    conv->input_zero_point = (int)points[0];
    conv->weight_zero_point = (int)points[1];
    return true;
}

bool read_conv(PyObject *description, faltung_conv *conv)
{
    PyObject *item[ITEMS];
    if (!PyTuple_Check(description) || PyTuple_Size(description) != ITEMS) {
        PyErr_SetString(PyExc_TypeError, "not the description of a convolution");
        return false;
    }
    for (int i = 0; i < ITEMS; i++)
        item[i] = PyTuple_GetItem(description, i);
    long operation = PyLong_AsLong(item[OPERATION]), axes = PyLong_AsLong(item[AXES]);
    if (PyErr_Occurred())
        return false;
    *conv = (faltung_conv)FALTUNG_DEFAULTS((faltung_operation)operation, (int)axes);
    return read_values(item[STRIDE], "stride", conv->axes, conv->stride) &&
           read_padding(item[PADDING], conv->axes, conv) &&
           read_values(item[DILATION], "dilation", conv->axes, conv->dilation) &&
           read_values(item[GROUPS], "groups", 1, &conv->groups) &&
           read_padding_mode(item[PADDING_MODE], &conv->padding_mode) &&
           read_values(item[INPUT_DILATION], "input_dilation", conv->axes, conv->input_dilation) &&
           read_values(item[OUTPUT_PADDING], "output_padding", conv->axes, conv->output_padding) &&
           read_output_size(item[OUTPUT_SIZE], conv) && read_activation(item[ACTIVATION], conv) &&
           read_threads(item[THREADS], &conv->threads) &&
           read_accuracy(item[ACCURACY], &conv->accuracy) &&
           read_zero_points(item[ZERO_POINTS], conv);
}

// --------------------------------------------------------------------------------------- the call

static PyObject *compute(const faltung_conv *conv, const operands *all, PyObject *out)
{
    const faltung_tensor *input = operands_tensor(all, INPUT),
                         *weight = operands_tensor(all, WEIGHT);
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_message message;
    faltung_tensor view;
    faltung_status status = faltung_output_shape(conv, input, weight, shape, &message);
    if (status)
        return raise_status(status, &message);
    int rank = is_of_weight(conv) ? conv->axes + 2 : input->rank;
    const int inner = find_inner(conv, rank, input, operands_tensor(all, RESIDUAL),
                                 is_channels_last(weight, conv->axes));
    PyObject *result =
        operands_result(all, out, faltung_result_dtype(input->dtype), rank, shape, inner, &view);
    if (!result)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status =
        faltung_convolve_residual(conv, input, weight, operands_tensor(all, BIAS),
                                  operands_tensor(all, RESIDUAL), &view, &message);
    Py_END_ALLOW_THREADS if (!status) return result;
    Py_DECREF(result);
    return raise_status(status, &message);
}

PyObject *convolve(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *description, *array[OPERANDS];
    faltung_conv conv;
    operands all;
    if (!PyArg_ParseTuple(arguments, "OOOOOO", &description, &array[INPUT], &array[WEIGHT],
                          &array[BIAS], &array[RESIDUAL], &array[OUT]) ||
        !read_conv(description, &conv) || !operands_take(&all, array))
        return NULL;
    PyObject *result = tensor_for(compute(&conv, &all, array[OUT]), &all.of[INPUT]);
    operands_give_back(&all);
    return result;
}
