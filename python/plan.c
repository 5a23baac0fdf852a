// SPDX-License-Identifier: Apache-2.0
//
// Plans, and parts of them.
#include "plan.h"

static PyTypeObject *plan_type;

plan *plan_of(PyObject *object)
{
    if (Py_TYPE(object) == plan_type)
        return (plan *)object;
    PyErr_SetString(PyExc_TypeError, "not a plan");
    return NULL;
}

// Once for all runs: a plan that is there can be explained, but estimates everything for it.
static void note_shape(plan *self)
{
    faltung_explanation e;
    self->rank = faltung_plan_explain(self->plan, &e, NULL) ? 0 : e.rank;
    for (int i = 0; i < self->rank; i++)
        self->shape[i] = e.output_shape[i];
}

static PyObject *plan_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)keywords;
    PyObject *description, *array[OPERANDS] = {NULL};
    faltung_message message;
    operands all;
    faltung_conv conv;
    if (!PyArg_ParseTuple(arguments, "OOOO", &description, &array[INPUT], &array[WEIGHT],
                          &array[BIAS]) ||
        !read_conv(description, &conv) || !operands_take(&all, array))
        return NULL;
    faltung_plan *made = NULL;
    faltung_status status =
        faltung_plan_create(&conv, operands_tensor(&all, INPUT), operands_tensor(&all, WEIGHT),
                            operands_tensor(&all, BIAS), &made, &message);
    const bool weight_is_last = is_channels_last(operands_tensor(&all, WEIGHT), conv.axes);
    faltung_dtype dtype = all.of[INPUT].tensor.dtype;
    operands_give_back(&all);
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
    self->weight_is_last = weight_is_last;
    self->dtype = faltung_result_dtype(dtype);
    note_shape(self);
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

static PyObject *run_operands(const plan *self, const operands *all, PyObject *out)
{
    faltung_message message;
    faltung_tensor view;
    faltung_status status;
    const int inner = find_inner(&self->conv, self->rank, operands_tensor(all, INPUT),
                                 operands_tensor(all, RESIDUAL), self->weight_is_last);
    PyObject *result =
        operands_result(all, out, self->dtype, self->rank, self->shape, inner, &view);
    if (!result)
        return NULL;
    Py_BEGIN_ALLOW_THREADS if (is_of_weight(&self->conv)) status =
        faltung_plan_run_weight(self->plan, operands_tensor(all, INPUT),
                                operands_tensor(all, WEIGHT), &view, NULL, &message);
    else status =
        faltung_plan_run_residual(self->plan, operands_tensor(all, INPUT),
                                  operands_tensor(all, RESIDUAL), &view, NULL, NULL, &message);
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
    if (!operands_take(&all, array))
        return NULL;
    PyObject *result = tensor_for(run_operands((plan *)self, &all, array[OUT]), &all.of[INPUT]);
    operands_give_back(&all);
    return result;
}

// What explains a plan, as a dictionary.
static PyObject *plan_explain(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    faltung_explanation e;
    faltung_message message;
    faltung_status status = faltung_plan_explain(((plan *)self)->plan, &e, &message);
    if (status)
        return raise_status(status, &message);
    return Py_BuildValue("{s:N,s:s,s:s,s:s,s:i,s:n,s:n,s:d,s:d}", "output_shape",
                         make_shape(e.rank, e.output_shape), "algorithm", e.algorithm[e.chosen],
                         "how", e.how, "instruction_set", e.instruction_set, "threads", e.threads,
                         "packed_bytes", (Py_ssize_t)e.packed_bytes, "workspace_bytes",
                         (Py_ssize_t)e.workspace_bytes, "multiply_adds", e.multiply_adds,
                         "bytes_moved", e.bytes_moved);
}

// ------------------------------------------------------------------------------------------- parts

