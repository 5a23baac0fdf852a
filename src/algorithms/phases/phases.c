// SPDX-License-Identifier: Apache-2.0
//
// Transposed convolutions, and others of a dilated input, without the zeros between the input's
// elements. Along an axis whose input is dilated by L and that is sampled with a stride S, every
// P-th output, with P = L/gcd(L, S), meets the same elements of the kernel, at elements of the
// input that lie S/gcd(L, S) apart: each of the P phases of the output is a plain convolution of
// its own, with a part of the kernel, computed directly, or row by row where groups have one
// channel, and written with a stride of P. Two phases of columns of such groups are left to that,
// which has both in registers.
//
// An output sums over the same products as by the definition, in the same order; a phase that meets
// no element of the kernel holds the bias.
#include "algorithms/phases/split.h"

#include "algorithms/finish.h"
#include "algorithms/numbers.h"
#include "base/checked.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

// ----------------------------------------------------------------------------------- the algorithm

// The biases come first, for phases that nothing else is written to.
static size_t bias_bytes(const fal_task *task)
{
    int64_t channels = task->problem.groups * task->problem.output_channels;
    return fal_align((size_t)channels * (size_t)task->kernels->size);
}

static size_t packed_bytes(const fal_task *task)
{
    const fal_phase_split s = fal_find_phases(task);
    int64_t index[FALTUNG_MAX_AXES] = {0};
    size_t bytes = bias_bytes(task);
    do {
        fal_phase p = fal_make_phase(&s, NULL, index);
        if (fal_phase_is_computed(&p))
            bytes += p.by->packed_bytes(&p.task);
    } while (fal_next_phase(&s, index));
    return bytes;
}

static void pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_phase_split s = fal_find_phases(task);
    int64_t index[FALTUNG_MAX_AXES] = {0};
    char *to = (char *)packed + bias_bytes(task);
    fal_pack_biases(task, all, 0, task->problem.groups * task->problem.output_channels, packed);
    do {
        fal_phase p = fal_make_phase(&s, all, index);
        if (!fal_phase_is_computed(&p))
            continue;
        p.by->pack(&p.task, &p.operands, to);
        to += p.by->packed_bytes(&p.task);
    } while (fal_next_phase(&s, index));
}

static size_t workspace(const fal_task *task)
{
    const fal_phase_split s = fal_find_phases(task);
    int64_t index[FALTUNG_MAX_AXES] = {0};
    size_t most = FAL_MEMORY_BYTES;
    do {
        fal_phase p = fal_make_phase(&s, NULL, index);
        size_t bytes = fal_phase_is_computed(&p) ? p.by->workspace(&p.task) : 0;
        most = bytes > most ? bytes : most;
    } while (fal_next_phase(&s, index));
    return most;
}

// The outputs of a phase that lie within a part: every P-th from `phase` on.
static fal_part part_of_phase(const fal_phase_split *s, const fal_part *part, const int64_t *index)
{
    fal_part found = *part;
    found.ahead /= s->phases[1];
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        int64_t phases = s->phases[i];
        int64_t begin = part->begin[FAL_DEPTH + i] - index[i];
        int64_t end = part->end[FAL_DEPTH + i] - index[i];
        found.begin[FAL_DEPTH + i] = begin > 0 ? (begin - 1) / phases + 1 : 0;
        found.end[FAL_DEPTH + i] = end > 0 ? (end - 1) / phases + 1 : 0;
    }
    return found;
}

// Rows of outputs that are nothing but their biases, at one depth of an image: of each channel from
// `first` to before `past`, all of one group, or, where these lie side by side, of each pixel.
static void fill_rows(const fal_task *task, const fal_operands *all, const char *bias,
                      int64_t first, int64_t past, char *to, int64_t rows, int64_t columns)
{
    fal_finish finish;
    const fal_view *output = &all->output;
    const fal_kernels *k = task->kernels;
    const bool pixels = output->channel == 1 && output->axis[2] != 1;
    fal_rows box = {
        .from = bias + first * k->size,
        .to = to,
        .rows = pixels ? columns : rows,
        .columns = pixels ? past - first : columns,
        .from_column = pixels,
        .to_row = output->axis[pixels ? 2 : 1],
        .to_column = pixels ? 1 : output->axis[2],
        .finish = fal_find_finish(task, all, &finish),
    };
    for (int64_t i = 0; i < (pixels ? rows : past - first); i++) {
        k->write_rows(&box);
        box.to = (char *)box.to + (pixels ? output->axis[1] : output->channel) * k->output_size;
        box.from = (const char *)box.from + (pixels ? 0 : k->size);
    }
}

