// SPDX-License-Identifier: Apache-2.0
#include "module.h"

// PyTorch raises RuntimeError for nearly everything that an operator refuses.
static PyObject *exception_of(faltung_status status)
{
    switch (status) {
    case FALTUNG_ERROR_MEMORY:
        return PyExc_MemoryError;
    case FALTUNG_ERROR_OUTPUT_SIZE:
    case FALTUNG_ERROR_NO_PADDING:
    case FALTUNG_ERROR_OPTION:
        return PyExc_ValueError;
    default:
        return PyExc_RuntimeError;
    }
}

PyObject *raise_status(faltung_status status, const faltung_message *message)
{
    PyErr_SetString(exception_of(status), message->text);
    return NULL;
}
