// SPDX-License-Identifier: Apache-2.0
//
// Blocks of some cells, 64 bytes of channels each. A piece of a chunk, a few rows of grad, is
// multiplied for all cells of a block before the next one, so that what lies beside a cell in
// memory is used before it is far. Pictures are read where they are; elements that are no numbers
// are copied, a piece of a cell at a time.
#include "algorithms/dots/across.h"

#include "algorithms/dots/across_work.h"
#include "algorithms/dots/work.h"
#include "algorithms/far.h"
#include "algorithms/workspace.h"
#include "base/checked.h"

#include <string.h>

// Elements of some images, and rows of them, of a cell.
static const char *find_elements(const fal_dots_across_work *w, const fal_view *view, int64_t group,
                                 int64_t image, int64_t depth, int64_t row)
{
    const int64_t at =
        group * view->group + image * view->channel + depth * view->axis[0] + row * view->axis[1];
    return (const char *)view->data + at * w->task->kernels->input_size;
}

// Some rows of grad of some images, at one depth of both pictures.
typedef struct piece {
    fal_dots_window window;
    int64_t image, images, depth, input_depth;
    const fal_dots_list *list;
} piece;

// A cell of a piece.
typedef struct cell {
    const piece *piece;
    int64_t group, channels;
} cell;

static const char *find_input(const fal_dots_across_work *w, const cell *c)
{
    const piece *p = c->piece;
    return find_elements(w, &w->all->input, c->group, p->image, p->input_depth, p->window.top);
}

static const char *find_grad(const fal_dots_across_work *w, const cell *c)
{
    const piece *p = c->piece;
    return find_elements(w, &w->all->weight, c->group, p->image, p->depth, p->window.row);
}

// As numbers, with `columns` pixels of each row.
static void copy(const fal_dots_across_work *w, const fal_view *view, const char *from,
                 const cell *c, int64_t rows, int64_t columns, const fal_dots_steps *steps,
                 char *to)
{
    for (int64_t n = 0; n < c->piece->images; n++) {
        const fal_box box = {
            .from = from + n * view->channel * w->task->kernels->input_size,
            .to = to + n * steps->image * w->task->kernels->size,
            .planes = rows,
            .rows = columns,
            .columns = c->channels,
            .from_plane = view->axis[1],
            .from_row = view->axis[2],
            .from_column = 1,
            .to_plane = steps->row,
            .to_row = steps->column,
        };
        w->task->kernels->copy(&box);
    }
}

static void copy_cell(const fal_dots_across_work *w, const cell *c, fal_dots_across *dots)
{
    const fal_dots_window *window = &c->piece->window;
    copy(w, &w->all->input, dots->input, c, window->bottom - window->top,
         w->task->problem.axis[2].input, &w->input, w->desk.input);
    copy(w, &w->all->weight, dots->grad, c, window->rows, window->columns, &w->grad, w->desk.grad);
    dots->input = w->desk.input;
    dots->grad = w->desk.grad;
}

// The lines of the next cell that are brought near: those that a pixel's last row of taps meets,
// which no pixel before it does, and what a stride steps over beside it, unless that is too much.
static void fetch_next(const fal_dots_across_work *w, const cell *c, const cell *next,
                       fal_dots_across *dots)
{
    const fal_problem_axis *row = &w->task->problem.axis[1], *column = &w->task->problem.axis[2];
    const uint64_t size = (uint64_t)w->task->kernels->size;
    const int64_t columns = next->piece->window.column - c->piece->window.column;
    const int64_t down = (row->output - 1) * row->stride;
    const int64_t along = column->output / 2 * column->stride + columns * column->dilation;
    dots->next_input = (uintptr_t)find_input(w, next);
    dots->next_grad = (uintptr_t)find_grad(w, next) + (uintptr_t)(columns * w->grad.column) * size;
    for (int64_t r = 0; r < fal_least(row->dilation, 2); r++)
        for (int64_t i = 0; i < fal_least(column->dilation, 2); i++)
            dots->fetch[dots->fetches++] =
                (ptrdiff_t)(((uint64_t)(down - r) * (uint64_t)w->input.row +
                             (uint64_t)(along + i) * (uint64_t)w->input.column) *
                            size);
}

// Numbers from one of several that are so far apart to another. It may be further than there are
// numbers where nothing is met.
static int64_t distance(int64_t count, int64_t step)
{
    return (int64_t)((uint64_t)count * (uint64_t)step);
}

