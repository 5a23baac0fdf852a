// SPDX-License-Identifier: Apache-2.0
//
// Plans that run one after the other in one call, each on results of those before it: what lies
// between them is no array of anybody, and its memory is used again as soon as nobody reads it.
#include "plan.h"

#include <stdlib.h>

enum { MOST = 10000 }; // inputs, and steps

// A plan with the values that it reads: first come the chain's inputs, then the results of its
// steps.
typedef struct step {
    PyObject *plan;
    int input, residual; // residual -1: none
} step;

typedef struct chain {
    PyObject_HEAD int inputs, count;
    step *steps;
    int *last; // of every value: the last step that reads it
} chain;

// A result in between.
typedef struct value {
    faltung_tensor tensor;
    int64_t strides[FALTUNG_MAX_RANK];
    size_t capacity;
} value;

// ------------------------------------------------------------------------------------------ making

static bool read_step(PyObject *item, const chain *c, int i, step *s)
{
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "a step is a tuple (plan, input, residual)");
        return false;
    }
    PyObject *object;
    if (!PyArg_ParseTuple(item, "Oii", &object, &s->input, &s->residual))
        return false;
    s->plan = Py_NewRef(object);
    const int known = c->inputs + i;
    if (s->input < 0 || s->input >= known || s->residual < -1 || s->residual >= known) {
        PyErr_Format(PyExc_ValueError, "step %d reads a value that is not there yet", i);
        return false;
    }
    const plan *p = plan_of(s->plan);
    if (p && is_of_weight(&p->conv))
        PyErr_SetString(PyExc_ValueError, "a chain has no gradients of weights");
    return p && !is_of_weight(&p->conv);
}

static bool read_steps(PyObject *steps, chain *c)
{
    const int count = (int)PyTuple_Size(steps);
    c->steps = calloc((size_t)count, sizeof *c->steps);
    c->last = calloc((size_t)c->inputs + (size_t)count, sizeof *c->last);
    if (!c->steps || !c->last) {
        PyErr_NoMemory();
        return false;
    }
    while (c->count < count) {
        const int i = c->count++;
        step *s = &c->steps[i];
        if (!read_step(PyTuple_GetItem(steps, i), c, i, s))
            return false;
        c->last[s->input] = i;
        if (s->residual >= 0)
            c->last[s->residual] = i;
    }
    return true;
}

