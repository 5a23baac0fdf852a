// SPDX-License-Identifier: Apache-2.0
//
// From Python's objects to a faltung_conv, refused in PyTorch's words where it has any.
#include "module.h"

#include <string.h>

// An int, or what says that it is one, as NumPy's integers do.
static bool read_int(PyObject *value, const char *name, int64_t *number)
{
    PyObject *index = PyNumber_Index(value);
    if (!index) {
        PyObject *type = PyType_GetName(Py_TYPE(value));
        if (type)
            PyErr_Format(PyExc_TypeError, "argument '%s' must be tuple of ints, not %U", name,
                         type);
        Py_XDECREF(type);
        return false;
    }
    *number = PyLong_AsLongLong(index);
    Py_DECREF(index);
    return *number != -1 || !PyErr_Occurred();
}

static bool is_list(PyObject *value)
{
    return PyTuple_Check(value) || PyList_Check(value);
}

static bool refuse_length(PyObject *value, const char *name, int axes)
{
    PyObject *list = PySequence_List(value);
    if (list)
        PyErr_Format(PyExc_RuntimeError,
                     "expected %s to be a single integer value or a list of %d values to match the "
                     "convolution dimensions, but got %s=%R",
                     name, axes, name, list);
    Py_XDECREF(list);
    return false;
}

bool read_values(PyObject *value, const char *name, int axes, int64_t *values)
{
    if (!is_list(value)) {
        if (!read_int(value, name, &values[0]))
            return false;
        for (int i = 1; i < axes; i++)
            values[i] = values[0];
        return true;
    }
    Py_ssize_t count = PySequence_Size(value);
    if (count != 1 && count != axes)
        return refuse_length(value, name, axes);
    for (int i = 0; i < axes; i++) {
        PyObject *item = PySequence_GetItem(value, count == 1 ? 0 : i);
        bool read = item && read_int(item, name, &values[i]);
        Py_XDECREF(item);
        if (!read)
            return false;
    }
    return true;
}

// --------------------------------------------------------------------------------------- by name

// The value, from `first` to `last`, whose name it is; -1: an exception is set.
static int find_name(PyObject *value, const char *argument, int first, int last,
                     const char *(*name_of)(int))
{
    const char *name = PyUnicode_Check(value) ? PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
    char allowed[256] = "";
    for (int i = first; i <= last; i++) {
        if (name && strcmp(name, name_of(i)) == 0)
            return i;
        size_t length = strlen(allowed);
        PyOS_snprintf(allowed + length, sizeof allowed - length, "%s'%s'", i == first ? "" : ", ",
                      name_of(i));
    }
    if (!PyErr_Occurred())
        PyErr_Format(PyUnicode_Check(value) ? PyExc_ValueError : PyExc_TypeError,
                     "%s must be one of {%s}, but got %s=%R", argument, allowed, argument, value);
    return -1;
}

static const char *name_mode(int mode)
{
    return faltung_padding_mode_name((faltung_padding_mode)mode);
}

static const char *name_activation(int activation)
{
    return faltung_activation_name((faltung_activation)activation);
}

static const char *name_accuracy(int accuracy)
{
    static const char *const names[] = {"balanced", "exact", "fast"};
    return names[accuracy];
}

bool read_padding_mode(PyObject *value, faltung_padding_mode *mode)
{
    int found = find_name(value, "padding_mode", FALTUNG_PADDING_ZEROS, FALTUNG_PADDING_CIRCULAR,
                          name_mode);
    *mode = (faltung_padding_mode)found;
    return found >= 0;
}

bool read_accuracy(PyObject *value, faltung_accuracy *accuracy)
{
    int found = find_name(value, "accuracy", FALTUNG_ACCURACY_BALANCED, FALTUNG_ACCURACY_FAST,
                          name_accuracy);
    *accuracy = (faltung_accuracy)found;
    return found >= 0;
}

static bool read_parameter(PyObject *tuple, Py_ssize_t i, double *number)
{
    PyObject *item = PySequence_GetItem(tuple, i);
    *number = item ? PyFloat_AsDouble(item) : 0;
    Py_XDECREF(item);
    return !PyErr_Occurred();
}

// ("leaky_relu", slope) or ("clamp", min, max).
static bool read_parameters(PyObject *tuple, faltung_conv *conv)
{
    Py_ssize_t count = PySequence_Size(tuple);
    if (conv->activation == FALTUNG_ACTIVATION_LEAKY_RELU && count == 2)
        return read_parameter(tuple, 1, &conv->negative_slope);
    if (conv->activation == FALTUNG_ACTIVATION_CLAMP && count == 3)
        return read_parameter(tuple, 1, &conv->clamp_min) &&
               read_parameter(tuple, 2, &conv->clamp_max);
    if (count == 1)
        return true;
    PyErr_Format(PyExc_ValueError,
                 "activation must be a name, ('leaky_relu', slope) or ('clamp', min, max), but got "
                 "activation=%R",
                 tuple);
    return false;
}

