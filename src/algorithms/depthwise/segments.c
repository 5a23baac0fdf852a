// SPDX-License-Identifier: Apache-2.0
//
// How wide the strips are, and which lanes of theirs are inside the input.
#include "algorithms/depthwise/work.h"

#include "algorithms/workspace.h"
#include "base/checked.h"

// The part of the input that may be read, in its own rows and columns.
typedef struct range {
    int64_t begin, end;
} range;

static int64_t columns_of_stripe(const fal_problem *p)
{
    return fal_least(p->axis[2].output, FAL_STRIPE);
}

static int64_t count_band_rows(const fal_problem *p)
{
    return (FAL_FEW_ROWS - 1) * fal_find_sharing(p).stride + p->axis[1].kernel;
}

size_t fal_lay_out_depthwise(const fal_task *task, char *workspace, fal_depthwise_work *w)
{
    const fal_problem *p = &task->problem;
    const int64_t lanes = task->kernels->lanes;
    size_t size = (size_t)task->kernels->size, kernel = (size_t)p->axis[2].kernel;
    size_t segments = (size_t)fal_ceil_divide(columns_of_stripe(p), lanes);
    w->band_pitch = fal_extent(&p->axis[2], FAL_PLANE_WIDTH * lanes + 1);
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        kernel * sizeof *w->offset,
        segments * kernel * FAL_PLANE_WIDTH * sizeof *w->lanes,
        segments * sizeof *w->segment,
        (size_t)(count_band_rows(p) * w->band_pitch) * size,
        (size_t)(FAL_FEW_ROWS * FAL_PLANE_WIDTH * lanes) * size,
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *place[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, place);
    w->offset = place[1];
    w->lanes = place[2];
    w->segment = place[3];
    w->band = place[4];
    w->output = place[5];
    return total;
}

// The kernel for rows of so many vectors; the first in the list fits best.
static const fal_plane_kernel *find_kernel(const fal_task *task, int64_t vectors)
{
    const fal_problem *p = &task->problem;
    const fal_plane_kernel *const *next = task->kernels->planes;
    while ((*next)->stride != p->axis[2].stride || (*next)->vectors > vectors ||
           ((*next)->kernel_rows && (*next)->kernel_rows != p->axis[1].kernel))
        next++; // ends: there is one of one vector for any kernel
    return *next;
}

const fal_plane_kernel *fal_find_plane_kernel(const fal_task *task, int64_t columns)
{
    const int64_t most = task->kernels->planes[0]->vectors;
    int64_t vectors = fal_ceil_divide(columns, task->kernels->lanes);
    return find_kernel(task, fal_ceil_divide(vectors, fal_ceil_divide(vectors, most)));
}

// The lanes of vectors from a column of the input on that are inside a range.
static void find_lanes(range columns, int64_t column, int64_t stride, const fal_kernels *kernels,
                       int vectors, uint32_t *to)
{
    const int64_t bits = stride * kernels->lanes;
    for (int v = 0; v < vectors; v++, column += bits) {
        int64_t first = fal_least(fal_most(columns.begin - column, 0), bits);
        int64_t past = fal_most(fal_least(columns.end - column, bits), first);
        to[v] = (uint32_t)((UINT64_C(1) << past) - (UINT64_C(1) << first));
    }
}

// Divides the columns [begin, end) of the output into segments, as equal as can be.
void fal_make_segments(fal_depthwise_work *w, int64_t begin, int64_t end)
{
    const fal_problem_axis *axis = &w->task->problem.axis[2];
    const fal_kernels *kernels = w->task->kernels;
    const int64_t lanes = kernels->lanes;
    uint32_t *next = w->lanes;
    const int64_t needed = (end - 1) * axis->stride + fal_extent(axis, 1) - axis->padding;
    range inside = {0, fal_least(axis->input, needed)};
    if (w->copies) // the border, too, and what lies behind it
        inside = (range){INT64_MIN / 4, INT64_MAX / 4};
    w->segments = 0;
    for (int64_t column = begin; column < end;) {
        fal_segment *s = &w->segment[w->segments++];
        *s = (fal_segment){.kernel = fal_find_plane_kernel(w->task, end - column),
                           .lanes = next,
                           .column = column};
        for (int64_t kw = 0; kw < axis->kernel; kw++, next += s->kernel->vectors)
            find_lanes(inside, column * axis->stride + w->offset[kw] - axis->padding, axis->stride,
                       kernels, s->kernel->vectors, next);
        column += s->kernel->vectors * lanes;
        s->past = fal_least(column, end);
        int64_t live = s->past - column + lanes; // of the last vector
        s->output_lanes = (uint32_t)((UINT64_C(1) << live) - 1);
    }
}
