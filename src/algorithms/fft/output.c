// SPDX-License-Identifier: Apache-2.0
//
// The products of a block's spectra with those of the kernels, and their way to the output.
#include "algorithms/fft/work.h"

#include "base/checked.h"

#include <string.h>

// ---------------------------------------------------------------------------------------- products

// At one frequency: rows in as few calls as can be, of nearly equal size.
static void multiply_rows(const fal_fft_work *w, fal_fft_products p, int64_t rows)
{
    const fal_kernels *kernels = w->task->kernels;
    const fal_fft_kernels *fft = kernels->fft;
    const char *from = p.rows;
    char *sums = p.sums;
    int64_t left = fal_ceil_divide(rows, fft->most);
    for (int64_t first = 0, size; left > 0; first += size, left--) {
        size = fal_ceil_divide(rows - first, left);
        p.rows = from + 2 * first * p.line * kernels->size;
        p.sums = sums + 2 * first * kernels->lanes * kernels->size;
        fft->multiply[size - 1](&p);
    }
}

void fal_fft_multiply(const fal_fft_work *w, const fal_fft_block *b, const char *weights,
                      int64_t channels)
{
    const fal_fft_layout *l = &w->layout;
    const int64_t lanes = w->task->kernels->lanes, size = w->task->kernels->size;
    const int64_t first = b->slices.first_plane, past = b->slices.past_plane;
    fal_fft_products p = {.line = l->line, .count = past - first};
    for (int64_t f = 0; f < l->frequencies; f++) {
        const char *spectra = w->desk.spectra + f * l->spectra * size;
        char *sums = w->desk.sums + f * l->sums * size;
        const char *of_weights = weights + f * l->weights * size;
        p.rows = (l->pixels ? of_weights : spectra) + first * size;
        p.vectors = (l->pixels ? spectra : of_weights) + 2 * first * lanes * size;
        p.sums = sums;
        multiply_rows(w, p, l->pixels ? channels : 2 * b->pairs);
        if (!l->pixels)
            continue;
        p.vectors = spectra + 2 * (l->inputs + first) * lanes * size;
        p.sums = sums + 2 * channels * lanes * size;
        multiply_rows(w, p, channels);
    }
}

// ------------------------------------------------------------------------------------- the way
// back

// Collects what is in the lanes: all channels of a pair, or one channel of all pairs.
static void collect_spectrum(const fal_fft_work *w, int64_t index, int64_t channels)
{
    const fal_fft_layout *l = &w->layout;
    const int64_t lanes = w->task->kernels->lanes;
    const int64_t first = (l->pixels ? 2 : 4) * index * lanes;
    const fal_fft_spectrum s = {
        .picture = w->desk.picture,
        .at = w->tables.at,
        .count = l->frequencies,
        .spectrum = w->desk.sums + first * w->task->kernels->size,
        .element = l->sums,
        .half = (l->pixels ? 2 * channels : 2) * lanes,
        .imaginary = lanes,
    };
    w->task->kernels->fft->collect(&s);
}

// Some rows of one half of the lanes' pictures to planes.
static void give_planes(const fal_fft_work *w, int half, int64_t row, int64_t rows,
                        const void *bias)
{
    const fal_fft_layout *l = &w->layout;
    const int64_t complex = 2 * w->task->kernels->lanes, part = half * w->task->kernels->lanes;
    const fal_fft_planes planes = {
        .numbers = w->desk.planes,
        .plane = l->plane,
        .row = l->row,
        .rows = rows,
        .columns = l->outputs[1],
        .picture = w->desk.picture + (row * l->pitch * complex + part) * w->task->kernels->size,
        .pitch = l->pitch,
        .bias = bias,
    };
    w->task->kernels->fft->give(&planes);
}

// Copies what needs nothing else done to it: row by row, or, where channels lie together in the
// output, pixel by pixel of each row.
static void copy_rows(const fal_fft_work *w, const fal_rows *rows, int64_t channels)
{
    const fal_box pixels = {
        .from = rows->from,
        .to = rows->to,
        .planes = rows->rows,
        .rows = rows->columns,
        .columns = channels,
        .from_plane = rows->from_row,
        .from_row = 1,
        .from_column = w->layout.plane,
        .to_plane = rows->to_row,
        .to_row = rows->to_column,
    };
    const fal_box box = {
        .from = rows->from,
        .to = rows->to,
        .planes = channels,
        .rows = rows->rows,
        .columns = rows->columns,
        .from_plane = w->layout.plane,
        .from_row = rows->from_row,
        .from_column = 1,
        .to_plane = w->all->output.channel,
        .to_row = rows->to_row,
    };
    w->task->kernels->copy(rows->to_column == 1 ? &box : &pixels);
}

