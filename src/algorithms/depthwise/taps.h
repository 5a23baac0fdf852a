// SPDX-License-Identifier: Apache-2.0
//
// The elements of a kernel along an axis, its taps, and where they meet the input. Of an input that
// is dilated by two, every second output meets every second tap; two neighbours, one of each of
// these phases, share what they stand for: a lane.
#ifndef FAL_ALGORITHMS_DEPTHWISE_TAPS_H
#define FAL_ALGORITHMS_DEPTHWISE_TAPS_H

#include "base/checked.h"
#include "problem/lower.h"

// Outputs that are neighbours and stand for the same lane.
static inline int64_t fal_count_phases(const fal_problem_axis *axis)
{
    return axis->input_dilation;
}

static inline int64_t fal_count_lanes(const fal_problem_axis *axis)
{
    return fal_ceil_divide(axis->output, fal_count_phases(axis));
}

// Which of them a tap belongs to. With two, the dilation is odd.
static inline int64_t fal_phase_of_tap(const fal_problem_axis *axis, int64_t tap)
{
    const int64_t phases = fal_count_phases(axis);
    return ((axis->padding - tap * axis->dilation) % phases + phases) % phases;
}

// Taps of the first phase.
static inline int64_t fal_count_first_taps(const fal_problem_axis *axis)
{
    const int64_t phases = fal_count_phases(axis);
    return (axis->kernel - fal_phase_of_tap(axis, 0) + phases - 1) / phases;
}

// The taps of one phase after those of the other: the one at place i.
static inline int64_t fal_find_tap_at(const fal_problem_axis *axis, int64_t i)
{
    const int64_t phases = fal_count_phases(axis), first = fal_phase_of_tap(axis, 0);
    const int64_t rest = i - fal_count_first_taps(axis);
    return rest < 0 ? first + phases * i : 1 - first + phases * rest;
}

// The element of the input that a tap meets in the first lane.
static inline int64_t fal_element_of_tap(const fal_problem_axis *axis, int64_t tap)
{
    return (fal_phase_of_tap(axis, tap) + tap * axis->dilation - axis->padding) /
           axis->input_dilation;
}

// Elements of the input, those outside of it, too, that the outputs [begin, end) meet: where a lane
// stands for others as well, fewer than lanes need.
static inline int64_t fal_first_needed(const fal_problem_axis *axis, int64_t begin)
{
    return fal_ceil_divide(begin * axis->stride - axis->padding, axis->input_dilation);
}

static inline int64_t fal_past_needed(const fal_problem_axis *axis, int64_t end)
{
    const int64_t reach = axis->dilation * (axis->kernel - 1) - axis->padding;
    return fal_floor_divide((end - 1) * axis->stride + reach, axis->input_dilation) + 1;
}

// The input that so many lanes need.
static inline int64_t fal_extent(const fal_problem_axis *axis, int64_t lanes)
{
    const int64_t last = fal_element_of_tap(axis, axis->kernel - 1);
    return (lanes - 1) * axis->stride + last - fal_element_of_tap(axis, 0) + 1;
}

#endif
