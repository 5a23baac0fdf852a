// SPDX-License-Identifier: Apache-2.0
//
// Blocks of a few cells, 64 bytes of channels each: a few rows of an image of all of them come
// before the next rows, so that what lies beside a cell in memory is used before it is far. The
// chains of a chunk stay in memory meanwhile, and are read and written once for every few vectors.
#include "algorithms/dots/across.h"

#include "algorithms/dots/work.h"
#include "algorithms/workspace.h"
#include "base/checked.h"

#include <string.h>

enum {
    PIXELS = 1024, // of a piece of grad, about
    NEAR = 8,      // vectors of them that are multiplied by all taps before the next ones
    TAPS = 64,     // of all cells of a block, about, and
    CELLS = 8,     // cells, at most, so that their chains stay in the cache
    FEWEST = 48,   // bytes of channels: with fewer of the lanes in use, pixels fill more of them
};

static int64_t rows_of_taps(const fal_problem *p)
{
    return fal_least(p->axis[1].output, fal_most(1, TAPS / p->axis[2].output));
}

static int64_t count_cells(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t taps = rows_of_taps(p) * p->axis[2].output;
    const int64_t all = fal_ceil_divide(p->groups * task->kernels->size, 64);
    return fal_least(all, fal_most(1, TAPS / taps < CELLS ? TAPS / taps : CELLS));
}

static fal_dots_layout lay_out_piece(const fal_task *task, const fal_dots_layout *l)
{
    return fal_lay_out_dots_piece(task, l, fal_most(1, PIXELS / l->pitch));
}

// Long kernels and rows would take more than what is gained.
static bool is_near(const fal_task *task)
{
    const int64_t most_taps = 256, most = 1 << 22; // bytes of a piece
    const fal_dots_layout all = fal_lay_out_dots(task), l = lay_out_piece(task, &all);
    return rows_of_taps(&task->problem) * task->problem.axis[2].output <= most_taps &&
           (l.band + l.grad) * 64 <= most;
}

bool fal_dots_plan_across(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    return task->channels_last && p->batch == 1 && p->output_channels == 1 &&
           p->groups * task->kernels->size >= FEWEST && is_near(task);
}

bool fal_dots_go_across(const fal_task *task, const fal_operands *all)
{
    return fal_dots_plan_across(task) && all->input.group == 1 && all->weight.group == 1;
}

// ----------------------------------------------------------------------------------- the workspace

static int64_t numbers_of_sums(const fal_task *task, const fal_dots_layout *l)
{
    const fal_problem *p = &task->problem;
    return count_cells(task) * rows_of_taps(p) * p->axis[2].output * l->lanes * l->lanes;
}

static size_t lay_out_desk(const fal_task *task, char *workspace, fal_dots_desk *d)
{
    const fal_problem *p = &task->problem;
    const fal_dots_layout all = fal_lay_out_dots(task), l = lay_out_piece(task, &all);
    const size_t size = (size_t)task->kernels->size;
    const size_t sums = (size_t)numbers_of_sums(task, &l) * size;
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        (size_t)l.band * (size_t)l.lanes * size,
        (size_t)l.grad * (size_t)l.lanes * size,
        sums,
        sums,
        (size_t)(rows_of_taps(p) * p->axis[2].output) * sizeof *d->offset,
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *place[PLACES];
    const size_t total = fal_divide_workspace(workspace, PLACES, bytes, place);
    *d = (fal_dots_desk){place[0], place[1], place[2], place[3], place[4], place[5]};
    return total;
}

size_t fal_dots_across_workspace(const fal_task *task)
{
    fal_dots_desk d;
    return lay_out_desk(task, NULL, &d);
}

// --------------------------------------------------------------------------------------- computing

