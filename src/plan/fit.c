// SPDX-License-Identifier: Apache-2.0
//
// Making do with little memory, without changing a bit: by smaller bands, and by fewer threads.
#include "plan/choose.h"

#include "base/memory.h"

// Bands down to a quarter cost less than a thread; below that, they are for the last one.
enum { CHEAP = 4, LEAST_BAND = 1 << 12 };

bool fal_fit(fal_choice *choice, const fal_algorithm *algorithm, size_t limit)
{
    fal_task *task = &choice->task;
    const int64_t whole = task->tuning.band_bytes;
    const size_t shared = choice->valid.of_weight && algorithm->packed_bytes
                              ? fal_align(algorithm->packed_bytes(task))
                              : 0; // that a plan of a weight's gradient packs in its workspace
    for (;; task->tuning.band_bytes /= 2) {
        const size_t each = fal_thread_workspace(task, algorithm);
        size_t threads = (size_t)choice->threads;
        if (limit && shared > limit)
            threads = 0;
        else if (limit && each && (limit - shared) / each < threads)
            threads = (limit - shared) / each;
        const bool cheap = task->tuning.band_bytes > whole / CHEAP;
        if (threads == (size_t)choice->threads || (threads && !cheap)) {
            choice->threads = (int)threads;
            choice->workspace = each;
            return true;
        }
        if (task->tuning.band_bytes / 2 < LEAST_BAND)
            break;
    }
    task->tuning.band_bytes = whole;
    return false;
}
