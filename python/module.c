// SPDX-License-Identifier: Apache-2.0
//
// faltung._faltung: what python/faltung is made from. Arguments come as that package gives them.
#include "module.h"

static PyMethodDef functions[] = {
    {"convolve", convolve, METH_VARARGS, "(description, input, weight, bias, residual, out)"},
    {"output_size", output_size, METH_VARARGS, "The output's size along an axis."},
    {"padding", padding_of, METH_VARARGS, "(begin, end) by a rule."},
    {"padding_interval", padding_interval, METH_VARARGS,
     "(output, twice_min, twice_max, exists, lowest)."},
    {"padding_limits", padding_limits, METH_VARARGS, "(low, high) over all widths."},
    {"draw", draw, METH_VARARGS, "(axes, animate, columns): SVG, or so many columns of text."},
    {"unfold", unfold, METH_VARARGS, "(description, kernel, input)"},
    {"fold", fold, METH_VARARGS, "(description, kernel, input)"},
    {"randn", randn, METH_VARARGS, "(shapes, seed, bits): a list of arrays."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_faltung", NULL, -1, functions, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__faltung(void);

PyMODINIT_FUNC PyInit__faltung(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (!module)
        return NULL;
    if (tensor_add_type(module) || plan_add_type(module) || chain_add_type(module) ||
        PyModule_AddStringConstant(module, "__version__", faltung_version())) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
