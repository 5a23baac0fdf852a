// SPDX-License-Identifier: Apache-2.0
#include "algorithms/phases/split.h"

#include "base/checked.h"
#include "tensor/element.h"

// One phase along one axis: outputs phase, phase + P, ... and the kernel's elements that they meet,
// `first`, first + `every`, ...
typedef struct phase_axis {
    int64_t outputs;
    int64_t first, every, taps;
    int64_t shift; // of the input under the first output and tap
    int64_t dilation, stride;
} phase_axis;

// Whether columns can be left as they are, whatever the phases of rows.
static bool can_leave_columns(const fal_task *task)
{
    fal_task whole = *task;
    whole.problem.border_counts = true;
    for (int i = 0; i < 2; i++)
        whole.problem.axis[i].input_dilation = 1;
    return task->problem.axis[2].input_dilation > 1 && !fal_depthwise.cannot(&whole);
}

static int64_t count_phases(const fal_problem_axis *axis)
{
    return axis->input_dilation / fal_common_divisor(axis->input_dilation, axis->stride);
}

fal_phase_split fal_find_phases(const fal_task *task)
{
    fal_phase_split s = {.task = task, .leaves_columns = can_leave_columns(task)};
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        s.phases[i] = count_phases(&task->problem.axis[i]);
    if (s.leaves_columns)
        s.phases[2] = 1;
    return s;
}

double fal_count_all_phases(const fal_phase_split *s)
{
    double phases = 1;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        phases *= (double)s->phases[i];
    return phases;
}

// Output y = phase + P*q meets element k of the kernel where y*S + k*D - padding is a multiple of
// L: if at all for one k, then for every (L/gcd(L, D))-th.
static phase_axis find_phase(const fal_problem_axis *axis, int64_t phase)
{
    int64_t l = axis->input_dilation, divisor = fal_common_divisor(l, axis->dilation);
    phase_axis found = {.every = l / divisor, .dilation = axis->dilation / divisor, .stride = 1};
    if (phase >= axis->output)
        return found;
    found.outputs = (axis->output - 1 - phase) / count_phases(axis) + 1;
    if (found.outputs > 1)
        found.stride = axis->stride / fal_common_divisor(l, axis->stride);
    for (int64_t k = 0; k < axis->kernel && k < found.every; k++) {
        int64_t position = phase * axis->stride + (k * axis->dilation - axis->padding);
        if (position % l == 0) {
            found.first = k;
            found.taps = (axis->kernel - 1 - k) / found.every + 1;
            found.shift = position / l;
            break;
        }
    }
    return found;
}

bool fal_leaves_outputs(const fal_phase_split *s)
{
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &s->task->problem.axis[i];
        const bool left = i == 2 && s->leaves_columns;
        for (int64_t phase = 0; !left && phase < fal_least(s->phases[i], axis->output); phase++)
            if (find_phase(axis, phase).taps == 0)
                return true;
    }
    return false;
}

bool fal_phase_is_computed(const fal_phase *p)
{
    return !p->empty && !p->untouched;
}

fal_phase fal_make_phase(const fal_phase_split *s, const fal_operands *all, const int64_t *index)
{
    const fal_task *task = s->task;
    fal_phase p = {.task = *task};
    p.task.problem.border_counts = true; // a band's zeros are multiplied like all else
    if (all)
        p.operands = *all;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &task->problem.axis[i];
        if (i == 2 && s->leaves_columns)
            continue;
        phase_axis a = find_phase(axis, index[i]);
        p.empty = p.empty || a.outputs == 0;
        p.untouched = p.untouched || a.taps == 0;
        p.task.problem.axis[i] = (fal_problem_axis){
            .input = axis->input,
            .kernel = a.taps,
            .output = a.outputs,
            .input_dilation = 1,
            .dilation = a.dilation,
            .stride = a.stride,
            .padding = -a.shift,
        };
        const fal_problem *problem = &task->problem;
        fal_view_every(&p.operands.weight, i, a.first, a.every,
                       (int64_t)faltung_dtype_size(problem->weight_dtype));
        fal_view_every(&p.operands.output, i, index[i], s->phases[i],
                       (int64_t)faltung_dtype_size(problem->output_dtype));
    }
    const bool is_depthwise =
        s->leaves_columns || (fal_phase_is_computed(&p) && !fal_depthwise.cannot(&p.task) &&
                              !fal_depthwise.should_not(&p.task));
    p.by = is_depthwise ? &fal_depthwise : &fal_direct;
    return p;
}

bool fal_next_phase(const fal_phase_split *s, int64_t *index)
{
    for (int i = FALTUNG_MAX_AXES - 1; i >= 0; i--) {
        if (++index[i] < s->phases[i])
            return true;
        index[i] = 0;
    }
    return false;
}
