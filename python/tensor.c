// SPDX-License-Identifier: Apache-2.0
//
// faltung.Tensor: memory for a result, for whoever wants it by DLPack or the buffer protocol.
#include "module.h"

#include <stdlib.h>
#include <string.h>

typedef struct tensor {
    PyObject_HEAD faltung_dtype dtype;
    int rank;
    int inner; // the axis that lies within all others
    int64_t shape[FALTUNG_MAX_RANK], strides[FALTUNG_MAX_RANK];
    Py_ssize_t sizes[FALTUNG_MAX_RANK], steps[FALTUNG_MAX_RANK]; // in bytes, for buffers
    void *data;
    Py_ssize_t bytes;
    size_t capacity; // bytes that there are
} tensor;

static PyTypeObject *tensor_type;

static const kind *kind_of(const tensor *t)
{
    return find_kind(t->dtype); // there is one
}

int find_axis(int rank, int inner, int i)
{
    const int axis = rank - i;
    if (i == 0)
        return inner;
    return axis > inner ? axis : axis - 1;
}

int64_t lay_out(int rank, const int64_t *shape, int inner, int64_t *strides)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        const int axis = find_axis(rank, inner, i);
        strides[axis] = count;
        count *= shape[axis];
    }
    return count;
}

PyObject *tensor_new(faltung_dtype dtype, int rank, const int64_t *shape, int inner,
                     faltung_tensor *view)
{
    tensor *t = PyObject_New(tensor, tensor_type);
    size_t size = faltung_dtype_size(dtype);
    if (!t)
        return NULL;
    *view = (faltung_tensor){NULL, dtype, rank, t->shape, t->strides};
    t->dtype = dtype;
    t->rank = rank;
    t->data = NULL;
    t->inner = inner;
    t->bytes = lay_out(rank, shape, inner, t->strides) * (Py_ssize_t)size;
    for (int i = 0; i < rank; i++) {
        t->shape[i] = t->sizes[i] = shape[i];
        t->steps[i] = t->strides[i] * (Py_ssize_t)size;
    }
    t->data = memory_new((size_t)t->bytes, &t->capacity);
    if (!t->data) {
        Py_DECREF(t);
        return PyErr_NoMemory();
    }
    view->data = t->data;
    return (PyObject *)t;
}

static void tensor_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    memory_free(((tensor *)self)->data, ((tensor *)self)->capacity);
    PyObject_Free(self);
    Py_DECREF(type);
}

// ----------------------------------------------------------------------------------------- buffers

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    tensor *t = (tensor *)self;
    view->obj = NULL;
    if (!kind_of(t)->format) {
        PyErr_SetString(PyExc_BufferError,
                        "bfloat16 is unknown to the buffer protocol: use DLPack, as by "
                        "torch.from_dlpack");
        return -1;
    }
    const bool asks_for_rows = (flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS ||
                               (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS ||
                               (flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS;
    if (t->inner != t->rank - 1 && (asks_for_rows || (flags & PyBUF_STRIDES) != PyBUF_STRIDES)) {
        PyErr_SetString(PyExc_BufferError, "the tensor has channels last: it is not contiguous");
        return -1;
    }
    *view = (Py_buffer){
        .buf = t->data,
        .obj = self,
        .len = t->bytes,
        .itemsize = (Py_ssize_t)faltung_dtype_size(t->dtype),
        .ndim = t->rank,
        .format = flags & PyBUF_FORMAT ? (char *)(uintptr_t)kind_of(t)->format : NULL,
        .shape = flags & PyBUF_ND ? t->sizes : NULL,
        .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? t->steps : NULL,
    };
    Py_INCREF(self);
    return 0;
}

// ------------------------------------------------------------------------------------------ DLPack

static void delete_managed(dl_managed *managed)
{
    PyGILState_STATE state = PyGILState_Ensure();
    Py_DECREF((PyObject *)managed->context);
    PyGILState_Release(state);
    free(managed);
}

static void delete_versioned(dl_versioned *managed)
{
    PyGILState_STATE state = PyGILState_Ensure();
    Py_DECREF((PyObject *)managed->context);
    PyGILState_Release(state);
    free(managed);
}

static dl_tensor describe(const tensor *t)
{
    return (dl_tensor){
        .data = t->data,
        .device = {DL_CPU, 0},
        .rank = t->rank,
        .dtype = kind_of(t)->code,
        .shape = (int64_t *)(uintptr_t)t->shape,
        .strides = (int64_t *)(uintptr_t)t->strides,
    };
}

PyObject *tensor_for(PyObject *result, const operand *like)
{
    void *object;
    if (!result || !like->exchange || Py_TYPE(result) != tensor_type)
        return result;
    dl_versioned *managed = malloc(sizeof *managed);
    if (!managed) {
        Py_DECREF(result);
        return PyErr_NoMemory();
    }
    *managed = (dl_versioned){
        .version = {DL_MAJOR, DL_MINOR},
        .tensor = describe((tensor *)result),
        .context = result,
        .deleter = delete_versioned,
    };
    return like->exchange->to_object(managed, &object) ? NULL : object;
}

// A capsule that nobody has used.
static void delete_capsule(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, "dltensor"))
        delete_managed(PyCapsule_GetPointer(capsule, "dltensor"));
}

