// SPDX-License-Identifier: Apache-2.0
//
// Arrays in files: .npy, and PGM and PPM pictures wherever .npy is taken.
#ifndef CLI_FILES_ARRAY_H
#define CLI_FILES_ARRAY_H

#include "files/output.h"

// A tensor that owns its numbers. `tensor.shape` and `tensor.strides` point into the struct, so an
// array is passed by pointer and never copied by assignment.
typedef struct array {
    faltung_tensor tensor; // native byte order; strides as in the file (Fortran order: reversed)
    int64_t shape[FALTUNG_MAX_RANK];
    int64_t strides[FALTUNG_MAX_RANK];
    void *memory; // what array_free frees
} array;

static inline bool is_complex(faltung_dtype dtype)
{
    return dtype == FALTUNG_C64 || dtype == FALTUNG_C128;
}

static inline bool is_integer(faltung_dtype dtype)
{
    return dtype == FALTUNG_I8 || dtype == FALTUNG_U8 || dtype == FALTUNG_I32;
}

// Makes a contiguous array of zeros. Refuses what does not fit into memory. `shape` may be NULL
// when rank is 0.
int array_make(session *s, array *a, faltung_dtype dtype, int rank, const int64_t *shape);

// Makes a contiguous array of another's numbers, converted to `dtype` with one rounding.
int array_copy(session *s, array *a, const faltung_tensor *source, faltung_dtype dtype);

// Reads an array from a file, or from standard input if `path` is "-". The kind of file is told by
// its first byte: .npy (versions 1 to 3, C or Fortran order, either byte order, the types of
// npy_header.c), or P5 or P6 with a maximum of 255, which become f32 of shape (1, H, W) or (3, H,
// W) with values 0 to 255. A file, and standard input, holds exactly one array: what follows it is
// malformed, because two arrays joined, or one written over a longer one, would lose data in
// silence. Memory is never taken on a header's word alone. What cannot be opened or read is
// EXIT_REFUSED, what is no such file EXIT_BAD_FILE. On failure nothing is to be freed.
int array_read(session *s, array *a, const char *path);

// Writes an array to a file, or to the session's out if `path` is "-"; see output.h for what is
// promised about files. The kind follows the name: .pgm and .ppm (in either case) are pictures, for
// shapes (H, W), (1, H, W), (1, 1, H, W) or (3, H, W), (1, 3, H, W), values rounded to the nearest
// integer (to the even one of two) and clamped to 0...255, NaN written as 0; anything else is .npy
// version 1.0 in C order.
int array_write(session *s, const faltung_tensor *tensor, const char *path, bool force);

// Writes an array to an output that has been opened, binary, and completes it; whether the result
// is committed or abandoned is for the caller.
int array_write_to(session *s, const faltung_tensor *tensor, output_file *o);

// Whether a file of this name is a picture, of the kinds that array_write writes.
bool array_is_picture(const char *path);

// Refuses early, as array_write would in the end, a picture's name for a shape that is no picture,
// and names of pictures that are not written, such as .png. Used together with output_check before
// long work.
int array_check(session *s, const char *path, int rank, const int64_t *shape);

// May be called again, and for an array that is all zeros.
void array_free(array *a);

#endif