// The products of what is packed, some vectors at a time. `row` is that of the first, from the
// chunk's first row on; `all` says what is alike for all of them.
static void sum_piece(const fal_dots_work *w, int64_t row, int64_t rows, const fal_dots_across *all)
{
    const fal_dots_layout *l = &w->l;
    const int64_t cell = w->cell * w->task->kernels->size;
    const int64_t of_strip = l->flat ? fal_ceil_divide(rows * l->pitch, l->lanes) : l->vectors;
    const int64_t strips = l->flat ? 1 : rows, together = fal_most(1, NEAR / of_strip);
    fal_dots_across dots = *all;
    dots.first = l->flat ? row * l->pitch % l->lanes : 0;
    for (int64_t strip = 0; strip < strips; strip += together)
        for (int64_t vector = 0; vector < of_strip; vector += NEAR) {
            const int64_t input = strip * l->pitch + vector * l->lanes;
            const int64_t grad = strip * l->grad_pitch + vector * l->lanes;
            dots.input = (const char *)all->input + input * cell;
            dots.grad = (const char *)all->grad + grad * cell;
            dots.strips = fal_least(together, strips - strip);
            dots.vectors = fal_least(NEAR, of_strip - vector);
            if (all->next_input) {
                dots.next_input = all->next_input + (uintptr_t)(grad * all->next_input_pixel);
                dots.next_grad = all->next_grad + (uintptr_t)(grad * all->next_grad_pixel);
            }
            w->task->kernels->sum_dots_across(&dots);
        }
}

// Bytes of the sums of a cell.
static int64_t bytes_of_cell(const fal_dots_work *w)
{
    return w->taps * w->l.lanes * w->cell * w->task->kernels->size;
}

// Goes on to the next cell of a block, or to the first one of what comes next of a channel.
static void advance(const fal_dots_work *w, const fal_dots_block *block, fal_dots_block *b,
                    fal_dots_chunk *piece)
{
    b->group += w->cell;
    if (b->group < block->group + block->channels)
        return;
    b->group = block->group;
    piece->row += w->l.rows;
    if (piece->row < w->task->problem.axis[1].kernel)
        return;
    piece->row = 0;
    piece->image++;
}

// A few rows of an image, of each cell of a block.
static void run_piece(fal_dots_work *w, const fal_dots_block *block, const fal_dots_chunk *piece,
                      int64_t row)
{
    const int64_t past = block->group + block->channels;
    fal_dots_across dots = {
        .input = w->desk.band,
        .grad = w->desk.grad,
        .offset = w->desk.offset,
        .taps = w->taps,
        .input_strip = w->l.pitch,
        .grad_strip = w->l.grad_pitch,
        .sums = w->desk.chains,
    };
    fal_dots_block b = *block, next = *block;
    fal_dots_chunk next_piece = *piece;
    b.channels = 1;
    for (; b.group < past; b.group += w->cell) {
        w->channels = fal_least(w->cell, past - b.group);
        fal_clear_dots(w, &b, piece);
        fal_pack_dots_grad(w, &b, piece);
        fal_pack_dots_band(w, &b, piece, 0);
        advance(w, block, &next, &next_piece);
        fal_look_ahead_across(w, &next, &next_piece, &dots);
        sum_piece(w, row, piece->rows, &dots);
        dots.sums = (char *)dots.sums + bytes_of_cell(w);
    }
}

static void add_floats(float *to, const float *from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] += from[i];
}

static void add_doubles(double *to, const double *from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] += from[i];
}

static void add(const fal_dots_work *w, void *to, const void *from, int64_t count)
{
    if (w->task->problem.dtype == FALTUNG_F64)
        add_doubles(to, from, count);
    else
        add_floats(to, from, count);
}

static void run_chunk(fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *chunk,
                      bool adds)
{
    const int64_t cells = fal_ceil_divide(b->channels, w->cell);
    const int64_t bytes = cells * bytes_of_cell(w);
    memset(w->desk.chains, 0, (size_t)bytes);
    fal_dots_chunk piece = *chunk;
    piece.images = 1;
    for (int64_t n = 0; n < chunk->images; n++, piece.image++)
        for (int64_t row = 0; row < chunk->rows; row += w->l.rows) {
            piece.row = chunk->row + row;
            piece.rows = fal_least(w->l.rows, chunk->rows - row);
            run_piece(w, b, &piece, row);
        }
    if (adds)
        add(w, w->desk.sums, w->desk.chains, bytes / w->task->kernels->size);
    else
        memcpy(w->desk.sums, w->desk.chains, (size_t)bytes);
}

