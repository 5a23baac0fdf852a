// SPDX-License-Identifier: Apache-2.0
#include "problem/needed.h"

#include "base/checked.h"

// What of a border's elements is shown again inside: before the first and behind the last element
// an input is mirrored, or goes on as it ends.
static fal_range add_shown(faltung_padding_mode border, fal_range positions, int64_t size)
{
    const int64_t first = positions.begin, last = positions.end - 1, edge = size - 1;
    fal_range r = {fal_most(0, fal_least(first, edge)), fal_most(0, fal_least(last, edge)) + 1};
    if (border != FALTUNG_PADDING_REFLECT)
        return r;
    if (first < 0) {
        r.begin = 0;
        r.end = fal_most(r.end, fal_least(-first, edge) + 1);
    }
    if (last > edge) {
        r.begin = fal_least(r.begin, fal_most(edge - (last - edge), 0));
        r.end = size;
    }
    return r;
}

static fal_range clip(fal_range positions, int64_t size)
{
    fal_range r = {fal_least(fal_most(positions.begin, 0), size), 0};
    r.end = fal_most(r.begin, fal_least(positions.end, size));
    return r;
}

// From the positions of the lowered input's view to those of the caller's.
static fal_range raise(const fal_valid *valid, int axis, fal_range r)
{
    const int64_t stride = valid->axis[axis].stride;
    const int64_t cropped = fal_find_crop(valid, axis).begin;
    if (fal_is_sampled(valid, axis) && r.begin < r.end)
        return (fal_range){r.begin > 0 ? r.begin * stride : 0,
                           r.end > 1 ? (r.end - 1) * stride + 1 : 1};
    return (fal_range){r.begin + cropped, r.end + cropped};
}

fal_range fal_needed_positions(const fal_valid *valid, const fal_problem *problem, int axis,
                               fal_range outputs)
{
    const faltung_axis *own = &valid->axis[axis];
    if (fal_is_row_of_images(valid)) // whose axes are elsewhere: one output, at the begin
        return (fal_range){0, own->dilation * (own->kernel - 1) + 1};
    const fal_problem_axis a = problem->axis[FALTUNG_MAX_AXES - valid->axes + axis];
    const int64_t reach = a.dilation * (a.kernel - 1) - a.padding;
    const int64_t first = outputs.begin * a.stride - a.padding;
    const int64_t last = (outputs.end - 1) * a.stride + reach;
    fal_range r = {fal_ceil_divide(first, a.input_dilation),
                   fal_floor_divide(last, a.input_dilation) + 1};
    if (valid->padding_mode == FALTUNG_PADDING_ZEROS)
        r = clip(r, a.input);
    else if (valid->padding_mode != FALTUNG_PADDING_CIRCULAR)
        r = add_shown(valid->padding_mode, r, a.input);
    return raise(valid, axis, r);
}

fal_range fal_needed_channels(const fal_valid *valid, fal_range outputs)
{
    const int64_t in = valid->input_channels / valid->groups;
    const int64_t out = valid->output_channels / valid->groups;
    return (fal_range){outputs.begin / out * in, ((outputs.end - 1) / out + 1) * in};
}

// What is left of an axis of the input when it has been cropped.
static fal_range cropped_positions(const fal_valid *valid, int axis)
{
    const faltung_padding crop = fal_find_crop(valid, axis);
    return (fal_range){crop.begin, valid->axis[axis].input - crop.end};
}

fal_range fal_shown_positions(const fal_valid *valid, int axis)
{
    const fal_range inside = cropped_positions(valid, axis);
    const int64_t length = inside.end - inside.begin;
    if (valid->padding_mode != FALTUNG_PADDING_CIRCULAR)
        return inside;
    return (fal_range){inside.begin - length, inside.end + length};
}

int64_t fal_find_input(const fal_valid *valid, int axis, int64_t position)
{
    const fal_range inside = cropped_positions(valid, axis);
    const int64_t length = inside.end - inside.begin;
    if (position < inside.begin)
        return position + length;
    return position < inside.end ? position : position - length;
}
