// SPDX-License-Identifier: Apache-2.0
//
// A convolution between files, as all of parts/ is handed it.
#ifndef CLI_PARTS_JOB_H
#define CLI_PARTS_JOB_H

#include "parts/box_file.h"
#include "parts/grid.h"

typedef struct parts_job {
    const faltung_plan *plan;
    int spatial_axes;
    box_file input, residual, output; // residual.file is NULL: there is none
    grid grid;
    span wanted;       // the pixels that this run is to compute
    const spans *done; // what need not be computed again
    int slots;         // pieces that are in memory at once: 1 or 2
} parts_job;

// A piece on its way: what it computes, and from what.
typedef struct piece {
    span pixels;
    faltung_part output, input;
} piece;

// The next piece from a pixel on; false behind the last.
bool job_next_piece(const parts_job *job, int64_t from, piece *next);

// Bytes of memory that slabs of a slot take; SIZE_MAX if they are more than there can be.
typedef struct slot_bytes {
    size_t input, output; // a residual takes as much as the output
} slot_bytes;

// Makes them at least those of a piece.
void job_raise_bytes(const parts_job *job, const piece *p, slot_bytes *bytes);

// All of them together.
size_t job_slot_bytes(const parts_job *job, const slot_bytes *bytes);

#endif