// An element of each of so many channels from the block's first one on.
static void write_cell(const fal_dots_work *w, const fal_dots_block *block, int64_t channels,
                       int64_t row, int64_t column, const void *sums)
{
    const bool is_double = w->task->problem.dtype == FALTUNG_F64;
    fal_dots_block b = *block;
    for (int64_t i = 0; i < channels; i++, b.group++)
        fal_write_dots(w, &b, row, column,
                       is_double ? ((const double *)sums)[i] : ((const float *)sums)[i]);
}

static void write_block(const fal_dots_work *w, const fal_dots_block *block, const int64_t *from,
                        const int64_t *to)
{
    const int64_t lane = w->cell * w->task->kernels->size;
    char *sums = w->desk.sums;
    fal_dots_block b = *block;
    b.channels = 1;
    for (int64_t g = 0; g < block->channels; g += w->cell, b.group += w->cell)
        for (int64_t kh = from[FAL_ROW]; kh < to[FAL_ROW]; kh++)
            for (int64_t kw = from[FAL_COLUMN]; kw < to[FAL_COLUMN]; kw++) {
                for (int64_t half = w->l.lanes / 2; half; half /= 2)
                    add(w, sums, sums + half * lane, half * w->cell);
                write_cell(w, &b, fal_least(w->cell, block->channels - g), kh, kw, sums);
                sums += w->l.lanes * lane;
            }
}

// All chunks of a block, in order, for some rows and columns of the kernel.
static void run_block(fal_dots_work *w, const fal_dots_layout *l, const fal_dots_block *b,
                      const int64_t *from, const int64_t *to)
{
    const fal_problem *p = &w->task->problem;
    bool adds = false;
    fal_dots_chunk c = {0};
    for (c.depth = 0; c.depth < p->axis[0].kernel; c.depth++)
        for (c.image = 0; c.image < p->input_channels; c.image += l->images)
            for (c.row = 0; c.row < p->axis[1].kernel; c.row += l->rows, adds = true) {
                c.images = fal_least(l->images, p->input_channels - c.image);
                c.rows = fal_least(l->rows, p->axis[1].kernel - c.row);
                run_chunk(w, b, &c, adds);
            }
    write_block(w, b, from, to);
}

void fal_run_dots_across(const fal_task *task, const fal_operands *all, const fal_part *part,
                         void *workspace)
{
    const fal_dots_layout l = fal_lay_out_dots(task);
    fal_dots_work w = {.task = task, .all = all, .part = part, .l = lay_out_piece(task, &l)};
    lay_out_desk(task, workspace, &w.desk);
    w.cell = l.lanes;
    const int64_t step = rows_of_taps(&task->problem), most = count_cells(task) * w.cell;
    fal_part some = *part;
    for (int64_t kh = part->begin[FAL_ROW]; kh < part->end[FAL_ROW]; kh += step) {
        some.begin[FAL_ROW] = kh;
        some.end[FAL_ROW] = fal_least(kh + step, part->end[FAL_ROW]);
        fal_find_dots_offsets(&w, some.begin, some.end);
        fal_dots_block b = {.group = part->begin[FAL_CHANNEL], .planes = 1};
        for (; b.group < part->end[FAL_CHANNEL]; b.group += b.channels) {
            b.channels = fal_least(most, part->end[FAL_CHANNEL] - b.group);
            for (b.depth = part->begin[FAL_DEPTH]; b.depth < part->end[FAL_DEPTH]; b.depth++)
                run_block(&w, &l, &b, some.begin, some.end);
        }
    }
}
