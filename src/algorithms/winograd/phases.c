// SPDX-License-Identifier: Apache-2.0
#include "algorithms/winograd/phases.h"

#include "base/checked.h"

bool fal_winograd_has_phases(const fal_problem_axis *axis)
{
    const int64_t stride = axis->stride, input_dilation = axis->input_dilation;
    return axis->dilation == 1 && (axis->kernel == 3 || axis->kernel == 4) &&
           ((stride == 2 && input_dilation == 1) || (stride == 1 && input_dilation == 2));
}

static int64_t count_phases(const fal_problem_axis *axis)
{
    return fal_winograd_has_phases(axis) ? 2 : 1;
}

static fal_winograd_phase_axis find_only_phase(const fal_problem_axis *axis)
{
    return (fal_winograd_phase_axis){.plain = *axis,
                                     .every = 1,
                                     .taps = axis->kernel,
                                     .step = 1,
                                     .apart = 1,
                                     .outputs = axis->output};
}

// Every second element of a kernel, from one on.
static int64_t count_taps(const fal_problem_axis *axis, int64_t from)
{
    return (axis->kernel - from + 1) / 2;
}

// Output y and element k = 2*i + phase of the kernel meet position 2*y + k - padding of the input,
// which is 2*(y + i + skipped) + from.
static fal_winograd_phase_axis find_input_phase(const fal_problem_axis *axis, int64_t phase)
{
    const int64_t skipped = fal_floor_divide(phase - axis->padding, 2);
    fal_winograd_phase_axis a = find_only_phase(axis);
    a.tap = phase;
    a.every = a.step = 2;
    a.taps = count_taps(axis, phase);
    a.from = phase - axis->padding - 2 * skipped;
    a.plain.stride = 1;
    a.plain.kernel = a.taps;
    a.plain.padding = -skipped;
    a.plain.input = (axis->input - a.from + 1) / 2;
    if (a.plain.input <= 0) { // its view begins where the input does, and shows nothing
        a.plain.input = 0;
        a.from = 0;
    }
    return a;
}

// The element of the input that the first output of a phase and its first element of the kernel
// meet; `tap` is that element.
static int64_t find_shift(const fal_problem_axis *axis, int64_t phase, int64_t *tap)
{
    *tap = fal_floor_divide(phase - axis->padding, 2) * 2 == phase - axis->padding ? 0 : 1;
    return (phase + *tap - axis->padding) / 2;
}

// Output y = 2*q + phase meets elements k of the kernel that make y + k - padding even. The second
// phase may begin one element further on in the input than the first: then tiles of both are
// counted from an output before its first, so that they are of the same elements: those that any
// output of either reads.
static fal_winograd_phase_axis find_output_phase(const fal_problem_axis *axis, int64_t phase)
{
    fal_winograd_phase_axis a = find_only_phase(axis);
    int64_t tap[2];
    const int64_t shift[] = {find_shift(axis, 0, &tap[0]), find_shift(axis, 1, &tap[1])};
    const int64_t lead = shift[1] - shift[0];
    const int64_t taps[] = {count_taps(axis, tap[0]), count_taps(axis, tap[1])};
    const int64_t outputs[] = {(axis->output + 1) / 2,
                               axis->output > 1 ? axis->output / 2 + lead : 0};
    a.tap = tap[phase];
    a.every = a.apart = 2;
    a.taps = taps[phase];
    a.to = phase;
    a.outputs = fal_most(outputs[0], outputs[1]);
    a.lead = phase ? lead : 0;
    a.plain.input_dilation = 1;
    a.plain.kernel = 2;
    a.plain.padding = -shift[0];
    a.plain.output = fal_most(outputs[0] + taps[0], outputs[1] + taps[1]) - 2;
    return a;
}

static fal_winograd_phase_axis find_axis(const fal_problem_axis *axis, int64_t phase)
{
    if (!fal_winograd_has_phases(axis))
        return find_only_phase(axis);
    return axis->stride == 2 ? find_input_phase(axis, phase) : find_output_phase(axis, phase);
}

// In an order in which those whose kernels have an element follow each other: of rows and columns
// the first phase has two elements of the kernel, the second perhaps one.
fal_winograd_phases fal_winograd_find_phases(const fal_problem *p)
{
    static const int order[][2] = {{0, 1}, {0, 0}, {1, 0}, {1, 1}};
    fal_winograd_phases all = {.inputs = 1, .outputs = 1};
    int count = 0;
    for (int i = 0; i < FAL_WINOGRAD_PHASES; i++) {
        const int row = order[i][0], column = order[i][1];
        if (row >= count_phases(&p->axis[1]) || column >= count_phases(&p->axis[2]))
            continue;
        all.phase[count++] =
            (fal_winograd_phase){{find_only_phase(&p->axis[0]), find_axis(&p->axis[1], row),
                                  find_axis(&p->axis[2], column)}};
    }
    if (p->axis[2].stride == 2)
        all.inputs = count;
    else
        all.outputs = count;
    return all;
}

const fal_winograd_phase *fal_winograd_input_phase(const fal_winograd_phases *phases, int i)
{
    return &phases->phase[phases->inputs > 1 ? i : 0];
}

const fal_winograd_phase *fal_winograd_output_phase(const fal_winograd_phases *phases, int i)
{
    return &phases->phase[phases->outputs > 1 ? i : 0];
}

fal_view fal_winograd_view_input(const fal_winograd_phase *phase, const fal_view *input, int size)
{
    fal_view v = *input;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        fal_view_every(&v, i, phase->axis[i].from, phase->axis[i].step, size);
    return v;
}

fal_view fal_winograd_view_output(const fal_winograd_phase *phase, const fal_view *output, int size)
{
    fal_view v = *output;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        fal_view_every(&v, i, phase->axis[i].to, phase->axis[i].apart, size);
    return v;
}

fal_part fal_winograd_part_of(const fal_winograd_phase *phase, const fal_part *part)
{
    fal_part own = *part;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        const fal_winograd_phase_axis *a = &phase->axis[i];
        int64_t *begin = &own.begin[FAL_DEPTH + i], *end = &own.end[FAL_DEPTH + i];
        *begin = fal_most(0, fal_ceil_divide(*begin - a->to, a->apart));
        *end = fal_most(0, fal_ceil_divide(*end - a->to, a->apart));
    }
    return own;
}

bool fal_winograd_has_element(const fal_winograd_phase *phase, const fal_winograd_form *form,
                              int64_t element)
{
    const int64_t row = element / form->wide, column = element % form->wide;
    const bool high = form->high == 1 || phase->axis[1].taps == form->kernel;
    const bool wide = phase->axis[2].taps == form->kernel;
    return (row < form->high - 1 || high) && (column < form->wide - 1 || wide);
}

int64_t fal_winograd_count_elements(const fal_winograd_phase *phase, const fal_winograd_form *form)
{
    int64_t count = 0;
    for (int64_t e = 0; e < form->elements; e++)
        count += fal_winograd_has_element(phase, form, e);
    return count;
}
