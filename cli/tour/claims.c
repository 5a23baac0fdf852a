// SPDX-License-Identifier: Apache-2.0
#include "tour/claims.h"

#include <inttypes.h>

void claim_case(finding *found, bool holds, const char *format, ...)
{
    found->cases++;
    if (holds || found->against[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(found->against, sizeof found->against, format, arguments);
    va_end(arguments);
}

// Counts a case about an axis.
static void axis_case(finding *found, bool holds, const faltung_axis *a)
{
    claim_case(found, holds,
               "W %" PRId64 ", K %" PRId64 ", S %" PRId64 ", D %" PRId64 ", P %" PRId64, a->input,
               a->kernel, a->stride, a->dilation, a->padding.begin);
}

static int64_t least_one(int64_t most)
{
    return most > 0 ? most : 1;
}

// Calls `visit` for every axis of a domain, without padding, until something is found against it.
static void visit_axes(const claim_domain *d, finding *found,
                       void (*visit)(const claim_domain *, const faltung_axis *, finding *))
{
    faltung_axis a = FALTUNG_AXIS(1, 1);
    for (a.kernel = 1; a.kernel <= least_one(d->kernel); a.kernel++)
        for (a.stride = 1; a.stride <= least_one(d->stride); a.stride++)
            for (a.dilation = 1; a.dilation <= least_one(d->dilation); a.dilation++)
                for (a.input = 1; a.input <= least_one(d->width); a.input++) {
                    visit(d, &a, found);
                    if (found->against[0])
                        return;
                }
}

// The size of the output with P zeros at each end; 0 if there is none.
static int64_t size_with(const faltung_axis *axis, int64_t padding)
{
    faltung_axis a = *axis;
    int64_t size;
    a.padding = (faltung_padding){padding, padding};
    return faltung_output_size(&a, &size, NULL) ? 0 : size;
}

// Half of a number, rounded up, but not below 0: a padding.
static int64_t half_up(int64_t twice)
{
    return twice <= 0 ? 0 : (twice + 1) / 2;
}

// The lowest padding; -1 if there is none.
static int64_t lowest_padding(const faltung_axis *axis)
{
    faltung_padding_interval interval;
    if (faltung_find_padding_interval(axis, &interval, NULL) || !interval.exists)
        return -1;
    return interval.lowest;
}

static bool lacks_padding(const faltung_axis *a)
{
    return a->stride == 1 && a->kernel % 2 == 0;
}

// --------------------------------------------------------------------------------------- step 2

static void check_truncation(const claim_domain *d, const faltung_axis *axis, finding *found)
{
    for (int64_t p = 0; p <= d->padding; p++) {
        const int64_t numerator = axis->input - axis->kernel + 2 * p;
        // Division in C truncates as int() does.
        const int64_t expected = numerator < 0 ? 0 : numerator / axis->stride + 1;
        axis_case(found, size_with(axis, p) == expected, axis);
    }
}

void truncation_differs_without_output_only(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    visit_axes(d, found, check_truncation);
}

// --------------------------------------------------------------------------------------- step 6

static void check_interval(const claim_domain *d, const faltung_axis *a, finding *found)
{
    const int64_t o = (a->input + a->stride - 1) / a->stride;
    const int64_t twice_min = (o - 1) * a->stride - a->input + a->kernel;
    const int64_t lowest = lowest_padding(a);
    for (int64_t p = 0; p <= d->padding; p++) {
        const bool within = twice_min <= 2 * p && 2 * p < twice_min + a->stride;
        axis_case(found, within == (size_with(a, p) == o), a);
    }
    axis_case(found, lowest == (lacks_padding(a) ? -1 : half_up(twice_min)), a);
}

void interval_holds_every_padding(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    visit_axes(d, found, check_interval);
}

// --------------------------------------------------------------------------------------- step 7

static void check_remainder(const claim_domain *d, const faltung_axis *a, finding *found)
{
    (void)d;
    faltung_axis wider = *a;
    wider.input += a->stride;
    axis_case(found, lowest_padding(a) == lowest_padding(&wider), a);
}

void padding_depends_on_the_remainder(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    visit_axes(d, found, check_remainder);
}

// The least and the greatest lowest padding over one period of the width; -1 if a width has none.
static faltung_padding_limits swing(const faltung_axis *axis)
{
    faltung_axis a = *axis;
    faltung_padding_limits found = {INT64_MAX, -1};
    for (a.input = 1; a.input <= a.stride; a.input++) {
        const int64_t lowest = lowest_padding(&a);
        found.low = lowest < found.low ? lowest : found.low;
        found.high = lowest > found.high ? lowest : found.high;
    }
    return found;
}

static void check_ignorance(const claim_domain *d, const faltung_axis *a, finding *found)
{
    (void)d;
    const faltung_padding_limits is = swing(a);
    const bool same = is.low >= 0 && is.low == is.high;
    axis_case(found, same == (a->kernel == 1 || (a->kernel % 2 == 1 && a->stride <= 2)), a);
}

void padding_ignores_the_width_exactly_when(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    visit_axes(d, found, check_ignorance);
}

// --------------------------------------------------------------------------------------- step 8

static void check_limits(const claim_domain *d, const faltung_axis *a, finding *found)
{
    (void)d;
    faltung_padding_limits limits;
    const faltung_padding_limits is = swing(a);
    if (faltung_find_padding_limits(a, &limits, NULL)) {
        axis_case(found, lacks_padding(a) && is.high == -1, a);
        return;
    }
    axis_case(found,
              is.low == limits.low && is.high == limits.high &&
                  is.low == half_up(a->kernel - a->stride) && is.high == half_up(a->kernel - 1),
              a);
}

void limits_are_reached(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    visit_axes(d, found, check_limits);
}

// --------------------------------------------------------------------------------------- step 9

static void check_whole_strides(const claim_domain *d, const faltung_axis *axis, finding *found)
{
    (void)d;
    faltung_axis a = *axis;
    a.input = axis->input * a.stride;
    axis_case(found, lowest_padding(&a) == (lacks_padding(&a) ? -1 : half_up(a.kernel - a.stride)),
              &a);
}

void whole_strides_need_no_width(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    visit_axes(d, found, check_whole_strides);
}

// -------------------------------------------------------------------------------------- step 10

static void check_unit_stride(const claim_domain *d, const faltung_axis *a, finding *found)
{
    (void)d;
    const int64_t extent = a->dilation * (a->kernel - 1) + 1;
    if (extent % 2)
        axis_case(found, size_with(a, lowest_padding(a)) == a->input, a);
    else
        axis_case(found, lowest_padding(a) == -1 && size_with(a, extent / 2) == a->input + 1, a);
}

void unit_stride_needs_an_odd_kernel(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    visit_axes(d, found, check_unit_stride);
}

// -------------------------------------------------------------------------------------- step 11

// The axis's input stands for the size of the output, o.
static void check_sources(const claim_domain *d, const faltung_axis *axis, finding *found)
{
    const int64_t o = axis->input;
    for (int64_t p = 0; p <= d->padding; p++) {
        const int64_t first = (o - 1) * axis->stride - 2 * p + axis->kernel;
        faltung_axis a = *axis;
        for (a.input = first > 1 ? first - 1 : 1; a.input <= first + a.stride; a.input++) {
            const bool within = first <= a.input && a.input < first + a.stride;
            axis_case(found, within == (size_with(&a, p) == o), &a);
        }
    }
}

void stride_many_sizes_lead_to_one(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    visit_axes(d, found, check_sources);
}
