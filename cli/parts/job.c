// SPDX-License-Identifier: Apache-2.0
#include "parts/job.h"

bool job_next_piece(const parts_job *job, int64_t from, piece *next)
{
    const span left = spans_first_missing(job->done, (span){from, job->wanted.end});
    if (left.begin >= left.end)
        return false;
    job->work->cut(job, left, next);
    return true;
}

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

void job_raise_bytes(const parts_job *job, const piece *p, slot_bytes *bytes)
{
    bytes->input = greater(bytes->input, box_bytes(&job->input, &p->input));
    bytes->output = greater(bytes->output, box_bytes(&job->output, &p->output));
    if (job->second.file)
        bytes->second = greater(bytes->second, box_bytes(&job->second, &p->second));
}

size_t job_slot_bytes(const slot_bytes *bytes)
{
    size_t all = bytes->input;
    if (__builtin_add_overflow(all, bytes->output, &all) ||
        __builtin_add_overflow(all, bytes->second, &all))
        return SIZE_MAX;
    return all;
}
