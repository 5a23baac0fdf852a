// SPDX-License-Identifier: Apache-2.0
//
// What the files of the extension module share.
#ifndef FALTUNG_PYTHON_MODULE_H
#define FALTUNG_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <faltung.h>

#include "dlpack.h"

// ---------------------------------------------------------------------------------------- errors

// Raises what PyTorch would raise for a status, with the library's message; returns NULL.
PyObject *raise_status(faltung_status status, const faltung_message *message);

// ---------------------------------------------------------------------------------------- arrays

// An element's type as others see it.
typedef struct kind {
    faltung_dtype dtype;
    const char *name;   // as NumPy and PyTorch call it
    const char *format; // as the struct module calls it; NULL: it does not
    dl_dtype code;
} kind;

// The kind of a dtype; NULL for a value that is none.
const kind *find_kind(faltung_dtype dtype);

// The dtype by DLPack's code and bits; 0 if it is none of the library's.
faltung_dtype find_dtype(int code, int bits);

// An array that somebody else owns, seen as a tensor until it is given back.
typedef struct operand {
    faltung_tensor tensor;
    int64_t shape[FALTUNG_MAX_RANK], strides[FALTUNG_MAX_RANK];
    Py_buffer buffer; // obj is NULL where it came by DLPack
    PyObject *capsule;
    dl_versioned *managed;
    const dl_exchange *exchange; // of the library whose array it is; NULL: it has none
} operand;

// Takes an array by the buffer protocol, DLPack's exchange or DLPack, without a copy. `name` and
// `position` are those of the argument. On failure an exception is set, and there is nothing to
// give back.
bool operand_take(operand *o, PyObject *array, const char *name, int position, bool writable);
void operand_give_back(operand *o);

// Memory for a result, aligned to 64 bytes, and given back with the capacity that it came with;
// NULL: there is none. What it holds is left from whatever it was used for before.
void *memory_new(size_t bytes, size_t *capacity);
void memory_free(void *data, size_t capacity);

// The axes of an array without gaps from within: the last one first, or this one before all others.
int find_axis(int rank, int inner, int i);

// The strides of such an array; returns how many elements it has.
int64_t lay_out(int rank, const int64_t *shape, int inner, int64_t *strides);

// A new array of the library's own, faltung.Tensor, with axes in that order; the last is rank - 1.
PyObject *tensor_new(faltung_dtype dtype, int rank, const int64_t *shape, int inner,
                     faltung_tensor *view);

// A tensor as an array of the library that `like` is of, if that exchanges arrays; else as it is.
// Takes over the reference; on failure an exception is set, and NULL returned.
PyObject *tensor_for(PyObject *result, const operand *like);

// The type itself, added to the module by its name.
int tensor_add_type(PyObject *module);

// ------------------------------------------------------------------------------------- arguments

// One value for all axes, or one for each. `least` is the fewest that there must be.
bool read_values(PyObject *value, const char *name, int axes, int64_t *values);

// A rule's name, a number, one per axis, or (begin, end) per axis.
bool read_padding(PyObject *value, int axes, faltung_conv *conv);

// Names, or None for the first.
bool read_padding_mode(PyObject *value, faltung_padding_mode *mode);
bool read_accuracy(PyObject *value, faltung_accuracy *accuracy);

// A name, or (name, parameters...), or None.
bool read_activation(PyObject *value, faltung_conv *conv);

// A tuple of sizes.
bool read_shape(PyObject *value, const char *name, int most, int *rank, int64_t *shape);
PyObject *make_shape(int rank, const int64_t *shape);

// (input, kernel, stride, dilation, begin, end, transposed, output_padding, input_dilation, rule):
// an axis, and the rule for its padding.
bool read_axis(PyObject *arguments, faltung_axis *axis, int *rule);

// ------------------------------------------------------------------------------------- functions

PyObject *convolve(PyObject *module, PyObject *arguments);
PyObject *output_size(PyObject *module, PyObject *arguments);
PyObject *padding_of(PyObject *module, PyObject *arguments);
PyObject *padding_interval(PyObject *module, PyObject *arguments);
PyObject *padding_limits(PyObject *module, PyObject *arguments);
PyObject *draw(PyObject *module, PyObject *arguments);
PyObject *unfold(PyObject *module, PyObject *arguments);
PyObject *fold(PyObject *module, PyObject *arguments);
PyObject *randn(PyObject *module, PyObject *arguments);
int plan_add_type(PyObject *module);
int chain_add_type(PyObject *module);

// The description of a convolution that convolve and Plan take as their first arguments:
// (operation, axes, stride, padding, dilation, groups, padding_mode, input_dilation,
// output_padding, output_size, activation, threads, accuracy, (input_zero_point,
// weight_zero_point)).
bool read_conv(PyObject *description, faltung_conv *conv);

#endif
