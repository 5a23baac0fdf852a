// SPDX-License-Identifier: Apache-2.0
#include "parts/bounds.h"
#include "peak.h"

// What is taken besides, and not yet: stacks, buffers of files, pages of the program that have not
// been touched.
static const size_t besides = 4 << 20;

// By how much what a process takes differs from run to run.
static const size_t variation = 512 << 10;

// Of the last axis, which is cut where not even a row fits.
static const int64_t least_columns = 64;

// Pieces at the borders and within. Where there are very many, as they are alike, some of them.
slot_bytes bounds_most_bytes(const parts_job *job)
{
    enum { FEW = 2048 };
    slot_bytes most = {0, 0, 0};
    int64_t from = job->wanted.begin;
    piece p;
    for (int i = 0; i < FEW && job_next_piece(job, from, &p); i++, from = p.pixels.end)
        job_raise_bytes(job, &p, &most);
    const int64_t apart = (job->wanted.end - from) / FEW;
    for (int64_t i = 1; apart > 0 && i <= FEW; i++)
        if (job_next_piece(job, from + i * apart, &p))
            job_raise_bytes(job, &p, &most);
    return most;
}

static bool is_one_piece(const parts_job *job)
{
    piece p;
    return !job_next_piece(job, job->wanted.begin, &p) || !job_next_piece(job, p.pixels.end, &p);
}

// What the pieces take that a grid has, if it is cut along an axis into so many at a time.
static size_t bytes_if(parts_job *job, int axis, int64_t most)
{
    job->grid.cut = axis;
    job->grid.most = most;
    job->slots = is_one_piece(job) ? 1 : 2;
    const slot_bytes most_of_slot = bounds_most_bytes(job);
    size_t bytes = job_slot_bytes(&most_of_slot);
    return __builtin_mul_overflow(bytes, (size_t)job->slots, &bytes) ? SIZE_MAX : bytes;
}

static int64_t least_along(const grid *g, int axis)
{
    if (g->whole[axis])
        return g->block[axis];
    return axis + 1 < g->axes ? 1 : g->size[axis] < least_columns ? g->size[axis] : least_columns;
}

// The most along an axis of which pieces take no more than so many bytes, of which the least do.
static void cut_along(parts_job *job, int axis, size_t bytes)
{
    int64_t fits = least_along(&job->grid, axis), too_much = job->grid.size[axis] + 1;
    while (too_much - fits > 1) {
        const int64_t middle = fits + (too_much - fits) / 2;
        if (bytes_if(job, axis, middle) <= bytes)
            fits = middle;
        else
            too_much = middle;
    }
    (void)bytes_if(job, axis, fits);
}

int bounds_choose(session *s, parts_job *job, size_t workspace, size_t memory, size_t enough)
{
    const size_t taken = peak_bytes() + workspace + besides;
    const size_t left = memory > taken ? memory - taken : 0;
    size_t least = 0;
    for (int axis = 0; axis < job->grid.axes; axis++) {
        if (axis > 0 && job->grid.whole[axis - 1])
            break; // single rows would each compute a block
        least = bytes_if(job, axis, least_along(&job->grid, axis));
        // Rows are cut before they are large, columns only where that is the last resort.
        const bool may_go_on = axis + 2 < job->grid.axes && !job->grid.whole[axis];
        if (least > left || (least > enough && may_go_on))
            continue;
        cut_along(job, axis, least > enough || left < enough ? left : enough);
        return EXIT_DONE;
    }
    if (least > SIZE_MAX - taken - variation)
        return refuse(s, EXIT_REFUSED, "no memory is enough for this convolution");
    return refuse(s, EXIT_REFUSED,
                  "--memory %zu is too little: the least that would do is %zu bytes", memory,
                  taken + least + variation);
}