static void fill(const fal_task *task, const fal_operands *all, const char *bias,
                 const fal_part *part)
{
    const fal_view *output = &all->output;
    const int64_t *b = part->begin, *e = part->end;
    const int64_t channels = task->problem.output_channels;
    for (int64_t n = b[FAL_IMAGE]; n < e[FAL_IMAGE]; n++)
        for (int64_t c = b[FAL_CHANNEL], past; c < e[FAL_CHANNEL]; c = past) {
            past = fal_least(e[FAL_CHANNEL], (c / channels + 1) * channels);
            int64_t to =
                n * output->outer + c / channels * output->group + c % channels * output->channel;
            to += b[FAL_ROW] * output->axis[1] + b[FAL_COLUMN] * output->axis[2];
            for (int64_t d = b[FAL_DEPTH]; d < e[FAL_DEPTH]; d++)
                fill_rows(task, all, bias, c, past,
                          (char *)output->data +
                              (to + d * output->axis[0]) * task->kernels->output_size,
                          e[FAL_ROW] - b[FAL_ROW], e[FAL_COLUMN] - b[FAL_COLUMN]);
        }
}

// All phases of a part, one after the other. If some leave outputs to their biases, all outputs are
// filled with these first: gaps would be written one by one. But not where the last step may read
// what it has written.
static void run_phases(const fal_phase_split *s, const fal_operands *all, const void *packed,
                       const fal_part *part, bool leaves, void *workspace)
{
    fal_finish finish;
    const bool filled = leaves && !fal_find_finish(s->task, all, &finish);
    if (filled)
        fill(s->task, all, packed, part);
    int64_t index[FALTUNG_MAX_AXES] = {0};
    const char *from = (const char *)packed + bias_bytes(s->task);
    fal_problem before = {0}; // of the phase that the workspace holds a band of
    do {
        fal_phase p = fal_make_phase(s, all, index);
        fal_part own = part_of_phase(s, part, index);
        if (p.empty)
            continue;
        if (p.untouched) {
            if (!filled)
                fill(&p.task, &p.operands, packed, &own);
            continue;
        }
        if (!fal_part_is_empty(&own)) {
            if (memcmp(before.axis, p.task.problem.axis, sizeof before.axis) != 0)
                memset(workspace, 0, FAL_MEMORY_BYTES); // what it holds is of no use
            before = p.task.problem;
            p.by->run(&p.task, &p.operands, from, &own, workspace);
        }
        from += p.by->packed_bytes(&p.task);
    } while (fal_next_phase(s, index));
}

static int64_t count_taps(const fal_phase *p)
{
    const fal_problem_axis *axis = p->task.problem.axis;
    return axis[0].kernel * axis[1].kernel * axis[2].kernel;
}

// As many outputs as the parts of the phase that takes longest, times its distance.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_phase_split s = fal_find_phases(task);
    int64_t index[FALTUNG_MAX_AXES] = {0}, most = 0;
    for (int i = 0; i < FAL_PART_AXES; i++)
        size[i] = 1;
    do {
        fal_phase p = fal_make_phase(&s, NULL, index);
        if (fal_phase_is_computed(&p) && count_taps(&p) > most) {
            most = count_taps(&p);
            p.by->grain(&p.task, size);
        }
    } while (fal_next_phase(&s, index));
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        size[FAL_DEPTH + i] *= s.phases[i];
}

// All outputs of a phase.
static double count_outputs(const fal_phase *p)
{
    const fal_problem *problem = &p->task.problem;
    double outputs = (double)problem->batch * (double)problem->groups;
    outputs *= (double)problem->output_channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        outputs *= (double)problem->axis[i].output;
    return outputs;
}

