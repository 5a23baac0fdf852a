// SPDX-License-Identifier: Apache-2.0
//
// Arrays of others, taken where they lie.
#include "module.h"

#include <string.h>

// PyTorch's words for what is no tensor, and what may be one here.
static bool refuse_kind(PyObject *array, const char *name, int position)
{
    PyObject *type = PyType_GetName(Py_TYPE(array));
    if (type)
        PyErr_Format(PyExc_TypeError,
                     "argument '%s' (position %d) must be Tensor, not %U: an array of NumPy, "
                     "PyTorch or JAX on the CPU, or whatever speaks DLPack or the buffer protocol",
                     name, position, type);
    Py_XDECREF(type);
    return false;
}

static bool refuse_rank(const char *name, int rank)
{
    PyErr_Format(PyExc_RuntimeError, "%s has %d dimensions, at most %d are supported", name, rank,
                 FALTUNG_MAX_RANK);
    return false;
}

// ----------------------------------------------------------------------------------------- buffers

// The code of a number by the struct module's letter; -1: there is none.
static int code_of_letter(char letter)
{
    if (strchr("efd", letter))
        return DL_FLOAT;
    if (strchr("bhilqn", letter))
        return DL_INT;
    return strchr("BHILQN", letter) ? DL_UINT : -1;
}

// A format of one native number, such as "f" or "<f".
static faltung_dtype read_format(const Py_buffer *b)
{
    const char *format = b->format ? b->format : "B";
    const int one = 1;
    const char native = *(const char *)&one ? '<' : '>';
    if (*format == '@' || *format == '=' || *format == native)
        format++;
    bool is_complex = *format == 'Z';
    format += is_complex;
    int code = *format && !format[1] ? code_of_letter(*format) : -1;
    if (code < 0 || (is_complex && code != DL_FLOAT))
        return 0;
    return find_dtype(is_complex ? DL_COMPLEX : code, 8 * (int)b->itemsize);
}

static bool take_buffer(operand *o, PyObject *array, const char *name, bool writable)
{
    Py_buffer *b = &o->buffer;
    if (PyObject_GetBuffer(array, b,
                           PyBUF_STRIDES | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0)))
        return false;
    o->tensor = (faltung_tensor){b->buf, read_format(b), b->ndim, o->shape, o->strides};
    if (b->ndim > FALTUNG_MAX_RANK)
        return refuse_rank(name, b->ndim);
    if (!o->tensor.dtype) {
        PyErr_Format(PyExc_RuntimeError, "%s has elements of the unsupported type '%s'", name,
                     b->format ? b->format : "B");
        return false;
    }
    for (int i = 0; i < b->ndim; i++) {
        o->shape[i] = b->shape[i];
        o->strides[i] = b->strides[i] / b->itemsize;
        if (b->strides[i] % b->itemsize && b->shape[i] > 1) {
            PyErr_Format(PyExc_RuntimeError, "%s has strides that are no multiples of its elements",
                         name);
            return false;
        }
    }
    return true;
}

// ------------------------------------------------------------------------------------------ DLPack

#define ON_ANOTHER_DEVICE "%s is on another device than the CPU: move it there first"

static bool is_on_cpu(PyObject *array, const char *name)
{
    PyObject *device = PyObject_CallMethod(array, "__dlpack_device__", NULL);
    int type = 0, id = 0;
    bool known = device && PyArg_ParseTuple(device, "ii", &type, &id);
    Py_XDECREF(device);
    if (known && type != DL_CPU)
        PyErr_Format(PyExc_RuntimeError, ON_ANOTHER_DEVICE, name);
    return known && type == DL_CPU;
}

