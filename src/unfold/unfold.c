// SPDX-License-Identifier: Apache-2.0
//
// From a picture to its blocks. A task is a few rows of blocks of a few channels, whose elements
// of the picture stay near while every element of the kernel copies them once more.
#include "unfold/sliding.h"

#include "base/checked.h"
#include "base/fail.h"
#include "base/parallel.h"
#include "kernels/kernels.h"
#include "tensor/runs.h"

enum { CHANNELS = 16, NEAR = 2048 }; // of a task: channels, and blocks of its rows

typedef struct job {
    fal_sliding sliding;
    const fal_kernels *kernels;      // that copy numbers
    int64_t rows;                    // of a task
    int64_t channels, depths, bands; // tasks along each axis
} job;

// What one element of the kernel makes of the blocks of a task, rows of a channel's columns: where
// it lies in the picture for the blocks in [row, past_row) and, of these, [column, past_column),
// and nowhere for the others.
typedef struct patch {
    const char *from;      // for the first of these blocks
    char *to;              // of the task's first block
    int64_t rows, columns; // of blocks in all
    int64_t row, past_row, column, past_column;
} patch;

static void clear_border(const fal_sliding *s, const patch *p)
{
    const int64_t size = (int64_t)faltung_dtype_size(s->dtype), step = s->columns_column;
    const int64_t next = p->columns * step * size;
    fal_clear_run(size, p->to, step, p->row * p->columns);
    fal_clear_run(size, p->to + p->past_row * next, step, (p->rows - p->past_row) * p->columns);
    for (int64_t y = p->row; p->column && y < p->past_row; y++)
        fal_clear_run(size, p->to + y * next, step, p->column);
    for (int64_t y = p->row; p->past_column < p->columns && y < p->past_row; y++)
        fal_clear_run(size, p->to + y * next + p->past_column * step * size, step,
                      p->columns - p->past_column);
}

static void copy_inside(const job *j, const patch *p)
{
    const fal_sliding *s = &j->sliding;
    const fal_sliding_axis *axis = s->axis;
    const int64_t size = (int64_t)faltung_dtype_size(s->dtype), step = s->columns_column;
    const fal_box box = {
        .from = p->from,
        .to = p->to + (p->row * p->columns + p->column) * step * size,
        .planes = 1,
        .rows = p->past_row - p->row,
        .columns = p->past_column - p->column,
        .from_row = axis[1].stride * axis[1].step,
        .from_column = axis[2].stride * axis[2].step,
        .to_row = p->columns * step,
    };
    if (step == 1 && j->kernels->size == size) {
        j->kernels->copy(&box);
        return;
    }
    for (int64_t y = 0; y < box.rows; y++)
        fal_copy_run(size, (char *)box.to + y * box.to_row * size, step,
                     p->from + y * box.from_row * size, box.from_column, box.columns);
}

// Where a block's element k lies along an axis.
static int64_t find_position(const fal_sliding_axis *axis, int64_t block, int64_t k)
{
    return block * axis->stride + (k * axis->dilation - axis->padding);
}

