// SPDX-License-Identifier: Apache-2.0
//
// .npy, the array files of NumPy. Used by array.c, and by what fuzzes it.
#ifndef CLI_FILES_NPY_H
#define CLI_FILES_NPY_H

#include "files/array.h"
#include "files/input.h"
#include "files/npy_header.h"
#include "files/output.h"

// The first byte of every .npy file.
#define NPY_FIRST_BYTE 0x93

// Reads what stands before the data, and leaves the input there. Refuses a malformed header.
int npy_read_header(session *s, input *in, npy_header *header);

// Turns the bytes of each element round, of a complex one those of each part.
void npy_swap(void *elements, size_t bytes, faltung_dtype dtype);

// Reads an array as array_read does; the input stands at its beginning, and afterwards behind the
// array.
int npy_read(session *s, array *a, input *in);

// Writes a tensor in C order, every byte as NumPy 2 writes it.
int npy_write(session *s, const faltung_tensor *tensor, output_file *o);

#endif
