// SPDX-License-Identifier: Apache-2.0
//
// Pictures.
#include "module.h"

#include "drawing/drawing.h"

#include <stdlib.h>

// A tuple of one axis or two, each as read_axis takes it.
static bool read_drawing(PyObject *axes, drawing *d)
{
    faltung_message message;
    *d = (drawing){.axes = (int)PySequence_Size(axes)};
    for (int i = 0; i < d->axes; i++) {
        PyObject *axis = PySequence_GetItem(axes, i);
        int rule;
        const bool read = axis && read_axis(axis, &d->axis[i], &rule);
        Py_XDECREF(axis);
        if (!read)
            return false;
        if (faltung_axis_set_padding(&d->axis[i], (faltung_padding_rule)rule, &message) ||
            faltung_output_size(&d->axis[i], &d->output[i], &message)) {
            PyErr_SetString(PyExc_ValueError, message.text);
            return false;
        }
    }
    return true;
}

// (axes, animate, columns): SVG if there are no columns.
PyObject *draw(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *axes;
    int animate, columns;
    drawing d;
    faltung_message message;
    char *text = NULL;
    size_t size = 0;
    if (!PyArg_ParseTuple(arguments, "Opi", &axes, &animate, &columns) || !read_drawing(axes, &d))
        return NULL;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return PyErr_NoMemory();
    const faltung_status status =
        columns ? draw_text(file, &d, columns, &message) : draw_svg(file, &d, animate, &message);
    const bool lost = ferror(file) != 0;
    PyObject *result = NULL;
    if (fclose(file) || lost || !text)
        PyErr_NoMemory();
    else if (status)
        raise_status(status, &message);
    else
        result = PyUnicode_FromStringAndSize(text, (Py_ssize_t)size);
    free(text);
    return result;
}
