// SPDX-License-Identifier: Apache-2.0
//
// Sliding blocks: unfold and fold.
#include "module.h"

typedef faltung_status (*shape_function)(const faltung_conv *, const int64_t *,
                                         const faltung_tensor *, int64_t *, faltung_message *);
typedef faltung_status (*run_function)(const faltung_conv *, const int64_t *,
                                       const faltung_tensor *, const faltung_tensor *,
                                       faltung_message *);

// (description, kernel, input)
static PyObject *slide(PyObject *arguments, bool folds, shape_function find_shape, run_function run)
{
    PyObject *description, *kernel_size, *array;
    int64_t kernel[FALTUNG_MAX_AXES], shape[FALTUNG_MAX_AXES + 2];
    faltung_conv conv;
    faltung_message message;
    faltung_tensor view;
    operand input;
    if (!PyArg_ParseTuple(arguments, "OOO", &description, &kernel_size, &array) ||
        !read_conv(description, &conv) ||
        !read_values(kernel_size, "kernel_size", conv.axes, kernel) ||
        !operand_take(&input, array, "input", 1, false))
        return NULL;
    PyObject *result = NULL;
    faltung_status status = find_shape(&conv, kernel, &input.tensor, shape, &message);
    if (status) {
        raise_status(status, &message);
    } else {
        int batch = input.tensor.rank - (folds ? 2 : conv.axes + 1);
        int rank = batch + (folds ? conv.axes + 1 : 2);
        result = tensor_new(input.tensor.dtype, rank, shape, rank - 1, &view);
    }
    if (result) {
        Py_BEGIN_ALLOW_THREADS status = run(&conv, kernel, &input.tensor, &view, &message);
        Py_END_ALLOW_THREADS if (status)
        {
            raise_status(status, &message);
            Py_CLEAR(result);
        }
    }
    result = tensor_for(result, &input);
    operand_give_back(&input);
    return result;
}

PyObject *unfold(PyObject *module, PyObject *arguments)
{
    (void)module;
    return slide(arguments, false, faltung_unfold_shape, faltung_unfold);
}

PyObject *fold(PyObject *module, PyObject *arguments)
{
    (void)module;
    return slide(arguments, true, faltung_fold_shape, faltung_fold);
}
