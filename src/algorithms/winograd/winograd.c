// SPDX-License-Identifier: Apache-2.0
//
// Winograd's minimal filtering for kernels of 3x3 and 1x3 with a stride of 1, and, by phases, of
// 3x3, 4x4 and such rows with one of 2: tiles of the input and kernels are transformed so that
// fewer products give a tile of outputs, 36 instead of 144 by the form F(4x4, 3x3); a matrix
// multiplication over channels for each of them; and the sums are transformed back. A block of
// tiles goes all the way before the next one begins, so that it stays in the second-level cache.
//
// The order of all sums is laid down in docs/numerics.md. What is computed of a tile depends on its
// place in the output alone, so that parts have the bits of the whole.
#include "algorithms/winograd/ahead.h"
#include "algorithms/winograd/choice.h"
#include "algorithms/winograd/work.h"

#include "algorithms/finish.h"
#include "algorithms/workspace.h"
#include "base/checked.h"

#include <inttypes.h>
#include <stdio.h>

// --------------------------------------------------------------------------------------- workspace

// Lays the desk out in a workspace; returns the bytes that it takes. With NULL only these count.
static size_t lay_out_desk(fal_winograd_work *w, char *workspace)
{
    fal_winograd_block b = {.images = 1, .rows = w->layout.most, .columns = 1};
    fal_divide_block(w->task, &w->layout, &b);
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        (size_t)fal_winograd_rows_size(w, &b) * sizeof(float),
        (size_t)fal_winograd_tiles_size(w) * sizeof(float),
        (size_t)(w->layout.form->elements * b.sums) * sizeof(float),
        (size_t)fal_winograd_outputs_size(w, &b) * sizeof(float),
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    _Static_assert(sizeof(fal_winograd_memory) <= FAL_MEMORY_BYTES, "more than is zero at first");
    void *p[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    w->desk = (fal_winograd_desk){p[0], p[1], p[2], p[3], p[4]};
    return total;
}

static size_t workspace_bytes(const fal_task *task)
{
    fal_winograd_work w = {.task = task, .layout = fal_winograd_lay_out(task)};
    return lay_out_desk(&w, NULL);
}

// ------------------------------------------------------------------------------------------- runs

static bool is_same_block(const fal_winograd_block *a, const fal_winograd_block *b)
{
    return a->image == b->image && a->group == b->group && a->depth == b->depth &&
           a->row == b->row && a->column == b->column && a->images == b->images &&
           a->rows == b->rows && a->columns == b->columns;
}

// Transforms a block, if that is not still there from the part before.
static void prepare_block(const fal_winograd_work *w, const fal_winograd_block *b)
{
    fal_winograd_memory *m = w->desk.memory;
    const void *input = w->all->input.data;
    if (m->input == input && is_same_block(&m->block, b))
        return;
    fal_winograd_transform(w, b);
    *m = (fal_winograd_memory){input, *b};
}

// The output channels [begin, end) of a group over one block, in all phases of the output. Of
// another one the input is brought near meanwhile.
static void run_block(const fal_winograd_work *w, fal_winograd_block b,
                      const fal_winograd_block *next, const float *packed, int64_t begin,
                      int64_t end)
{
    const fal_winograd_layout *l = &w->layout;
    const int64_t width = w->task->kernels->winograd->channels;
    const fal_winograd_group group = fal_winograd_find_group(l, packed, b.group);
    fal_winograd_schedule schedule;
    fal_divide_block(w->task, l, &b);
    b.slices = fal_find_slices(&w->task->problem, b.depth, group.skips_border);
    b.slices.first_plane *= l->phases.inputs;
    b.slices.past_plane *= l->phases.inputs;
    prepare_block(w, &b);
    fal_winograd_schedule_calls(w->task, l, &b, &schedule);
    fal_winograd_ahead ahead = {.calls = fal_winograd_count_calls(l, &schedule)};
    if (next)
        fal_winograd_look_at_input(w, next, end - begin, &ahead);
    for (int64_t first = begin / width * width; first < end; first += width) {
        fal_winograd_look_at_output(w, &b, fal_most(first, begin), fal_least(first + width, end),
                                    &ahead);
        for (int i = 0; i < l->phases.outputs; i++) {
            const float *weight = group.weight + i * l->weights +
                                  first / width * fal_winograd_block_weights(w->task, l);
            fal_winograd_multiply(w, &b, &schedule, i, weight, &ahead);
            fal_winograd_emit(w, &b, i, group.bias + first, first, begin, end);
        }
    }
}

// A part of the output in tiles.
typedef struct tiled {
    int64_t row, past_row, column, past_column;
} tiled;

// Tiles [*first, *past) along an axis, which is an axis of the part as well, that have the outputs
// of all phases in the part.
static void tile_axis(const fal_winograd_work *w, int axis, int64_t outputs, int64_t *first,
                      int64_t *past)
{
    *first = INT64_MAX;
    *past = 0;
    for (int i = 0; i < w->layout.phases.outputs; i++) {
        const fal_winograd_target *t = &w->target[i];
        const int64_t begin = t->part.begin[FAL_DEPTH + axis], end = t->part.end[FAL_DEPTH + axis];
        const int64_t lead = t->phase->axis[axis].lead;
        if (begin >= end)
            continue;
        *first = fal_least(*first, (begin + lead) / outputs);
        *past = fal_most(*past, fal_ceil_divide(end + lead, outputs));
    }
}

static tiled tile_part(const fal_winograd_work *w)
{
    tiled t;
    tile_axis(w, 1, w->layout.form->rows, &t.row, &t.past_row);
    tile_axis(w, 2, w->layout.form->columns, &t.column, &t.past_column);
    return t;
}

static void find_targets(fal_winograd_work *w)
{
    for (int i = 0; i < w->layout.phases.outputs; i++) {
        const fal_winograd_phase *phase = fal_winograd_output_phase(&w->layout.phases, i);
        w->target[i] = (fal_winograd_target){
            phase,
            fal_winograd_view_output(phase, &w->all->output, w->task->kernels->output_size),
            fal_winograd_part_of(phase, w->part),
        };
    }
}

// Steps to the block that comes after another one; false: there is none, as far as is known.
static bool find_next(const fal_winograd_work *w, const tiled *t, int64_t rows, int64_t columns,
                      fal_winograd_block *b)
{
    b->column += b->columns;
    if (b->column >= t->past_column) {
        b->column = t->column;
        b->row += b->rows;
    }
    int64_t past = t->past_row;
    if (b->row >= past) {
        b->image += b->images;
        b->row = t->row;
        if (b->image < w->part->end[FAL_IMAGE] && w->task->problem.groups == 1) {
            b->images = fal_least(b->images, w->part->end[FAL_IMAGE] - b->image);
        } else if (w->part->ahead > 0) {
            b->image = w->part->begin[FAL_IMAGE];
            b->row += w->part->ahead / w->layout.form->rows;
            past = w->layout.rows;
        } else {
            return false;
        }
    }
    b->rows = fal_least(rows, past - b->row);
    b->columns = fal_least(columns, t->past_column - b->column);
    return true;
}

// All blocks of some images and a group at one depth.
static void run_blocks(const fal_winograd_work *w, fal_winograd_block b, const float *packed,
                       int64_t begin, int64_t end)
{
    const tiled t = tile_part(w);
    const int64_t rows = b.rows, columns = b.columns;
    for (b.row = t.row; b.row < t.past_row; b.row += rows)
        for (b.column = t.column; b.column < t.past_column; b.column += columns) {
            b.rows = fal_least(rows, t.past_row - b.row);
            b.columns = fal_least(columns, t.past_column - b.column);
            fal_winograd_block next = b;
            const bool goes_on = find_next(w, &t, rows, columns, &next);
            run_block(w, b, goes_on ? &next : NULL, packed, begin, end);
        }
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    fal_winograd_work w = {
        .task = task, .all = all, .part = part, .layout = fal_winograd_lay_out(task)};
    const int64_t *from = part->begin, *to = part->end;
    const int64_t channels = task->problem.output_channels;
    fal_winograd_block b;
    fal_finish finish;
    w.finish = fal_find_finish(task, all, &finish);
    find_targets(&w);
    const tiled t = tile_part(&w);
    lay_out_desk(&w, workspace);
    w.looks_ahead = fal_winograd_looks_ahead(&w);
    fal_size_block(&w.layout, to[FAL_IMAGE] - from[FAL_IMAGE], t.past_row - t.row,
                   t.past_column - t.column, &b);
    const int64_t images = b.images;
    for (b.image = from[FAL_IMAGE]; b.image < to[FAL_IMAGE]; b.image += images) {
        b.images = fal_least(images, to[FAL_IMAGE] - b.image);
        for (int64_t c = from[FAL_CHANNEL], past; c < to[FAL_CHANNEL]; c = past) {
            b.group = c / channels;
            int64_t base = b.group * channels;
            past = fal_least(base + channels, to[FAL_CHANNEL]);
            for (b.depth = from[FAL_DEPTH]; b.depth < to[FAL_DEPTH]; b.depth++)
                run_blocks(&w, b, packed, c - base, past - base);
        }
    }
}

// ----------------------------------------------------------------------------------- the algorithm

// What is worth reading all weights for; or a part of their channels, if each thread transforms the
// input for itself.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    const fal_winograd_phase_axis *axis = fal_winograd_output_phase(&l.phases, 0)->axis;
    int64_t wide = fal_ceil_divide(l.columns, fal_ceil_divide(l.columns, l.most));
    int64_t high = fal_least(l.rows, fal_ceil_divide(l.least, wide));
    int64_t tiles = high * wide;
    size[FAL_IMAGE] = high == l.rows && wide == l.columns ? fal_ceil_divide(l.least, tiles) : 1;
    size[FAL_CHANNEL] = task->kernels->winograd->channels;
    size[FAL_DEPTH] = 1;
    size[FAL_ROW] = high * l.form->rows * axis[1].apart;
    size[FAL_COLUMN] = wide * l.form->columns * axis[2].apart;
}