static bool read_managed(operand *o, const dl_tensor *t, const char *name)
{
    faltung_dtype dtype = t->dtype.lanes == 1 ? find_dtype(t->dtype.code, t->dtype.bits) : 0;
    if (t->rank > FALTUNG_MAX_RANK)
        return refuse_rank(name, t->rank);
    if (!dtype) {
        PyErr_Format(PyExc_RuntimeError,
                     "%s has elements of an unsupported type (DLPack's code %d, %d bits)", name,
                     t->dtype.code, t->dtype.bits);
        return false;
    }
    o->tensor = (faltung_tensor){(char *)t->data + t->byte_offset, dtype, t->rank, o->shape,
                                 t->strides ? o->strides : NULL};
    for (int i = 0; i < t->rank; i++) {
        o->shape[i] = t->shape[i];
        if (t->strides)
            o->strides[i] = t->strides[i];
    }
    return true;
}

static bool take_dlpack(operand *o, PyObject *array, const char *name)
{
    if (!is_on_cpu(array, name))
        return false;
    o->capsule = PyObject_CallMethod(array, "__dlpack__", NULL);
    dl_managed *managed = o->capsule ? PyCapsule_GetPointer(o->capsule, "dltensor") : NULL;
    if (!managed || PyCapsule_SetName(o->capsule, "used_dltensor")) {
        Py_CLEAR(o->capsule);
        return false;
    }
    return read_managed(o, &managed->tensor, name);
}

// ---------------------------------------------------------------------------------------- exchange

// The functions of an array's library, if it has them and they are of a version that is known.
static const dl_exchange *find_exchange(PyObject *array)
{
    PyObject *capsule =
        PyObject_GetAttrString((PyObject *)Py_TYPE(array), "__dlpack_c_exchange_api__");
    const dl_exchange *exchange =
        capsule ? PyCapsule_GetPointer(capsule, "dlpack_exchange_api") : NULL;
    Py_XDECREF(capsule);
    PyErr_Clear();
    return exchange && exchange->version.major == DL_MAJOR ? exchange : NULL;
}

// Whether an array's library hands it out so; if not, as where it has no memory, __dlpack__ may say
// why.
static bool is_exchanged(operand *o, PyObject *array)
{
    o->exchange = find_exchange(array);
    if (!o->exchange || !o->exchange->from_object(array, &o->managed))
        return o->exchange;
    PyErr_Clear();
    o->managed = NULL;
    o->exchange = NULL;
    return false;
}

static bool take_exchanged(operand *o, const char *name, bool writable)
{
    const dl_tensor *t = &o->managed->tensor;
    if (t->device.type != DL_CPU)
        PyErr_Format(PyExc_RuntimeError, ON_ANOTHER_DEVICE, name);
    else if (writable && o->managed->flags & DL_READ_ONLY)
        PyErr_Format(PyExc_RuntimeError, "%s is read-only", name);
    else
        return read_managed(o, t, name);
    return false;
}

bool operand_take(operand *o, PyObject *array, const char *name, int position, bool writable)
{
    bool taken;
    o->buffer.obj = NULL;
    o->capsule = NULL;
    o->managed = NULL;
    o->exchange = NULL;
    if (PyObject_CheckBuffer(array)) // first: it takes no lookup, and most are NumPy's
        taken = take_buffer(o, array, name, writable);
    else if (is_exchanged(o, array))
        taken = take_exchanged(o, name, writable);
    else if (PyObject_HasAttrString(array, "__dlpack__"))
        taken = take_dlpack(o, array, name);
    else
        return refuse_kind(array, name, position);
    if (!taken)
        operand_give_back(o);
    return taken;
}

static void release(operand *o)
{
    if (o->buffer.obj)
        PyBuffer_Release(&o->buffer);
    if (o->managed && o->managed->deleter)
        o->managed->deleter(o->managed);
    if (!o->capsule)
        return;
    dl_managed *managed = PyCapsule_GetPointer(o->capsule, "used_dltensor");
    if (managed && managed->deleter)
        managed->deleter(managed);
    Py_CLEAR(o->capsule);
}

// Others' deleters may be written in Python, which an exception that is set would confuse.
void operand_give_back(operand *o)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    release(o);
    PyErr_Restore(type, value, traceback);
}