// The products of a cell with some of the taps.
static void run_group(const fal_dots_across_work *w, int64_t index, char *sums,
                      fal_dots_across *dots)
{
    const fal_problem_axis *row = &w->task->problem.axis[1], *column = &w->task->problem.axis[2];
    const fal_dots_group *group = &w->group[index];
    dots->rows = (int)group->rows;
    dots->columns = (int)group->columns;
    dots->row = distance(row->stride, w->input.row);
    dots->column = distance(column->stride, w->input.column);
    dots->offset = (ptrdiff_t)((uint64_t)distance(group->row, dots->row) +
                               (uint64_t)distance(group->column, dots->column));
    dots->inside = w->desk.places.inside + index * w->cut.places;
    dots->sums = sums + group->tap * w->l.lanes * w->l.lanes * w->task->kernels->size;
    w->task->kernels->sum_dots_across(dots);
}

// The products of a cell; `next` is the one after it, NULL: there is none.
static void run_cell(const fal_dots_across_work *w, const cell *c, const cell *next, bool add,
                     char *sums)
{
    fal_dots_across dots = {
        .input = find_input(w, c),
        .grad = find_grad(w, c),
        .channels = c->channels,
        .images = c->piece->images,
        .list = c->piece->list,
        .place = w->desk.places.place,
        .zeros = w->desk.zeros,
        .add = add,
    };
    if (fal_dots_copy(w->task))
        copy_cell(w, c, &dots);
    else if (next && fal_are_far(w->task))
        fetch_next(w, c, next, &dots);
    for (int64_t g = 0; g < w->groups; g++, dots.fetches = 0)
        run_group(w, g, sums, &dots);
}

// The products of a piece, for each cell of a block. Behind the last one comes the first one of the
// next piece, if there is one.
static void run_piece(const fal_dots_across_work *w, const fal_dots_block *b, const piece *p,
                      const piece *next_piece, bool add, char *sums)
{
    const int64_t past = b->group + b->channels;
    for (int64_t group = b->group; group < past; group += w->l.lanes) {
        const int64_t left = past - group;
        const bool last = left <= w->l.lanes;
        const cell c = {p, group, last ? left : w->l.lanes};
        const cell next = {last ? next_piece : p, last ? b->group : group + w->l.lanes, 0};
        run_cell(w, &c, next.piece ? &next : NULL, add, sums);
        sums += w->taps * w->l.lanes * w->l.lanes * w->task->kernels->size;
    }
}

static void run_chunk(fal_dots_across_work *w, const fal_dots_block *b, const fal_dots_chunk *c,
                      int64_t input_depth, char *sums)
{
    const fal_dots_list *list = fal_find_dots_lists(w, c->row, c->rows);
    piece p = {.image = c->image, .depth = c->depth, .input_depth = input_depth, .list = list};
    p.window = fal_find_dots_window(w, c->row, c->rows, 0);
    p.images = fal_least(w->cut.images, c->images);
    bool add = false;
    for (int64_t number = 1; p.images > 0; number++, add = true) {
        piece next = p;
        next.window = fal_find_dots_window(w, c->row, c->rows, number);
        next.list += w->l.lanes;
        if (next.window.rows == 0) {
            number = 0;
            next.window = fal_find_dots_window(w, c->row, c->rows, 0);
            next.list = list;
            next.image += p.images;
            next.images = fal_least(w->cut.images, c->image + c->images - next.image);
        }
        run_piece(w, b, &p, next.images > 0 ? &next : NULL, add, sums);
        p = next;
    }
}

static int64_t count_sums(const fal_dots_across_work *w, const fal_dots_block *b)
{
    return fal_ceil_divide(b->channels, w->l.lanes) * w->taps * w->l.lanes * w->l.lanes;
}

static void add_sums(const fal_dots_across_work *w, const fal_dots_block *b)
{
    const int64_t count = count_sums(w, b);
    if (w->task->problem.dtype == FALTUNG_F64)
        for (int64_t i = 0; i < count; i++)
            ((double *)w->desk.sums)[i] += ((const double *)w->desk.chains)[i];
    else
        for (int64_t i = 0; i < count; i++)
            ((float *)w->desk.sums)[i] += ((const float *)w->desk.chains)[i];
}