// Whatever version, stream, device or copy is asked for: this is what there is.
static PyObject *dlpack(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    (void)arguments;
    (void)keywords;
    tensor *t = (tensor *)self;
    dl_managed *managed = malloc(sizeof *managed);
    if (!managed)
        return PyErr_NoMemory();
    *managed = (dl_managed){
        .tensor = describe(t),
        .context = self,
        .deleter = delete_managed,
    };
    PyObject *capsule = PyCapsule_New(managed, "dltensor", delete_capsule);
    if (!capsule) {
        free(managed);
        return NULL;
    }
    Py_INCREF(self);
    return capsule;
}

static PyObject *dlpack_device(PyObject *self, PyObject *nothing)
{
    (void)self;
    (void)nothing;
    return Py_BuildValue("ii", DL_CPU, 0);
}

// --------------------------------------------------------------------------------------- the type

static PyObject *get_shape(PyObject *self, void *nothing)
{
    (void)nothing;
    return make_shape(((tensor *)self)->rank, ((tensor *)self)->shape);
}

static PyObject *get_dtype(PyObject *self, void *nothing)
{
    (void)nothing;
    return PyUnicode_FromString(kind_of((tensor *)self)->name);
}

static PyObject *get_ndim(PyObject *self, void *nothing)
{
    (void)nothing;
    return PyLong_FromLong(((tensor *)self)->rank);
}

static PyObject *represent(PyObject *self)
{
    PyObject *shape = get_shape(self, NULL), *text = NULL;
    if (shape)
        text = PyUnicode_FromFormat("faltung.Tensor(shape=%R, dtype=%s)", shape,
                                    kind_of((tensor *)self)->name);
    Py_XDECREF(shape);
    return text;
}

static PyMethodDef methods[] = {
    {"__dlpack__", (PyCFunction)(void (*)(void))dlpack, METH_VARARGS | METH_KEYWORDS,
     "The array as a DLPack capsule, which shares its memory."},
    {"__dlpack_device__", dlpack_device, METH_NOARGS, "(1, 0): the CPU."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"shape", get_shape, NULL, "Sizes of the axes, a tuple.", NULL},
    {"dtype", get_dtype, NULL, "Type of the elements, such as 'float32'.", NULL},
    {"ndim", get_ndim, NULL, "Number of axes.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

int tensor_add_type(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_dealloc, tensor_free},
        {Py_tp_repr, represent},
        {Py_tp_methods, methods},
        {Py_tp_getset, getters},
        {Py_bf_getbuffer, get_buffer},
        {Py_tp_doc, "A contiguous array of the library's own. ``numpy.asarray``, "
                    "``torch.from_dlpack`` and ``jax.dlpack.from_dlpack`` take it without a copy."},
        {0, NULL},
    };
    static PyType_Spec spec = {"faltung.Tensor", sizeof(tensor), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    tensor_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return tensor_type ? PyModule_AddObjectRef(module, "Tensor", (PyObject *)tensor_type) : -1;
}