static void write_rows(const fal_fft_work *w, fal_rows rows, int64_t channels)
{
    const fal_kernels *k = w->task->kernels;
    const bool are_together = rows.to_column == 1 || w->all->output.channel == 1;
    if (!w->finish && are_together && k->output_size == k->size) {
        copy_rows(w, &rows, channels);
        return;
    }
    for (int64_t c = 0; c < channels; c++) {
        k->write_rows(&rows);
        rows.from = (const char *)rows.from + w->layout.plane * k->size;
        rows.to = (char *)rows.to + w->all->output.channel * k->output_size;
    }
}

// Writes what of a run's rows, `rows` from `row` of the tile on, belongs to the part.
static void write_run(const fal_fft_work *w, const fal_fft_block *b, const fal_fft_run *r,
                      int64_t row, int64_t rows)
{
    const fal_kernels *k = w->task->kernels;
    const fal_fft_layout *l = &w->layout;
    const fal_view *output = &w->all->output;
    const int64_t *begin = w->part->begin, *end = w->part->end;
    const int64_t first = r->pair.row[r->half] + row, column = r->pair.column[r->half];
    const int64_t top = fal_most(first, begin[FAL_ROW]), left = fal_most(column, begin[FAL_COLUMN]);
    const int64_t bottom = fal_least(first + rows, end[FAL_ROW]);
    const int64_t right = fal_least(column + l->outputs[1], end[FAL_COLUMN]);
    if (top >= bottom || left >= right)
        return;
    const int64_t from = r->lane * l->plane + (top - first) * l->row + (left - column);
    const int64_t to = b->group * output->group + r->channel * output->channel +
                       r->pair.image * output->outer + b->depth * output->axis[0] +
                       top * output->axis[1] + left * output->axis[2];
    const fal_rows written = {
        .from = w->desk.planes + from * k->size,
        .to = (char *)output->data + to * k->output_size,
        .rows = bottom - top,
        .columns = right - left,
        .from_row = l->row,
        .from_column = 1,
        .to_row = output->axis[1],
        .to_column = output->axis[2],
        .finish = w->finish,
    };
    write_rows(w, written, r->channels);
}

// What is in the lanes: one pair, and channels of it from that of the first lane on that are in
// [begin, end), or that very channel of all pairs.
static void write_lanes(const fal_fft_work *w, const fal_fft_block *b, fal_fft_run r, int64_t begin,
                        int64_t end, int64_t row, int64_t rows)
{
    if (w->layout.pixels) {
        for (r.channels = 1; r.lane < b->pairs; r.lane++) {
            r.pair = fal_fft_find_pair(w, b, r.lane);
            write_run(w, b, &r, row, rows);
        }
        return;
    }
    const int64_t past = fal_least(r.channel + w->task->kernels->lanes, end);
    r.lane = fal_most(begin - r.channel, 0);
    r.channel += r.lane;
    r.channels = past - r.channel;
    write_run(w, b, &r, row, rows);
}

static void emit_lanes(const fal_fft_work *w, const fal_fft_block *b, const void *bias,
                       fal_fft_run r, int64_t begin, int64_t end)
{
    const fal_fft_layout *l = &w->layout;
    fal_fft_back(w, l->outputs[0]);
    for (int64_t row = 0; row < l->outputs[0]; row += l->rows)
        for (r.half = 0; r.half < 2; r.half++) {
            const int64_t rows = fal_least(l->rows, l->outputs[0] - row);
            give_planes(w, r.half, row, rows, bias);
            write_lanes(w, b, r, begin, end, row, rows);
        }
}

// The bias of one channel for all lanes.
static void repeat_bias(const fal_task *task, const char *bias, char *to)
{
    for (int i = 0; i < task->kernels->lanes; i++)
        memcpy(to + i * task->kernels->size, bias, (size_t)task->kernels->size);
}

void fal_fft_emit(const fal_fft_work *w, const fal_fft_block *b, const char *bias, int64_t first,
                  int64_t begin, int64_t end)
{
    _Alignas(64) char repeated[64];
    if (!w->layout.pixels) {
        for (int64_t p = 0; p < b->pairs; p++) {
            const fal_fft_run r = {.channel = first, .pair = fal_fft_find_pair(w, b, p)};
            collect_spectrum(w, p, 0);
            emit_lanes(w, b, bias, r, begin, end);
        }
        return;
    }
    for (int64_t c = begin; c < end; c++) {
        const fal_fft_run r = {.channel = c};
        repeat_bias(w->task, bias + (c - first) * w->task->kernels->size, repeated);
        collect_spectrum(w, c - begin, end - begin);
        emit_lanes(w, b, repeated, r, begin, end);
    }
}
