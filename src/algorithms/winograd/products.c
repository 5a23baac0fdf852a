// SPDX-License-Identifier: Apache-2.0
//
// The products of a block: for each element of a transformed tile a matrix multiplication.
#include "algorithms/winograd/work.h"

#include "base/checked.h"

#include <string.h>

// Planes that an element of the transforms is multiplied over.
typedef struct range {
    int64_t begin, end;
} range;

// Those of the phases whose kernels have the element, or of the slices that are not left out.
static range find_planes(const fal_winograd_work *w, const fal_winograd_block *b, int phase,
                         int64_t element)
{
    const fal_winograd_phases *phases = &w->layout.phases;
    const fal_winograd_form *form = w->layout.form;
    const int64_t channels = w->task->problem.input_channels;
    range planes = {b->slices.first_plane, b->slices.past_plane};
    if (phases->inputs == 1) {
        if (!fal_winograd_has_element(fal_winograd_output_phase(phases, phase), form, element))
            planes.end = planes.begin;
        return planes;
    }
    if (planes.begin == planes.end) // the only slice is of the border
        return planes;
    int first = 0, past = phases->inputs;
    while (!fal_winograd_has_element(&phases->phase[first], form, element))
        first++;
    while (!fal_winograd_has_element(&phases->phase[past - 1], form, element))
        past--;
    return (range){first * channels, past * channels};
}

// One element. Each call fetches its share of the weights that come next. Planes that are left out
// are zeros: to the chunks, which are counted from the first plane of all, they would add nothing.
static void multiply_element(const fal_winograd_work *w, const fal_winograd_block *b,
                             const fal_winograd_calls *calls, int64_t element, range planes,
                             const float *weight, fal_winograd_ahead *ahead)
{
    const fal_winograd_kernels *kernels = w->task->kernels->winograd;
    const int64_t width = kernels->channels;
    fal_winograd_products p = {.pitch = b->pitch};
    float *sums = w->desk.sums + element * b->sums;
    if (planes.begin == planes.end)
        memset(sums, 0, (size_t)(b->tiles * width) * sizeof(float));
    if (calls->count > 0)
        p.share = fal_ceil_divide(width, calls->count);
    weight += (element * w->layout.planes + planes.begin) * width;
    for (int64_t c = planes.begin; c < planes.end; c += p.count) {
        const int64_t plane = c - b->slices.first_plane;
        const float *tiles = w->desk.tiles + element * b->element + plane * b->pitch;
        p.count = fal_least(w->layout.chunk - c % w->layout.chunk, planes.end - c);
        p.weight = weight;
        p.add = c > planes.begin;
        weight += p.count * width;
        for (int64_t i = 0; i < calls->count; i++) {
            p.tiles = tiles + calls->call[i].tiles;
            p.sums = sums + calls->call[i].sums;
            p.fetch = weight + i * p.count * p.share;
            calls->call[i].multiply(&p);
            if (w->looks_ahead) {
                kernels->fetch_lines(&ahead->input.lines, ahead->input.count);
                kernels->fetch_lines_to(&ahead->output.lines, ahead->output.count);
            }
        }
    }
}

void fal_winograd_multiply(const fal_winograd_work *w, const fal_winograd_block *b,
                           const fal_winograd_schedule *schedule, int phase, const float *weight,
                           fal_winograd_ahead *ahead)
{
    const int high = w->layout.form->high, wide = w->layout.form->wide;
    for (int row = 0, e = 0; row < high; row++)
        for (int column = 0; column < wide; column++, e++)
            multiply_element(w, b, schedule->of[row == high - 1][column == wide - 1], e,
                             find_planes(w, b, phase, e), weight, ahead);
}