static void describe(const fal_task *task, fal_description *d)
{
    const fal_phase_split s = fal_find_phases(task);
    int64_t index[FALTUNG_MAX_AXES] = {0};
    int phases = 0;
    double bytes = 0;
    fal_description each = {.how = "nothing but the bias is left"};
    do {
        fal_phase p = fal_make_phase(&s, NULL, index);
        if (p.untouched)
            bytes += count_outputs(&p) * (double)task->kernels->output_size;
        if (!fal_phase_is_computed(&p))
            continue;
        p.by->describe(&p.task, &each);
        bytes += each.bytes;
        phases++;
    } while (fal_next_phase(&s, index));
    d->bytes = bytes;
    snprintf(d->how, sizeof d->how, "%d phases, the last by %s", phases, each.how);
}

// The rows and channels of an image of which all phases are computed before the next ones: the
// lines that one phase writes are to be near still when the next one fills their gaps. Of planes
// that are computed row by row these are some whole ones.
static void find_share(const fal_phase_split *s, const fal_part *part, int64_t *rows,
                       int64_t *channels)
{
    const fal_task *task = s->task;
    const int64_t near = 1 << 17; // bytes of the output
    const int64_t index[FALTUNG_MAX_AXES] = {0};
    int64_t size[FAL_PART_AXES], plane = task->kernels->output_size;
    grain(task, size);
    *rows = size[FAL_ROW];
    *channels = part->end[FAL_CHANNEL] - part->begin[FAL_CHANNEL];
    if (task->channels_last || fal_make_phase(s, NULL, index).by != &fal_depthwise)
        return;
    for (int i = FAL_DEPTH; i < FAL_PART_AXES; i++)
        plane *= part->end[i] - part->begin[i];
    *rows = part->end[FAL_ROW] - part->begin[FAL_ROW];
    *channels = fal_least(*channels, fal_most(1, near / plane));
}

// So many along an axis, up to where the part ends.
static void cut(const fal_part *part, int axis, int64_t begin, int64_t size, fal_part *some)
{
    some->begin[axis] = begin;
    some->end[axis] = fal_least(begin + size, part->end[axis]);
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    const int64_t *from = part->begin, *to = part->end;
    const fal_phase_split s = fal_find_phases(task);
    int64_t rows, channels;
    fal_part some = *part;
    const bool leaves = fal_leaves_outputs(&s);
    if (fal_count_all_phases(&s) == 1) { // leaves no gaps
        run_phases(&s, all, packed, part, leaves, workspace);
        return;
    }
    find_share(&s, part, &rows, &channels);
    for (int64_t n = from[FAL_IMAGE]; n < to[FAL_IMAGE]; n++)
        for (int64_t c = from[FAL_CHANNEL]; c < to[FAL_CHANNEL]; c += channels)
            for (int64_t r = from[FAL_ROW]; r < to[FAL_ROW]; r += rows) {
                cut(part, FAL_IMAGE, n, 1, &some);
                cut(part, FAL_CHANNEL, c, channels, &some);
                cut(part, FAL_ROW, r, rows, &some);
                const int64_t left = part->ahead ? part->ahead - (r - from[FAL_ROW]) : 0;
                some.ahead = some.end[FAL_ROW] < to[FAL_ROW] ? rows : left;
                run_phases(&s, all, packed, &some, leaves, workspace);
            }
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const fal_phase_split s = fal_find_phases(task);
    const double most = 1024;
    if (fal_is_complex(p->dtype))
        return "numbers are complex";
    if (p->of_weight)
        return "it is a weight's gradient";
    if (p->border_counts)
        return "there are no zeros between the input's elements";
    if (fal_count_all_phases(&s) > most)
        return "there are over 1024 phases";
    int64_t index[FALTUNG_MAX_AXES] = {0};
    const char *reason = NULL;
    do {
        fal_phase part = fal_make_phase(&s, NULL, index);
        if (fal_phase_is_computed(&part))
            reason = part.by->cannot(&part.task);
    } while (!reason && fal_next_phase(&s, index));
    return reason;
}

const fal_algorithm fal_phases = {
    .name = "phases",
    .reason = "each phase of the output as a convolution of its own, without inserted zeros",
    .cannot = cannot,
    .packed_bytes = packed_bytes,
    .pack = pack,
    .workspace = workspace,
    .grain = grain,
    .describe = describe,
    .run = run,
};
