// SPDX-License-Identifier: Apache-2.0
//
// The part of DLPack's stable interface that arrays on a CPU need, as its specification lays it
// down: version 0.8, which is what __dlpack__() gives to whoever names no version; and of version 1
// the table of functions by which a library's arrays are exchanged without a call of Python's.
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

enum { DL_MAJOR = 1, DL_MINOR = 0 }; // the version of what follows

enum { DL_READ_ONLY = 1 }; // a flag

typedef struct dl_version {
    uint32_t major;
    uint32_t minor;
} dl_version;

typedef struct dl_versioned {
    dl_version version;
    void *context;
    void (*deleter)(struct dl_versioned *self);
    uint64_t flags;
    dl_tensor tensor;
} dl_versioned;

// What the attribute __dlpack_c_exchange_api__ of a type points to. Functions return 0, or -1 with
// an exception set.
typedef struct dl_exchange {
    dl_version version;
    const void *previous;
    void *allocate; // of no use here
    int (*from_object)(void *object, dl_versioned **managed);
    int (*to_object)(dl_versioned *managed, void **object); // which owns `managed` from then on
} dl_exchange;

#endif
