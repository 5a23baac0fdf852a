// SPDX-License-Identifier: Apache-2.0
//
// The call that plans on the spot, and plans.
#include "module.h"

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

// ---------------------------------------------------------------------------------------- operands

enum { INPUT, WEIGHT, BIAS, RESIDUAL, OUT, OPERANDS };

// The arrays of a call, of which those that are None are not there.
typedef struct operands {
    operand of[OPERANDS];
    bool is_there[OPERANDS];
} operands;

static void give_back(operands *all)
{
    for (int i = 0; i < OPERANDS; i++)
        if (all->is_there[i])
            operand_give_back(&all->of[i]);
}

static bool take(operands *all, PyObject *const *array)
{
    static const char *const names[] = {"input", "weight", "bias", "residual", "out"};
    for (int i = 0; i < OPERANDS; i++)
        all->is_there[i] = false;
    for (int i = 0; i < OPERANDS; i++) {
        if (!array[i] || (array[i] == Py_None && i > WEIGHT))
            continue;
        all->is_there[i] = operand_take(&all->of[i], array[i], names[i], i + 1, i == OUT);
        if (!all->is_there[i]) {
            give_back(all);
            return false;
        }
    }
    return true;
}

static const faltung_tensor *tensor_of(const operands *all, int i)
{
    return all->is_there[i] ? &all->of[i].tensor : NULL;
}

// The array for a result: the caller's, or a new one; NULL: an exception is set.
static PyObject *find_result(const operands *all, PyObject *out, faltung_dtype dtype, int rank,
                             const int64_t *shape, faltung_tensor *view)
{
    if (!all->is_there[OUT])
        return tensor_new(dtype, rank, shape, view);
    *view = all->of[OUT].tensor;
    return Py_NewRef(out);
}

static bool is_of_weight(const faltung_conv *conv)
{
    return conv->operation == FALTUNG_CONV_WEIGHT ||
           conv->operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
}

// --------------------------------------------------------------------------------------- the call

static PyObject *compute(const faltung_conv *conv, const operands *all, PyObject *out)
{
    const faltung_tensor *input = tensor_of(all, INPUT), *weight = tensor_of(all, WEIGHT);
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_message message;
    faltung_tensor view;
    faltung_status status = faltung_output_shape(conv, input, weight, shape, &message);
    if (status)
        return raise_status(status, &message);
    int rank = is_of_weight(conv) ? conv->axes + 2 : input->rank;
    PyObject *result =
        find_result(all, out, faltung_result_dtype(input->dtype), rank, shape, &view);
    if (!result)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = faltung_convolve_residual(
        conv, input, weight, tensor_of(all, BIAS), tensor_of(all, RESIDUAL), &view, &message);
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
        !read_conv(description, &conv) || !take(&all, array))
        return NULL;
    PyObject *result = tensor_for(compute(&conv, &all, array[OUT]), &all.of[INPUT]);
    give_back(&all);
    return result;
}

// ------------------------------------------------------------------------------------------- plans

typedef struct plan {
    PyObject_HEAD faltung_plan *plan;
    faltung_conv conv;
    faltung_dtype dtype; // of the result
} plan;

static PyTypeObject *plan_type;

static PyObject *plan_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)keywords;
    PyObject *description, *array[OPERANDS] = {NULL};
    faltung_message message;
    operands all;
    faltung_conv conv;
    if (!PyArg_ParseTuple(arguments, "OOOO", &description, &array[INPUT], &array[WEIGHT],
                          &array[BIAS]) ||
        !read_conv(description, &conv) || !take(&all, array))
        return NULL;
    faltung_plan *made = NULL;
    faltung_status status =
        faltung_plan_create(&conv, tensor_of(&all, INPUT), tensor_of(&all, WEIGHT),
                            tensor_of(&all, BIAS), &made, &message);
    faltung_dtype dtype = all.of[INPUT].tensor.dtype;
    give_back(&all);
    if (status)
        return raise_status(status, &message);
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    plan *self = (plan *)allocate(type, 0);
    if (!self) {
        faltung_plan_destroy(made);
        return NULL;
    }
    self->plan = made;
    self->conv = conv;
    self->dtype = faltung_result_dtype(dtype);
    return (PyObject *)self;
}

static void plan_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    faltung_plan_destroy(((plan *)self)->plan);
    release(self);
    Py_DECREF(type);
}

static faltung_status explain(const plan *self, faltung_explanation *e, faltung_message *message)
{
    return faltung_plan_explain(self->plan, e, message);
}

static PyObject *run_operands(const plan *self, const operands *all, PyObject *out)
{
    faltung_explanation e;
    faltung_message message;
    faltung_tensor view;
    faltung_status status = explain(self, &e, &message);
    if (status)
        return raise_status(status, &message);
    PyObject *result = find_result(all, out, self->dtype, e.rank, e.output_shape, &view);
    if (!result)
        return NULL;
    Py_BEGIN_ALLOW_THREADS if (is_of_weight(&self->conv)) status = faltung_plan_run_weight(
        self->plan, tensor_of(all, INPUT), tensor_of(all, WEIGHT), &view, NULL, &message);
    else status = faltung_plan_run_residual(self->plan, tensor_of(all, INPUT),
                                            tensor_of(all, RESIDUAL), &view, NULL, NULL, &message);
    Py_END_ALLOW_THREADS if (!status) return result;
    Py_DECREF(result);
    return raise_status(status, &message);
}

// run(input, weight or None, residual or None, out or None)
static PyObject *plan_run(PyObject *self, PyObject *arguments)
{
    PyObject *array[OPERANDS] = {NULL};
    operands all;
    if (!PyArg_ParseTuple(arguments, "OOOO", &array[INPUT], &array[WEIGHT], &array[RESIDUAL],
                          &array[OUT]))
        return NULL;
    if (array[WEIGHT] == Py_None)
        array[WEIGHT] = NULL;
    if (!take(&all, array))
        return NULL;
    PyObject *result = tensor_for(run_operands((plan *)self, &all, array[OUT]), &all.of[INPUT]);
    give_back(&all);
    return result;
}

// What explains a plan, as a dictionary.
static PyObject *plan_explain(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    faltung_explanation e;
    faltung_message message;
    faltung_status status = explain((plan *)self, &e, &message);
    if (status)
        return raise_status(status, &message);
    return Py_BuildValue("{s:N,s:s,s:s,s:s,s:i,s:n,s:n,s:d,s:d}", "output_shape",
                         make_shape(e.rank, e.output_shape), "algorithm", e.algorithm[e.chosen],
                         "how", e.how, "instruction_set", e.instruction_set, "threads", e.threads,
                         "packed_bytes", (Py_ssize_t)e.packed_bytes, "workspace_bytes",
                         (Py_ssize_t)e.workspace_bytes, "multiply_adds", e.multiply_adds,
                         "bytes_moved", e.bytes_moved);
}

static PyMethodDef methods[] = {
    {"run", plan_run, METH_VARARGS, "Run the plan."},
    {"explain", plan_explain, METH_NOARGS, "How the plan is computed."},
    {NULL, NULL, 0, NULL},
};

int plan_add_type(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_new, plan_new},
        {Py_tp_dealloc, plan_free},
        {Py_tp_methods, methods},
        {0, NULL},
    };
    static PyType_Spec spec = {"faltung._faltung.Plan", sizeof(plan), 0, Py_TPFLAGS_DEFAULT, slots};
    plan_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return plan_type ? PyModule_AddObjectRef(module, "Plan", (PyObject *)plan_type) : -1;
}