// Chain(inputs, steps)
static PyObject *chain_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)keywords;
    PyObject *steps;
    int inputs;
    if (!PyArg_ParseTuple(arguments, "iO", &inputs, &steps))
        return NULL;
    if (inputs < 1 || inputs > MOST || !PyTuple_Check(steps) || PyTuple_Size(steps) < 1 ||
        PyTuple_Size(steps) > MOST) {
        PyErr_Format(PyExc_ValueError, "a chain has inputs and a tuple of steps, 1 to %d of each",
                     MOST);
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    chain *self = (chain *)allocate(type, 0);
    if (!self)
        return NULL;
    self->inputs = inputs;
    if (!read_steps(steps, self))
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void chain_free(PyObject *object)
{
    chain *self = (chain *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    for (int i = 0; i < self->count; i++)
        Py_XDECREF(self->steps[i].plan);
    free(self->steps);
    free(self->last);
    release(object);
    Py_DECREF(type);
}

// ----------------------------------------------------------------------------------------- running

typedef struct run {
    const chain *chain;
    operand *operand; // the chain's inputs
    value *value;     // of its steps
    PyObject *result; // of the last one
} run;

static const faltung_tensor *find_value(const run *r, int i)
{
    if (i < 0)
        return NULL;
    const int inputs = r->chain->inputs;
    return i < inputs ? &r->operand[i].tensor : &r->value[i - inputs].tensor;
}

static bool make_value(run *r, int i, int inner)
{
    const plan *p = (const plan *)r->chain->steps[i].plan;
    value *v = &r->value[i];
    if (i == r->chain->count - 1) {
        r->result = tensor_new(p->dtype, p->rank, p->shape, inner, &v->tensor);
        return r->result;
    }
    const int64_t count = lay_out(p->rank, p->shape, inner, v->strides);
    void *data = memory_new((size_t)count * faltung_dtype_size(p->dtype), &v->capacity);
    v->tensor =
        (faltung_tensor){data, p->dtype, p->rank, (int64_t *)(uintptr_t)p->shape, v->strides};
    if (!data)
        PyErr_NoMemory();
    return data;
}

// Gives the memory of a result in between back.
static void drop(run *r, int i)
{
    const int at = i - r->chain->inputs;
    if (at < 0 || at == r->chain->count - 1 || !r->value[at].capacity)
        return;
    memory_free(r->value[at].tensor.data, r->value[at].capacity);
    r->value[at].capacity = 0;
}

static bool run_step(run *r, int i)
{
    const step *s = &r->chain->steps[i];
    const plan *p = (const plan *)s->plan;
    const faltung_tensor *input = find_value(r, s->input), *residual = find_value(r, s->residual);
    faltung_message message;
    faltung_status status;
    const int inner = find_inner(&p->conv, p->rank, input, residual, p->weight_is_last);
    if (!make_value(r, i, inner))
        return false;
    Py_BEGIN_ALLOW_THREADS status = faltung_plan_run_residual(
        p->plan, input, residual, &r->value[i].tensor, NULL, NULL, &message);
    Py_END_ALLOW_THREADS if (status) raise_status(status, &message);
    if (r->chain->last[s->input] == i)
        drop(r, s->input);
    if (s->residual >= 0 && r->chain->last[s->residual] == i)
        drop(r, s->residual);
    return !status;
}

static void run_steps(run *r)
{
    bool ok = true;
    for (int i = 0; ok && i < r->chain->count; i++)
        ok = run_step(r, i);
    for (int i = 0; i < r->chain->count; i++)
        drop(r, r->chain->inputs + i); // what a failure has left, or nobody read
    if (!ok)
        Py_CLEAR(r->result);
}

// Returns how many were taken: fewer than there are with an exception.
static int take_inputs(PyObject *arrays, run *r)
{
    const int count = r->chain->inputs;
    int taken = 0;
    while (taken < count && operand_take(&r->operand[taken], PyTuple_GetItem(arrays, taken),
                                         "input", taken + 1, false))
        taken++;
    return taken;
}

// run(inputs): the result of the last step.
static PyObject *chain_run(PyObject *self, PyObject *arrays)
{
    const chain *c = (const chain *)self;
    if (!PyTuple_Check(arrays) || PyTuple_Size(arrays) != c->inputs) {
        PyErr_Format(PyExc_TypeError, "a chain of %d inputs takes a tuple of as many", c->inputs);
        return NULL;
    }
    run r = {.chain = c,
             .operand = calloc((size_t)c->inputs, sizeof *r.operand),
             .value = calloc((size_t)c->count, sizeof *r.value)};
    if (r.operand && r.value) {
        const int taken = take_inputs(arrays, &r);
        if (taken == c->inputs) {
            run_steps(&r);
            r.result = tensor_for(r.result, &r.operand[0]);
        }
        for (int i = 0; i < taken; i++)
            operand_give_back(&r.operand[i]);
    } else {
        PyErr_NoMemory();
    }
    free(r.operand);
    free(r.value);
    return r.result;
}

static PyMethodDef methods[] = {
    {"run", chain_run, METH_O, "Run all steps."},
    {NULL, NULL, 0, NULL},
};

int chain_add_type(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_new, chain_new},
        {Py_tp_dealloc, chain_free},
        {Py_tp_methods, methods},
        {0, NULL},
    };
    static PyType_Spec spec = {"faltung._faltung.Chain", sizeof(chain), 0, Py_TPFLAGS_DEFAULT,
                               slots};
    PyObject *type = PyType_FromSpec(&spec);
    const int status = type ? PyModule_AddObjectRef(module, "Chain", type) : -1;
    Py_XDECREF(type);
    return status;
}
