// SPDX-License-Identifier: Apache-2.0
//
// When channels are in the lanes, and into what pieces the work is cut then.
#include "algorithms/dots/across.h"
#include "algorithms/dots/across_work.h"

#include "algorithms/workspace.h"
#include "base/checked.h"

#include <math.h>

enum {
    PIXELS = 192,    // of a piece of grad, about
    COLUMNS = 64,    // of it, at most, where pictures are read where they are
    SUMS = 1 << 18,  // bytes, about
    TABLE = 1 << 14, // pixels that tables are made for together, about
    TAPS = 64,       // of the kernel's rows that are summed together, about
    FEWEST = 48,     // bytes of channels: with fewer of the lanes in use, pixels fill more of them
};

// Tables are made for as many rows as are few enough.
static void find_tables(const fal_task *task, const fal_dots_layout *l, fal_dots_cut *c)
{
    const fal_problem_axis *row = &task->problem.axis[1], *column = &task->problem.axis[2];
    const int64_t pixels = l->rows * column->kernel * c->images;
    c->pieces = fal_ceil_divide(l->rows, c->rows) * fal_ceil_divide(column->kernel, c->columns);
    c->chunks = fal_least(fal_ceil_divide(row->kernel, l->rows), fal_most(1, TABLE / pixels));
    c->places = c->chunks * pixels;
}

static fal_dots_cut find_cut(const fal_task *task, const fal_dots_layout *l)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    fal_dots_cut c = {.kernel_rows = fal_least(row->output, fal_most(1, TAPS / column->output))};
    c.images = fal_least(l->images, fal_most(1, PIXELS / (l->rows * column->kernel)));
    c.rows = c.images > 1 ? l->rows : fal_least(l->rows, fal_ceil_divide(PIXELS, column->kernel));
    c.columns = column->kernel;
    if (column->kernel > COLUMNS && !fal_dots_copy(task)) {
        c.images = c.rows = 1;
        c.columns = COLUMNS;
    }
    c.read_rows = (c.rows - 1) * row->dilation + (row->output - 1) * row->stride + 1;
    c.read_rows = fal_least(c.read_rows, row->input);
    const int64_t cells = fal_ceil_divide(p->groups, l->lanes);
    c.cells = SUMS / (c.kernel_rows * column->output * l->lanes * 64);
    c.cells = fal_least(cells, fal_most(1, c.cells));
    find_tables(task, l, &c);
    return c;
}

// Where products read: in the operands, or in a piece of a cell of their copies.
static void find_steps(fal_dots_across_work *w)
{
    const fal_view *input = &w->all->input, *grad = &w->all->weight;
    const fal_problem_axis *column = &w->task->problem.axis[2];
    w->input = (fal_dots_steps){input->channel, input->axis[1], input->axis[2]};
    w->grad = (fal_dots_steps){grad->channel, grad->axis[1], grad->axis[2]};
    if (!fal_dots_copy(w->task))
        return;
    const int64_t cell = w->l.lanes;
    w->input =
        (fal_dots_steps){w->cut.read_rows * column->input * cell, column->input * cell, cell};
    w->grad = (fal_dots_steps){w->cut.rows * column->kernel * cell, column->kernel * cell, cell};
}

fal_dots_across_work fal_begin_dots_across(const fal_task *task, const fal_operands *all)
{
    fal_dots_across_work w = {.task = task, .all = all, .l = fal_lay_out_dots(task)};
    w.cut = find_cut(task, &w.l);
    if (all)
        find_steps(&w);
    return w;
}

static double reach(const fal_dots_steps *steps, int64_t images, int64_t rows, int64_t columns)
{
    return fabs((double)steps->image) * (double)images + fabs((double)steps->row) * (double)rows +
           fabs((double)steps->column) * (double)columns;
}

// Whether the places of a piece are near enough to each other for the numbers that say where.
static bool are_places_near(const fal_task *task, const fal_operands *all)
{
    const double most = INT32_MAX;
    const fal_problem_axis *row = &task->problem.axis[1], *column = &task->problem.axis[2];
    const fal_dots_across_work w = fal_begin_dots_across(task, all);
    const int64_t rows = w.cut.rows * row->dilation + row->padding;
    const int64_t columns = column->kernel * column->dilation + column->padding;
    return reach(&w.input, w.cut.images, rows, columns) < most &&
           reach(&w.grad, w.cut.images, w.cut.rows, column->kernel) < most;
}

// Long kernels and rows would take more than what is gained.
static bool is_near(const fal_task *task)
{
    const int64_t most_taps = 256, most = 1 << 16; // pixels of a piece
    const fal_problem_axis *column = &task->problem.axis[2];
    const fal_dots_cut c = fal_begin_dots_across(task, NULL).cut;
    return c.kernel_rows * column->output <= most_taps &&
           c.images * (c.read_rows * column->input + c.rows * column->kernel) <= most;
}

bool fal_dots_plan_across(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    return task->channels_last && p->batch == 1 && p->output_channels == 1 &&
           p->groups * task->kernels->size >= FEWEST && is_near(task);
}

bool fal_dots_go_across(const fal_task *task, const fal_operands *all)
{
    return fal_dots_plan_across(task) && all->input.group == 1 && all->weight.group == 1 &&
           are_places_near(task, all);
}

// ----------------------------------------------------------------------------------- the workspace

size_t fal_lay_out_dots_desk(const fal_dots_across_work *w, char *workspace,
                             fal_dots_across_desk *d)
{
    enum { CELL = 64 }; // bytes
    const fal_problem_axis *column = &w->task->problem.axis[2];
    const fal_dots_cut *c = &w->cut;
    const int64_t taps = c->kernel_rows * column->output,
                  copied = fal_dots_copy(w->task) ? c->images : 0;
    const int64_t groups = fal_count_dots_groups(c->kernel_rows, column->output);
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        (size_t)(copied * c->read_rows * column->input * CELL),
        (size_t)(copied * c->rows * column->kernel * CELL),
        (size_t)(c->cells * taps * w->l.lanes * CELL),
        (size_t)(c->cells * taps * w->l.lanes * CELL),
        CELL,
        (size_t)(c->chunks * c->pieces * w->l.lanes) * sizeof(fal_dots_list),
        (size_t)c->places * sizeof(fal_dots_place),
        (size_t)(groups * c->places) * sizeof(uint16_t),
        (size_t)(groups * column->kernel) * sizeof(uint16_t),
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *p[PLACES];
    const size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    *d = (fal_dots_across_desk){
        .memory = p[0],
        .input = p[1],
        .grad = p[2],
        .sums = p[3],
        .chains = p[4],
        .zeros = p[5],
        .places = {.list = p[6], .place = p[7], .inside = p[8], .column = p[9]},
    };
    return total;
}

size_t fal_dots_across_workspace(const fal_task *task)
{
    fal_dots_across_work w = fal_begin_dots_across(task, NULL);
    return fal_lay_out_dots_desk(&w, NULL, &w.desk);
}
