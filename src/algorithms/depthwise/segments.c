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

static bool is_for(const fal_plane_kernel *kernel, const fal_problem *p)
{
    return kernel->stride == p->axis[2].stride && kernel->phases == fal_count_phases(&p->axis[2]) &&
           (!kernel->kernel_rows || kernel->kernel_rows == p->axis[1].kernel);
}

// The kernel for rows of so many vectors; the first in the list fits best.
static const fal_plane_kernel *find_kernel(const fal_task *task, int64_t vectors)
{
    const fal_plane_kernel *const *next = task->kernels->planes;
    while (!is_for(*next, &task->problem) || (*next)->vectors > vectors)
        next++; // ends: there is one of one vector for any kernel
    return *next;
}

const fal_plane_kernel *fal_find_plane_kernel(const fal_task *task, int64_t lanes)
{
    const int64_t most = find_kernel(task, FAL_PLANE_WIDTH)->vectors;
    int64_t vectors = fal_ceil_divide(lanes, task->kernels->lanes);
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

// The columns of the input that may be read for some of the output.
static range find_columns(const fal_depthwise_work *w, int64_t begin, int64_t end)
{
    const fal_problem_axis *axis = &w->task->problem.axis[2];
    if (w->copies) // the border, too, and what lies behind it
        return (range){INT64_MIN / 4, INT64_MAX / 4};
    return (range){fal_most(0, fal_first_needed(axis, begin)),
                   fal_least(axis->input, fal_past_needed(axis, end))};
}

// Divides the columns [begin, end) of the output into segments, as equal as can be. If the first
// one is not the first of its lane, what comes before it is computed, too.
void fal_make_segments(fal_depthwise_work *w, int64_t begin, int64_t end)
{
    const fal_problem_axis *axis = &w->task->problem.axis[2];
    const fal_kernels *kernels = w->task->kernels;
    const int64_t lanes = kernels->lanes, phases = fal_count_phases(axis);
    const int64_t past = fal_ceil_divide(end, phases);
    const range inside = find_columns(w, begin, end);
    uint32_t *next = w->lanes;
    w->segments = 0;
    for (int64_t lane = begin / phases; lane < past;) {
        fal_segment *s = &w->segment[w->segments++];
        *s = (fal_segment){.kernel = fal_find_plane_kernel(w->task, past - lane),
                           .lanes = next,
                           .column = fal_most(lane * phases, begin),
                           .lane = lane};
        for (int64_t kw = 0; kw < axis->kernel; kw++, next += s->kernel->vectors)
            find_lanes(inside, lane * axis->stride + w->first_column + w->offset[kw], axis->stride,
                       kernels, s->kernel->vectors, next);
        lane += s->kernel->vectors * lanes;
        s->past = fal_least(lane * phases, end);
        int64_t live = s->past - (lane - lanes) * phases; // of the last vectors
        s->output_lanes = (uint32_t)((UINT64_C(1) << live) - 1);
    }
}