static fal_band_costs cost_bands(const fal_task *task)
{
    const double read = 3; // tiles (fal_winograd_count_work)
    // Multiply-adds for a number that is transformed: of the input, whose rows are copied first.
    const double of_input = 18, of_output = 10;
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    fal_winograd_block b;
    fal_size_block(&l, 1, l.rows, l.columns, &b);
    const double outputs = (double)task->problem.output_channels * (double)l.phases.outputs;
    const double input = of_input * (double)l.planes;
    return (fal_band_costs){
        .least = fal_least(b.rows, fal_ceil_divide(l.least, l.columns)),
        .most = b.rows,
        .of_weights = read / (double)l.columns,
        .shared = input / (input + outputs * (of_output + (double)l.planes)),
    };
}

static fal_together together(const fal_task *task, int axis)
{
    const fal_winograd_form *form = fal_winograd_find_form(task);
    const fal_winograd_phases phases = fal_winograd_find_phases(&task->problem);
    fal_together t = {axis == 0 ? 1 : axis == 1 ? form->rows : form->columns, 0};
    t.count *= phases.phase->axis[axis].apart;
    for (int i = 0; i < phases.outputs; i++)
        t.lead = fal_most(t.lead, phases.phase[i].axis[axis].lead);
    return t;
}

static const char *name_phases(const fal_winograd_phases *phases)
{
    if (phases->inputs > 1)
        return phases->inputs > 2 ? "4 phases of the input by " : "2 phases of the input by ";
    if (phases->outputs > 1)
        return phases->outputs > 2 ? "4 phases of the output by " : "2 phases of the output by ";
    return "";
}

