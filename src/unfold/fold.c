// SPDX-License-Identifier: Apache-2.0
//
// From blocks to the picture in which they overlap. Each element of the picture is summed in
// double, over the elements of the kernel in row-major order, and rounded once; so a task, which is
// a band of rows of one channel, needs nothing but the sums of a piece of it.
#include "unfold/sliding.h"

#include "base/checked.h"
#include "base/fail.h"
#include "base/parallel.h"
#include "tensor/runs.h"

#include <string.h>

enum { PIECE = 1024 }; // elements of the picture

typedef struct job {
    fal_sliding sliding;
    int64_t rows, columns; // of a piece
    int64_t bands;         // of rows of a plane
} job;

// Some rows of a plane of the picture, or some columns of one.
typedef struct piece {
    const fal_sliding *s;
    int64_t depth, row, past_row, column, past_column;
    double sum[PIECE];
} piece;

// The block whose element k lies at a position; -1: there is none.
static int64_t find_block(const fal_sliding_axis *axis, int64_t position, int64_t k)
{
    int64_t from_first = position + (axis->padding - k * axis->dilation), block = from_first;
    if (axis->stride > 1 && from_first > 0) {
        if (from_first % axis->stride)
            return -1;
        block = from_first / axis->stride;
    }
    return block < axis->blocks ? block : -1;
}

// Adds what an element of the kernel holds of the blocks in one plane of them, the first of which
// is at index `at` of the columns.
static void add_element(piece *p, int64_t kh, int64_t kw, int64_t at)
{
    const fal_sliding *s = p->s;
    const fal_sliding_axis *axis = s->axis;
    const int64_t columns = p->past_column - p->column;
    int64_t begin, end;
    fal_find_blocks(&axis[2], kw, p->column, p->past_column, &begin, &end);
    double *to =
        p->sum + (begin * axis[2].stride + (kw * axis[2].dilation - axis[2].padding) - p->column);
    for (int64_t y = p->row; begin < end && y < p->past_row; y++, to += columns) {
        int64_t block = find_block(&axis[1], y, kh);
        if (block >= 0)
            fal_add_run(s->dtype, s->columns,
                        at + (block * axis[2].blocks + begin) * s->columns_column,
                        s->columns_column, end - begin, to, axis[2].stride);
    }
}

// Adds all that a piece is made of; `at` is the index of its channel's first block.
static void add_all(piece *p, int64_t at)
{
    const fal_sliding *s = p->s;
    const fal_sliding_axis *axis = s->axis;
    for (int64_t kd = 0; kd < axis[0].kernel; kd++) {
        int64_t deep = find_block(&axis[0], p->depth, kd);
        int64_t plane = deep * axis[1].blocks * axis[2].blocks * s->columns_column;
        for (int64_t k = 0; k < axis[1].kernel * axis[2].kernel; k++, at += s->columns_row)
            if (deep >= 0)
                add_element(p, k / axis[2].kernel, k % axis[2].kernel, at + plane);
    }
}

static void store(const piece *p, int64_t channel)
{
    const fal_sliding *s = p->s;
    const fal_sliding_axis *axis = s->axis;
    const int64_t columns = p->past_column - p->column;
    for (int64_t y = p->row; y < p->past_row; y++)
        fal_store_run(s->dtype, s->picture,
                      channel + p->depth * axis[0].step + y * axis[1].step +
                          p->column * axis[2].step,
                      axis[2].step, columns, p->sum + (y - p->row) * columns);
}

static void fold_band(void *context, int64_t index, int worker)
{
    const job *j = context;
    const fal_sliding *s = &j->sliding;
    const fal_sliding_axis *axis = s->axis;
    const int64_t rows = axis[0].kernel * axis[1].kernel * axis[2].kernel; // of a channel
    const int64_t plane = index / (j->bands * axis[0].picture);
    const int64_t channel = plane % s->channels, image = plane / s->channels;
    piece p = {.s = s, .depth = index / j->bands % axis[0].picture};
    (void)worker;
    p.row = index % j->bands * j->rows;
    p.past_row = fal_least(p.row + j->rows, axis[1].picture);
    for (; p.column < axis[2].picture; p.column = p.past_column) {
        p.past_column = fal_least(p.column + j->columns, axis[2].picture);
        memset(p.sum, 0,
               (size_t)((p.past_row - p.row) * (p.past_column - p.column)) * sizeof *p.sum);
        add_all(&p, image * s->columns_image + channel * rows * s->columns_row);
        store(&p, image * s->picture_image + channel * s->picture_channel);
    }
}

faltung_status faltung_fold_shape(const faltung_conv *conv, const int64_t *kernel,
                                  const faltung_tensor *columns,
                                  int64_t shape[FALTUNG_MAX_AXES + 2], faltung_message *message)
{
    fal_sliding sliding;
    int rank;
    if (!shape)
        return fal_fail(message, FALTUNG_ERROR_NULL, "shape is NULL");
    return fal_check_fold(conv, kernel, columns, &rank, shape, &sliding, message);
}

faltung_status faltung_fold(const faltung_conv *conv, const int64_t *kernel,
                            const faltung_tensor *columns, const faltung_tensor *output,
                            faltung_message *message)
{
    job j;
    int rank;
    int64_t shape[FALTUNG_MAX_AXES + 2], count;
    faltung_status status =
        fal_check_fold(conv, kernel, columns, &rank, shape, &j.sliding, message);
    if (!status)
        status = fal_check_result(columns, output, rank, shape, message);
    if (status)
        return status;
    const fal_sliding *s = &j.sliding;
    const fal_sliding_axis *axis = s->axis;
    fal_set_picture(&j.sliding, conv->axes, output);
    fal_set_columns(&j.sliding, columns);
    j.columns = fal_least(axis[2].picture, PIECE);
    j.rows = PIECE / j.columns;
    j.bands = fal_ceil_divide(axis[1].picture, j.rows);
    faltung_tensor_count(columns, &count, NULL);
    fal_parallel_by(conv->parallel, fal_sliding_threads(conv, (double)count),
                    s->batch * s->channels * axis[0].picture * j.bands, fold_band, &j);
    return FALTUNG_OK;
}
