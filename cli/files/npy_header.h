// SPDX-License-Identifier: Apache-2.0
//
// The header of a .npy file: a Python dictionary such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
#ifndef CLI_FILES_NPY_HEADER_H
#define CLI_FILES_NPY_HEADER_H

#include <faltung.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct npy_header {
    faltung_dtype dtype;
    bool swapped; // the bytes of each element are in the order that is not this machine's
    bool fortran_order;
    int rank;
    int64_t shape[FALTUNG_MAX_RANK]; // sizes of at least 0; their product is not checked
} npy_header;

// Why a header is not accepted, to follow the file's name; it may quote the header.
typedef struct npy_reason {
    char text[200];
} npy_reason;

// Reads the dictionary in `length` bytes of text. Keys may stand in any order; spaces, either kind
// of quotes, a last comma and the "3L" of Python 2 are allowed where NumPy allows them. Every key
// has to be there once, and no other. Returns false with a reason if the header is malformed, or
// describes an array that a faltung_tensor cannot be.
bool npy_header_parse(const char *text, size_t length, npy_header *header, npy_reason *reason);

#define NPY_HEADER_ROOM 1024

// Writes all that stands before the data of a file of version 1.0 in C order and this machine's
// byte order, as NumPy 2 does: with room for the first axis to grow, and to a multiple of 64 bytes.
// Returns how many bytes that is.
size_t npy_header_write(char text[NPY_HEADER_ROOM], faltung_dtype dtype, int rank,
                        const int64_t *shape);

#endif
