// SPDX-License-Identifier: Apache-2.0
//
// Dilated convolutions by Winograd's transforms. Along an axis that is dilated by D, every D-th
// output meets elements of the input that lie D apart: each of the D lattices of the output is a
// convolution of its own, without dilation, of every D-th element of the input, and is written with
// a stride of D. They all have the same kernels.
#include "algorithms/winograd/layout.h"

#include "base/checked.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

// The most lattices that are worth looking at.
static const double most_lattices = 64;

static double count_lattices(const fal_problem *p)
{
    return (double)p->axis[1].dilation * (double)p->axis[2].dilation;
}

// One lattice along one axis: outputs y = D*q + index read positions y + k*D - padding, which are
// D*(q + k + skipped) + first.
static fal_problem_axis find_axis(const fal_problem_axis *axis, int64_t index, int64_t *first)
{
    const int64_t d = axis->dilation, skipped = fal_floor_divide(index - axis->padding, d);
    fal_problem_axis found = *axis;
    *first = index - axis->padding - skipped * d;
    found.dilation = 1;
    found.padding = -skipped;
    found.output = fal_most(0, fal_ceil_divide(axis->output - index, d));
    found.input = fal_most(0, fal_ceil_divide(axis->input - *first, d));
    if (found.input == 0) // its view begins where the input does, and shows nothing
        *first = 0;
    return found;
}

typedef struct lattice {
    fal_task task;
    fal_operands operands;
} lattice;

static lattice make_lattice(const fal_task *task, const fal_operands *all, const int64_t *index,
                            const fal_winograd_form *form)
{
    lattice l = {.task = *task};
    l.task.form = form;
    fal_view *input = &l.operands.input, *output = &l.operands.output;
    if (all)
        l.operands = *all;
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &task->problem.axis[i];
        int64_t first;
        l.task.problem.axis[i] = find_axis(axis, index[i], &first);
        fal_view_every(input, i, first, axis->dilation, task->kernels->input_size);
        fal_view_every(output, i, index[i], axis->dilation, task->kernels->output_size);
    }
    return l;
}

// Steps to the next lattice; false after the last.
static bool next_lattice(const fal_problem *p, int64_t *index)
{
    for (int i = FALTUNG_MAX_AXES - 1; i > 0; i--) {
        if (++index[i] < fal_least(p->axis[i].dilation, p->axis[i].output))
            return true;
        index[i] = 0;
    }
    return false;
}

// Its form is that of all, whose sizes may differ by one: they have the same weights.
static lattice first_lattice(const fal_task *task, const fal_operands *all)
{
    const int64_t index[FALTUNG_MAX_AXES] = {0};
    lattice l = make_lattice(task, all, index, NULL);
    if (task->kernels->winograd)
        l.task.form = fal_winograd_find_form(&l.task);
    return l;
}

static size_t packed_bytes(const fal_task *task)
{
    const lattice l = first_lattice(task, NULL);
    return fal_winograd.packed_bytes(&l.task);
}

static void pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const lattice l = first_lattice(task, all);
    fal_winograd.pack(&l.task, &l.operands, packed);
}

static size_t workspace(const fal_task *task)
{
    const fal_winograd_form *form = first_lattice(task, NULL).task.form;
    int64_t index[FALTUNG_MAX_AXES] = {0};
    size_t most = 0;
    do {
        const lattice l = make_lattice(task, NULL, index, form);
        const size_t bytes = fal_winograd.workspace(&l.task);
        most = bytes > most ? bytes : most;
    } while (next_lattice(&task->problem, index));
    return most;
}

// The outputs of a lattice that lie within a part.
static fal_part part_of_lattice(const fal_problem *p, const fal_part *part, const int64_t *index)
{
    fal_part found = *part;
    found.ahead = 0; // another lattice comes first
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const int64_t d = p->axis[i].dilation;
        int64_t *begin = &found.begin[FAL_DEPTH + i], *end = &found.end[FAL_DEPTH + i];
        *begin = fal_most(0, fal_ceil_divide(*begin - index[i], d));
        *end = fal_most(0, fal_ceil_divide(*end - index[i], d));
    }
    return found;
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    const fal_winograd_form *form = first_lattice(task, NULL).task.form;
    int64_t index[FALTUNG_MAX_AXES] = {0};
    do {
        const lattice l = make_lattice(task, all, index, form);
        const fal_part own = part_of_lattice(&task->problem, part, index);
        memset(workspace, 0, FAL_MEMORY_BYTES); // what it holds is of another one
        if (!fal_part_is_empty(&own))
            fal_winograd.run(&l.task, &l.operands, packed, &own, workspace);
    } while (next_lattice(&task->problem, index));
}

static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const lattice l = first_lattice(task, NULL);
    fal_winograd.grain(&l.task, size);
    for (int i = 1; i < FALTUNG_MAX_AXES; i++)
        size[FAL_DEPTH + i] *= task->problem.axis[i].dilation;
}

static fal_together together(const fal_task *task, int axis)
{
    const lattice l = first_lattice(task, NULL);
    const int64_t lattices = axis ? task->problem.axis[axis].dilation : 1;
    return (fal_together){fal_winograd.together(&l.task, axis).count * lattices, 0};
}

static double work(const fal_task *task)
{
    const lattice l = first_lattice(task, NULL);
    return count_lattices(&task->problem) * fal_winograd.work(&l.task);
}

static void describe(const fal_task *task, fal_description *d)
{
    const lattice l = first_lattice(task, NULL);
    fal_description each;
    fal_winograd.describe(&l.task, &each);
    d->bytes = each.bytes * count_lattices(&task->problem);
    snprintf(d->how, sizeof d->how, "%.0f lattices, each by %.200s", count_lattices(&task->problem),
             each.how);
}

// What is said of a lattice, by a static string.
static const char *ask(const fal_task *task, const char *(*question)(const fal_task *task))
{
    const lattice l = first_lattice(task, NULL);
    return question(&l.task);
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    if (count_lattices(p) == 1)
        return "there is no dilation";
    for (int i = 1; i < FALTUNG_MAX_AXES; i++)
        if (p->axis[i].stride != 1 || p->axis[i].input_dilation != 1)
            return "rows or columns have a stride, or the input is dilated";
    if (count_lattices(p) > most_lattices)
        return "dilations make over 64 lattices";
    if (p->border != FALTUNG_PADDING_ZEROS)
        return "the border is not of zeros";
    return ask(task, fal_winograd.cannot);
}

static const char *should_not(const fal_task *task)
{
    return ask(task, fal_winograd.should_not);
}

const fal_algorithm fal_lattice = {
    .name = "lattice",
    .reason = "every D-th output as a convolution without dilation, by Winograd's transforms",
    .cannot = cannot,
    .should_not = should_not,
    .packed_bytes = packed_bytes,
    .pack = pack,
    .workspace = workspace,
    .grain = grain,
    .together = together,
    .enough_pieces = 1,
    .work = work,
    .describe = describe,
    .run = run,
};