bool read_activation(PyObject *value, faltung_conv *conv)
{
    if (value == Py_None)
        return true;
    bool with_parameters = is_list(value) && PySequence_Size(value) > 0;
    PyObject *name = with_parameters ? PySequence_GetItem(value, 0) : Py_NewRef(value);
    int found = name ? find_name(name, "activation", FALTUNG_ACTIVATION_NONE,
                                 FALTUNG_ACTIVATION_CLAMP, name_activation)
                     : -1;
    Py_XDECREF(name);
    conv->activation = (faltung_activation)(found < 0 ? 0 : found);
    return found >= 0 && (!with_parameters || read_parameters(value, conv));
}

// --------------------------------------------------------------------------------------- paddings

static bool refuse_negative(PyObject *value)
{
    PyErr_Format(PyExc_RuntimeError,
                 "negative padding is not supported: padding=%R, allowed is 0 or more, or (begin, "
                 "end), of which a negative side crops",
                 value);
    return false;
}

// PyTorch's transposed convolutions take numbers only, and so refuse every name by its type.
static bool read_transposed_rule(PyObject *value, const char *name, faltung_conv *conv)
{
    static const faltung_padding_rule rules[] = {FALTUNG_PADDING_VALID, FALTUNG_PADDING_SAME_UPPER,
                                                 FALTUNG_PADDING_SAME_LOWER};
    for (size_t i = 0; name && i < sizeof rules / sizeof *rules; i++)
        if (strcmp(name, faltung_padding_rule_name(rules[i])) == 0) {
            conv->padding_rule = rules[i];
            return true;
        }
    if (name)
        PyErr_Format(PyExc_TypeError,
                     "argument 'padding' must be tuple of ints, not str: %R, allowed are 'valid', "
                     "'same_upper' and 'same_lower', too",
                     value);
    return false;
}

static bool read_rule(PyObject *value, faltung_conv *conv)
{
    const char *name = PyUnicode_AsUTF8AndSize(value, NULL);
    if (conv->operation == FALTUNG_CONV_TRANSPOSE)
        return read_transposed_rule(value, name, conv);
    for (int rule = FALTUNG_PADDING_VALID; name && rule <= FALTUNG_PADDING_SAME_SYMMETRIC; rule++)
        if (strcmp(name, faltung_padding_rule_name((faltung_padding_rule)rule)) == 0) {
            conv->padding_rule = (faltung_padding_rule)rule;
            return true;
        }
    if (name)
        PyErr_Format(PyExc_RuntimeError,
                     "Invalid padding string: %R, allowed are 'valid', 'same', 'same_upper', "
                     "'same_lower' and 'same_symmetric'",
                     value);
    return false;
}

// A number, or (begin, end).
static bool read_sides(PyObject *value, faltung_padding *padding)
{
    int64_t sides[2] = {0, 0};
    if (!is_list(value)) {
        if (!read_int(value, "padding", &padding->begin))
            return false;
        padding->end = padding->begin;
        return padding->begin >= 0 || refuse_negative(value);
    }
    if (PySequence_Size(value) != 2) {
        PyErr_Format(PyExc_RuntimeError, "padding of an axis is a number or (begin, end), not %R",
                     value);
        return false;
    }
    bool read = read_values(value, "padding", 2, sides);
    *padding = (faltung_padding){sides[0], sides[1]};
    return read;
}

bool read_padding(PyObject *value, int axes, faltung_conv *conv)
{
    if (PyUnicode_Check(value))
        return read_rule(value, conv);
    const bool listed = is_list(value);
    Py_ssize_t count = listed ? PySequence_Size(value) : 1;
    if (count != 1 && count != axes)
        return refuse_length(value, "padding", axes);
    for (int i = 0; i < axes; i++) {
        PyObject *item = listed ? PySequence_GetItem(value, count == 1 ? 0 : i) : Py_NewRef(value);
        bool read = item && read_sides(item, &conv->padding[i]);
        Py_XDECREF(item);
        if (!read)
            return false;
    }
    return true;
}

// ----------------------------------------------------------------------------------------- shapes

bool read_shape(PyObject *value, const char *name, int most, int *rank, int64_t *shape)
{
    Py_ssize_t count = is_list(value) ? PySequence_Size(value) : 1;
    if (count > most) {
        PyErr_Format(PyExc_ValueError, "%s has %zd sizes, at most %d are supported", name, count,
                     most);
        return false;
    }
    *rank = (int)count;
    return count == 0 || (read_values(value, name, (int)count, shape));
}

PyObject *make_shape(int rank, const int64_t *shape)
{
    PyObject *tuple = PyTuple_New(rank);
    for (int i = 0; tuple && i < rank; i++) {
        PyObject *size = PyLong_FromLongLong(shape[i]);
        if (!size || PyTuple_SetItem(tuple, i, size))
            Py_CLEAR(tuple);
    }
    return tuple;
}
