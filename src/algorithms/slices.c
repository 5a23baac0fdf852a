// SPDX-License-Identifier: Apache-2.0
#include "algorithms/slices.h"

int64_t fal_count_planes(const fal_problem *p)
{
    return p->axis[0].kernel * p->input_channels;
}

int64_t fal_find_depth(const fal_problem *p, int64_t output, int64_t slice)
{
    const fal_problem_axis *deep = &p->axis[0];
    return fal_find_element(
        p->border, output * deep->stride + slice * deep->dilation - deep->padding, deep->input);
}

fal_slices fal_find_slices(const fal_problem *p, int64_t output, bool skips_border)
{
    int64_t begin = 0, end = p->axis[0].kernel;
    while (skips_border && begin < end && fal_find_depth(p, output, begin) < 0)
        begin++;
    while (skips_border && begin < end && fal_find_depth(p, output, end - 1) < 0)
        end--;
    return (fal_slices){begin, end, begin * p->input_channels, end * p->input_channels};
}
