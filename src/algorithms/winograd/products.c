// SPDX-License-Identifier: Apache-2.0
//
// The products of a block: for each element of a transformed tile a matrix multiplication.
#include "algorithms/winograd/work.h"

#include "base/checked.h"

#include <string.h>

// Tiles that are multiplied by one kernel.
typedef struct call {
    void (*multiply)(const fal_winograd_products *products);
    int64_t tiles, sums; // where they are, from the first of an element on
} call;

// As few calls for each panel as can be, of nearly equal size; returns how many.
static int64_t list_calls(const fal_winograd_work *w, const fal_winograd_block *b, call *calls)
{
    const fal_winograd_kernels *kernels = w->task->kernels->winograd;
    int64_t count = 0;
    for (int64_t panel = 0; panel < b->panels; panel++) {
        int64_t tiles = fal_tiles_of_panel(b, panel), left = fal_ceil_divide(tiles, kernels->most);
        for (int64_t first = 0, size; left > 0; first += size, left--) {
            size = fal_ceil_divide(tiles - first, left);
            calls[count++] = (call){
                kernels->multiply[size - 1],
                panel * w->layout.form->elements * b->element + first,
                (panel * b->panel + first) * kernels->channels,
            };
        }
    }
    return count;
}

// Each call fetches its share of the weights that come next. Planes that are left out are zeros: to
// the chunks, which are counted from the first plane of all, they would add nothing.
void fal_winograd_multiply(const fal_winograd_work *w, const fal_winograd_block *b,
                           const float *weight)
{
    call calls[FAL_WINOGRAD_MOST];
    const int64_t width = w->task->kernels->winograd->channels, count = list_calls(w, b, calls);
    const int64_t begin = b->slices.first_plane, end = b->slices.past_plane;
    const int64_t absent = w->layout.planes - (end - begin);
    fal_winograd_products p = {.pitch = b->pitch, .share = fal_ceil_divide(width, count)};
    if (begin == end)
        memset(w->desk.sums, 0, (size_t)(w->layout.form->elements * b->sums) * sizeof(float));
    weight += begin * width;
    for (int64_t e = 0; e < w->layout.form->elements; e++, weight += absent * width)
        for (int64_t c = begin; c < end; c += p.count) {
            const float *tiles = w->desk.tiles + e * b->element + (c - begin) * b->pitch;
            float *sums = w->desk.sums + e * b->sums;
            p.count = fal_least(w->layout.chunk - c % w->layout.chunk, end - c);
            p.weight = weight;
            p.add = c > begin;
            weight += p.count * width;
            for (int64_t i = 0; i < count; i++) {
                p.tiles = tiles + calls[i].tiles;
                p.sums = sums + calls[i].sums;
                p.fetch = weight + i * p.count * p.share;
                calls[i].multiply(&p);
            }
        }
}