// ((begin, end), ...) along each axis of the output.
static bool read_part(PyObject *value, int rank, faltung_part *part)
{
    if (!PyTuple_Check(value) || PyTuple_Size(value) != rank) {
        PyErr_Format(PyExc_ValueError, "a part is a tuple of %d pairs (begin, end)", rank);
        return false;
    }
    for (int i = 0; i < rank; i++) {
        long long begin, end;
        PyObject *pair = PyTuple_GetItem(value, i);
        if (!PyTuple_Check(pair)) {
            PyErr_SetString(PyExc_TypeError, "a part is a tuple of pairs (begin, end)");
            return false;
        }
        if (!PyArg_ParseTuple(pair, "LL", &begin, &end))
            return false;
        part->begin[i] = begin;
        part->end[i] = end;
    }
    return true;
}

static PyObject *make_part(int rank, const faltung_part *part)
{
    PyObject *tuple = PyTuple_New(rank);
    for (int i = 0; tuple && i < rank; i++) {
        PyObject *pair = Py_BuildValue("LL", (long long)part->begin[i], (long long)part->end[i]);
        if (!pair || PyTuple_SetItem(tuple, i, pair))
            Py_CLEAR(tuple);
    }
    return tuple;
}

// needed_input(part): the same of the input.
static PyObject *plan_needed_input(PyObject *self, PyObject *value)
{
    const plan *p = (plan *)self;
    const int rank = p->rank;
    faltung_part part, needed;
    faltung_message message;
    if (!read_part(value, rank, &part))
        return NULL;
    faltung_status status = faltung_plan_needed_input(p->plan, &part, &needed, &message);
    return status ? raise_status(status, &message) : make_part(rank, &needed);
}

// find_input(axis, position)
static PyObject *plan_find_input(PyObject *self, PyObject *arguments)
{
    int axis;
    long long position;
    int64_t element;
    faltung_message message;
    if (!PyArg_ParseTuple(arguments, "iL", &axis, &position))
        return NULL;
    faltung_status status =
        faltung_plan_find_input(((plan *)self)->plan, axis, position, &element, &message);
    return status ? raise_status(status, &message) : PyLong_FromLongLong(element);
}

static PyObject *run_part(const plan *self, const operands *all, PyObject *out,
                          const faltung_part *part, int rank)
{
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_message message;
    faltung_tensor view;
    for (int i = 0; i < rank; i++) { // those that are none are refused by the library
        shape[i] = part->end[i] - part->begin[i];
        shape[i] = shape[i] > 0 ? shape[i] : 0;
    }
    const int inner = find_inner(&self->conv, rank, operands_tensor(all, INPUT),
                                 operands_tensor(all, RESIDUAL), self->weight_is_last);
    PyObject *result = operands_result(all, out, self->dtype, rank, shape, inner, &view);
    if (!result)
        return NULL;
    faltung_status status;
    Py_BEGIN_ALLOW_THREADS status =
        faltung_plan_run_slab(self->plan, operands_tensor(all, INPUT),
                              operands_tensor(all, RESIDUAL), &view, part, NULL, &message);
    Py_END_ALLOW_THREADS if (!status) return result;
    Py_DECREF(result);
    return raise_status(status, &message);
}

// run_slab(input, part, residual or None, out or None)
static PyObject *plan_run_slab(PyObject *self, PyObject *arguments)
{
    PyObject *array[OPERANDS] = {NULL}, *value;
    const int rank = ((plan *)self)->rank;
    operands all;
    faltung_part part;
    if (!PyArg_ParseTuple(arguments, "OOOO", &array[INPUT], &value, &array[RESIDUAL],
                          &array[OUT]) ||
        !read_part(value, rank, &part) || !operands_take(&all, array))
        return NULL;
    PyObject *result =
        tensor_for(run_part((plan *)self, &all, array[OUT], &part, rank), &all.of[INPUT]);
    operands_give_back(&all);
    return result;
}

static PyMethodDef methods[] = {
    {"needed_input", plan_needed_input, METH_O, "What a part is computed from."},
    {"find_input", plan_find_input, METH_VARARGS, "The element at a position."},
    {"run_slab", plan_run_slab, METH_VARARGS, "Run the plan on a part."},
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
