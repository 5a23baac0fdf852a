// SPDX-License-Identifier: Apache-2.0
//
// A convolution between files, as all of parts/ is handed it.
#ifndef CLI_PARTS_JOB_H
#define CLI_PARTS_JOB_H

#include "parts/box_file.h"
#include "parts/grid.h"

// A piece on its way: what it computes, and from what.
typedef struct piece {
    span pixels;
    faltung_part output, input, second; // boxes of the job's files
} piece;

typedef struct parts_job parts_job;

// What kind of convolution it is.
typedef struct parts_work {
    // The first piece of what is left, which is not empty.
    void (*cut)(const parts_job *job, span left, piece *next);
    // Computes a piece from slabs of the two inputs, of which the second may be NULL.
    faltung_status (*compute)(const parts_job *job, const piece *p, const faltung_tensor *input,
                              const faltung_tensor *second, const faltung_tensor *output,
                              void *workspace, faltung_message *message);
} parts_work;

struct parts_job {
    const parts_work *work;
    const faltung_plan *plan;         // of a convolution that is no weight's gradient
    const struct weight_units *units; // of one that is, see parts/weight.h
    int spatial_axes;
    box_file input, second, output; // second: a residual, or grad_output; its file may be NULL
    grid grid;
    span wanted;       // the pixels that this run is to compute
    const spans *done; // what need not be computed again
    int slots;         // pieces that are in memory at once: 1 or 2
};

// The next piece from a pixel on; false behind the last.
bool job_next_piece(const parts_job *job, int64_t from, piece *next);

// Bytes of memory that the slabs of a slot take.
typedef struct slot_bytes {
    size_t input, second, output;
} slot_bytes;

// Makes them at least those of a piece.
void job_raise_bytes(const parts_job *job, const piece *p, slot_bytes *bytes);

// All of them together; SIZE_MAX if they are more than there can be.
size_t job_slot_bytes(const slot_bytes *bytes);

#endif
