// SPDX-License-Identifier: Apache-2.0
//
// Arrays in .npy files that are larger than memory: read and written box by box.
#ifndef CLI_PARTS_BOX_FILE_H
#define CLI_PARTS_BOX_FILE_H

#include "files/npy_header.h"
#include "parts/store.h"
#include "session.h"

// What tells one version of a file from another.
typedef struct file_version {
    int64_t bytes, seconds, nanoseconds; // its size, and when it was changed
} file_version;

typedef struct box_file {
    const char *path; // borrowed
    const store_kind *kind;
    store *file;
    npy_header header;
    int64_t data;         // where the first element is
    file_version version; // when it was opened; only of one that is read
} box_file;

// Some of an array, densely, in the order of axes that its file has. The tensor's shape and strides
// point into the struct.
typedef struct slab {
    faltung_tensor tensor;
    int64_t shape[FALTUNG_MAX_RANK], strides[FALTUNG_MAX_RANK];
} slab;

// Opens a .npy file to read; refuses what is none, pipes and pictures. Data is not read.
int box_file_open(session *s, box_file *f, const char *path, const store_kind *kind);

// Opens or creates a file to write an array of such a shape to in C order, as large as it will be.
int box_file_create(session *s, box_file *f, const char *path, const store_kind *kind,
                    faltung_dtype dtype, int rank, const int64_t *shape);

// The tensor of all of the array, without its data.
faltung_tensor box_file_tensor(const box_file *f);

// Refuses a file that has been changed since it was opened to read.
int box_file_check(session *s, const box_file *f);

void box_file_close(box_file *f);

// Lets a slab, which has memory for that, be a box of the file.
void slab_shape(slab *to, const box_file *f, const faltung_part *box);

// Bytes that a box takes; SIZE_MAX if they are more than memory has.
size_t box_bytes(const box_file *f, const faltung_part *box);

// Reads a box, within the one that a slab is of. Along the last `axes` axes positions may lie
// outside the array, for the plan to say what is there. False with a reason.
bool box_file_read(const box_file *f, const faltung_part *box, const faltung_plan *plan, int axes,
                   const slab *to, const faltung_part *of_slab, store_reason *why);

// Copies a box from one slab of a file to another.
void slab_copy(const box_file *f, const faltung_part *box, const slab *from,
               const faltung_part *of_from, const slab *to, const faltung_part *of_to);

// Writes the box that a slab is of.
bool box_file_write(const box_file *f, const faltung_part *box, const slab *from,
                    store_reason *why);

#endif
