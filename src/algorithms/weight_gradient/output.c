// SPDX-License-Identifier: Apache-2.0
//
// The sums of a weight's gradient on their way to the output.
#include "algorithms/weight_gradient/work.h"

#include "base/checked.h"

#include <string.h>

typedef fal_of_weight_block block;
typedef fal_of_weight_work work;

// The elements of one plane and channel, from sums that lie so far apart.
static inline void write_elements(const work *w, const fal_part *part, char *to, const char *sums,
                                  int64_t row, int64_t column, size_t size)
{
    const int64_t *step = w->all->output.axis;
    const int64_t first = part->begin[FAL_COLUMN], past = part->end[FAL_COLUMN];
    for (int64_t kh = part->begin[FAL_ROW]; kh < part->end[FAL_ROW]; kh++, sums += row) {
        const char *from = sums;
        for (int64_t kw = first; kw < past; kw++, from += column)
            memcpy(to + (kh * step[1] + kw * step[2]) * (int64_t)size, from, size);
    }
}

// The same where they are of another type there.
static void convert_elements(const work *w, const fal_part *part, char *to, const char *sums,
                             int64_t row, int64_t column)
{
    const int64_t *step = w->all->output.axis;
    int64_t at = part->begin[FAL_ROW] * step[1] + part->begin[FAL_COLUMN] * step[2];
    const fal_rows rows = {
        .from = sums,
        .to = to + at * w->task->kernels->output_size,
        .rows = part->end[FAL_ROW] - part->begin[FAL_ROW],
        .columns = part->end[FAL_COLUMN] - part->begin[FAL_COLUMN],
        .from_row = row,
        .from_column = column,
        .to_row = step[1],
        .to_column = step[2],
    };
    w->task->kernels->write_rows(&rows);
}

// A tile whose planes follow each other in the output, of one element each: it is turned.
static void turn_tile(const work *w, const block *b, int64_t channels, const char *sums, char *to)
{
    const fal_box box = {
        .from = sums,
        .to = to,
        .planes = 1,
        .rows = channels,
        .columns = b->planes,
        .from_row = 1,
        .from_column = b->tiling.plane * w->cut.channels,
        .to_row = w->all->output.channel,
    };
    w->task->kernels->copy(&box);
}

// Whether that can be done.
static bool is_turned(const work *w, const block *b)
{
    const fal_part *part = b->part;
    return w->all->output.outer == 1 && w->task->kernels->output_size == w->task->kernels->size &&
           part->end[FAL_ROW] - part->begin[FAL_ROW] == 1 &&
           part->end[FAL_COLUMN] - part->begin[FAL_COLUMN] == 1;
}

// In the order in which they lie in the output.
void fal_of_weight_write(const work *w, const block *b, int64_t channel, const char *sums)
{
    const fal_view *output = &w->all->output;
    const fal_tiling *t = &b->tiling;
    const int64_t size = w->task->kernels->size;
    const int64_t channels = fal_least(w->cut.channels, b->channels - channel);
    const int64_t row = t->row * w->cut.channels, column = t->column * w->cut.channels;
    int64_t corner = b->group * output->group + (b->channel + channel) * output->channel +
                     b->plane * output->outer + b->depth * output->axis[0];
    if (is_turned(w, b)) {
        corner += b->part->begin[FAL_ROW] * output->axis[1] +
                  b->part->begin[FAL_COLUMN] * output->axis[2];
        turn_tile(w, b, channels, sums, (char *)output->data + corner * size);
        return;
    }
    for (int64_t i = 0; i < b->planes; i++)
        for (int64_t o = 0; o < channels; o++) {
            char *to = (char *)output->data + (corner + i * output->outer + o * output->channel) *
                                                  w->task->kernels->output_size;
            const char *from = sums + (i * t->plane * w->cut.channels + o) * size;
            if (w->task->kernels->output_size != size)
                convert_elements(w, b->part, to, from, row, column);
            else if (size == sizeof(float)) // so that moving one is an instruction
                write_elements(w, b->part, to, from, row * size, column * size, sizeof(float));
            else
                write_elements(w, b->part, to, from, row * size, column * size, sizeof(double));
        }
}
