// SPDX-License-Identifier: Apache-2.0
//
// The part of DLPack's stable interface that arrays on a CPU need, as its specification lays it
// down (version 0.8: what __dlpack__() gives to whoever names no version).
#ifndef FALTUNG_PYTHON_DLPACK_H
#define FALTUNG_PYTHON_DLPACK_H

#include <stdint.h>

enum { DL_CPU = 1 }; // a device

// Kinds of elements.
enum { DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_COMPLEX = 5 };

typedef struct dl_device {
    int32_t type;
    int32_t id;
} dl_device;

typedef struct dl_dtype {
    uint8_t code;
    uint8_t bits;
    uint16_t lanes;
} dl_dtype;

typedef struct dl_tensor {
    void *data;
    dl_device device;
    int32_t rank;
    dl_dtype dtype;
    int64_t *shape;
    int64_t *strides; // in elements; NULL: contiguous
    uint64_t byte_offset;
} dl_tensor;

typedef struct dl_managed {
    dl_tensor tensor;
    void *context;
    void (*deleter)(struct dl_managed *self);
} dl_managed;

#endif