// One tap of a cell. A sum that is not finite is written by itself.
static void write_tap(const fal_dots_across_work *w, const fal_dots_block *b, int64_t row,
                      int64_t column, const void *sums)
{
    const bool is_double = w->task->problem.dtype == FALTUNG_F64;
    const fal_kernels *k = w->task->kernels;
    const fal_view *to = &w->all->output;
    const int64_t at =
        b->group * to->group + b->depth * to->axis[0] + row * to->axis[1] + column * to->axis[2];
    const fal_rows rows = {
        .from = sums,
        .to = (char *)to->data + at * k->output_size,
        .rows = 1,
        .columns = b->channels,
        .from_column = 1,
        .to_column = to->group,
    };
    if (k->are_finite(sums, b->channels)) {
        k->write_rows(&rows);
        return;
    }
    fal_dots_block one = *b;
    for (int64_t i = 0; i < b->channels; i++, one.group++)
        fal_write_dots(w->task, w->all, &one, row, column,
                       is_double ? ((const double *)sums)[i] : ((const float *)sums)[i]);
}

static void write_sums(const fal_dots_across_work *w, const fal_dots_block *block)
{
    const int64_t tap = w->l.lanes * w->l.lanes, past = block->group + block->channels;
    const char *sums = w->desk.sums;
    w->task->kernels->fold_dots_across(w->desk.sums, count_sums(w, block) / tap);
    for (fal_dots_block b = *block; b.group < past; b.group += w->l.lanes) {
        b.channels = fal_least(w->l.lanes, past - b.group);
        for (const fal_dots_group *g = w->group; g < w->group + w->groups; g++)
            for (int64_t t = 0; t < g->rows * g->columns; t++) {
                write_tap(w, &b, g->row + t / g->columns, g->column + t % g->columns, sums);
                sums += tap * w->task->kernels->size;
            }
    }
}

// All chunks of a block, in order. The products at a depth beside the input are none.
static void run_block(fal_dots_across_work *w, const fal_dots_block *b)
{
    const fal_problem *p = &w->task->problem;
    const fal_problem_axis *deep = &p->axis[0];
    const size_t bytes = (size_t)(count_sums(w, b) * w->task->kernels->size);
    bool first = true;
    fal_dots_chunk c = {0};
    for (c.depth = 0; c.depth < deep->kernel; c.depth++) {
        const int64_t depth = c.depth * deep->dilation + b->depth * deep->stride - deep->padding;
        if (depth < 0 || depth >= deep->input)
            continue;
        for (c.image = 0; c.image < p->input_channels; c.image += w->l.images)
            for (c.row = 0; c.row < p->axis[1].kernel; c.row += w->l.rows, first = false) {
                c.images = fal_least(w->l.images, p->input_channels - c.image);
                c.rows = fal_least(w->l.rows, p->axis[1].kernel - c.row);
                run_chunk(w, b, &c, depth, first ? w->desk.sums : w->desk.chains);
                if (!first)
                    add_sums(w, b);
            }
    }
    if (first)
        memset(w->desk.sums, 0, bytes);
    write_sums(w, b);
}

void fal_run_dots_across(const fal_task *task, const fal_operands *all, const fal_part *part,
                         void *workspace)
{
    fal_dots_across_work w = fal_begin_dots_across(task, all);
    fal_lay_out_dots_desk(&w, workspace, &w.desk);
    memset(w.desk.zeros, 0, 64);
    const int64_t most = w.cut.cells * w.l.lanes;
    fal_part some = *part;
    for (int64_t kh = part->begin[FAL_ROW]; kh < part->end[FAL_ROW]; kh += w.cut.kernel_rows) {
        some.begin[FAL_ROW] = kh;
        some.end[FAL_ROW] = fal_least(kh + w.cut.kernel_rows, part->end[FAL_ROW]);
        fal_find_dots_taps(&w, some.begin, some.end);
        fal_dots_block b = {.group = part->begin[FAL_CHANNEL], .planes = 1};
        for (; b.group < part->end[FAL_CHANNEL]; b.group += b.channels) {
            b.channels = fal_least(most, part->end[FAL_CHANNEL] - b.group);
            for (b.depth = part->begin[FAL_DEPTH]; b.depth < part->end[FAL_DEPTH]; b.depth++)
                run_block(&w, &b);
        }
    }
}