// Every block reads its input, writes and reads its transforms and sums, and needs all weights of
// its group.
static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    fal_winograd_block b;
    fal_size_block(&l, p->batch, l.rows, l.columns, &b);
    double planes = (double)p->batch * (double)p->groups * (double)p->axis[0].output;
    double tiles = planes * (double)l.rows * (double)l.columns;
    double of_output = 2.0 * l.form->elements * (double)l.channels +
                       (double)(l.form->rows * l.form->columns) * (double)p->output_channels;
    double of_tile =
        l.form->elements * 3.0 * (double)l.planes + (double)l.phases.outputs * of_output;
    double blocks = tiles / (double)b.tiles;
    d->bytes = (tiles * of_tile + blocks * (double)(l.weights * l.phases.outputs)) * sizeof(float);
    snprintf(d->how, sizeof d->how,
             "%s%s in blocks of %" PRId64 " by %" PRId64 " tiles of %" PRId64
             " images, up to %d tiles by %d channels at once; sums of %" PRId64
             " products at a time",
             name_phases(&l.phases), l.form->name, b.rows, b.columns, b.images,
             task->kernels->winograd->most, task->kernels->winograd->channels, l.chunk);
}

const fal_algorithm fal_winograd = {
    .name = "winograd",
    .reason = "Winograd's transforms, which save a quarter to three quarters of the products",
    .cannot = fal_winograd_cannot,
    .should_not = fal_winograd_should_not,
    .packed_bytes = fal_winograd_packed_bytes,
    .pack = fal_winograd_pack,
    .workspace = workspace_bytes,
    .grain = grain,
    .together = together,
    .enough_pieces = 2,
    .cost_bands = cost_bands,
    .work = fal_winograd_find_work,
    .describe = describe,
    .run = run,
};