// The blocks of a task, of one channel and the elements k of the kernel's depth and rows.
static void copy_blocks(const job *j, int64_t from, int64_t to, const int64_t block[2],
                        const int64_t k[2])
{
    const fal_sliding *s = &j->sliding;
    const fal_sliding_axis *axis = s->axis;
    const int64_t size = (int64_t)faltung_dtype_size(s->dtype);
    const int64_t depth = find_position(&axis[0], block[0], k[0]);
    const int64_t place = (block[0] * axis[1].blocks + block[1]) * axis[2].blocks;
    const int64_t rows = fal_least(j->rows, axis[1].blocks - block[1]);
    int64_t row, past_row;
    fal_find_blocks(&axis[1], k[1], 0, axis[1].picture, &row, &past_row);
    row = fal_least(fal_most(row - block[1], 0), rows);
    past_row = fal_most(row, fal_least(past_row - block[1], rows));
    for (int64_t kw = 0; kw < axis[2].kernel; kw++) {
        patch p = {
            .to =
                (char *)s->columns + (to + kw * s->columns_row + place * s->columns_column) * size,
            .rows = rows,
            .columns = axis[2].blocks,
            .row = row,
            .past_row = past_row,
        };
        fal_find_blocks(&axis[2], kw, 0, axis[2].picture, &p.column, &p.past_column);
        if (depth < 0 || depth >= axis[0].picture || p.column == p.past_column)
            p.past_row = p.row;
        clear_border(s, &p);
        if (p.row == p.past_row)
            continue;
        p.from = (const char *)s->picture +
                 (from + depth * axis[0].step +
                  find_position(&axis[1], block[1] + row, k[1]) * axis[1].step +
                  find_position(&axis[2], p.column, kw) * axis[2].step) *
                     size;
        copy_inside(j, &p);
    }
}

static void copy_task(void *context, int64_t index, int worker)
{
    const job *j = context;
    const fal_sliding *s = &j->sliding;
    const fal_sliding_axis *axis = s->axis;
    (void)worker;
    const int64_t block[2] = {index / j->bands % j->depths, index % j->bands * j->rows};
    const int64_t channel = index / (j->bands * j->depths) % j->channels * CHANNELS;
    const int64_t image = index / (j->bands * j->depths * j->channels);
    const int64_t rows = axis[0].kernel * axis[1].kernel * axis[2].kernel; // of a channel
    const int64_t past = fal_least(channel + CHANNELS, s->channels);
    for (int64_t c = channel; c < past; c++) {
        int64_t from = image * s->picture_image + c * s->picture_channel;
        int64_t to = image * s->columns_image + c * rows * s->columns_row;
        for (int64_t kd = 0; kd < axis[0].kernel; kd++)
            for (int64_t kh = 0; kh < axis[1].kernel; kh++) {
                copy_blocks(j, from, to, block, (const int64_t[]){kd, kh});
                to += axis[2].kernel * s->columns_row;
            }
    }
}

faltung_status faltung_unfold_shape(const faltung_conv *conv, const int64_t *kernel,
                                    const faltung_tensor *input, int64_t shape[3],
                                    faltung_message *message)
{
    fal_sliding sliding;
    int rank;
    if (!shape)
        return fal_fail(message, FALTUNG_ERROR_NULL, "shape is NULL");
    return fal_check_unfold(conv, kernel, input, &rank, shape, &sliding, message);
}

faltung_status faltung_unfold(const faltung_conv *conv, const int64_t *kernel,
                              const faltung_tensor *input, const faltung_tensor *columns,
                              faltung_message *message)
{
    job j;
    int rank;
    int64_t shape[3], count;
    faltung_status status =
        fal_check_unfold(conv, kernel, input, &rank, shape, &j.sliding, message);
    if (!status)
        status = fal_check_result(input, columns, rank, shape, message);
    if (status)
        return status;
    const fal_sliding *s = &j.sliding;
    const size_t size = faltung_dtype_size(s->dtype); // all that copying has to know of a type
    fal_set_picture(&j.sliding, conv->axes, input);
    fal_set_columns(&j.sliding, columns);
    j.kernels = fal_best_kernels(size == sizeof(float) ? FALTUNG_F32 : FALTUNG_F64);
    j.rows = fal_ceil_divide(NEAR, s->axis[2].blocks);
    j.channels = fal_ceil_divide(s->channels, CHANNELS);
    j.depths = s->axis[0].blocks;
    j.bands = fal_ceil_divide(s->axis[1].blocks, j.rows);
    faltung_tensor_count(columns, &count, NULL);
    fal_parallel_by(conv->parallel, fal_sliding_threads(conv, (double)count),
                    s->batch * j.channels * j.depths * j.bands, copy_task, &j);
    return FALTUNG_OK;
}
