// SPDX-License-Identifier: Apache-2.0
//
// Running a choice, or a part of its output, on threads. The bits depend on neither.
#include "base/checked.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "plan/choose.h"
#include "plan/pieces.h"

#include <string.h>

// Work of each thread below which it does not pay: to wake it, about 30 microseconds, and to share
// with one that is awake, 2 or 3.
static const double work_to_wake = 1.5e6, work_to_share = 1.2e5;

// How many threads pay for so much work, as far as there are that many.
static int64_t count_worthwhile(double work, double work_for_thread)
{
    double worth = work / work_for_thread;
    return worth < 2 ? 1 : worth < FAL_MOST_THREADS ? (int64_t)worth : FAL_MOST_THREADS;
}

int fal_choose_threads(const fal_task *task, int threads)
{
    const fal_part whole = fal_whole(&task->problem);
    double work = fal_count_work(&task->problem, &whole);
    return fal_parallel_limit(threads, count_worthwhile(work, work_to_share));
}

size_t fal_choice_packed_bytes(const fal_choice *choice)
{
    return choice->algorithm->packed_bytes
               ? fal_align(choice->algorithm->packed_bytes(&choice->task))
               : 0;
}

size_t fal_thread_workspace(const fal_task *task, const fal_algorithm *algorithm)
{
    return algorithm->workspace ? fal_align(algorithm->workspace(task)) : 0;
}

size_t fal_choice_workspace(const fal_choice *choice)
{
    return (size_t)choice->threads * choice->workspace;
}

// ------------------------------------------------------------------------------------------- runs

typedef struct job {
    const fal_choice *choice;
    const fal_operands *operands;
    const void *packed;
    char *workspace;
    fal_pieces pieces;
} job;

static void run_piece(void *context, int64_t index, int worker)
{
    const job *j = context;
    const fal_choice *c = j->choice;
    const fal_part piece = fal_find_piece(&j->pieces, index);
    char *workspace = c->workspace ? j->workspace + (size_t)worker * c->workspace : NULL;
    c->algorithm->run(&c->task, j->operands, j->packed, &piece, workspace);
}

// How many threads pay for a part now.
static int64_t threads_for(const fal_choice *choice, const fal_part *part)
{
    const double work = fal_count_work(&choice->task.problem, part);
    int64_t threads = count_worthwhile(work, work_to_share);
    if (threads == 1 || choice->threads == 1)
        return 1;
    if (choice->parallel.run || !fal_parallel_is_warm())
        threads = count_worthwhile(work, work_to_wake);
    return fal_least(threads, choice->threads);
}

void fal_run_choice(const fal_choice *choice, const fal_operands *operands, const void *packed,
                    const fal_part *part, void *workspace)
{
    const fal_task *task = &choice->task;
    const fal_part whole = fal_whole(&task->problem);
    job j = {.choice = choice, .operands = operands, .packed = packed, .workspace = workspace};
    if (!part)
        part = &whole;
    if (fal_part_is_empty(part))
        return;
    const int64_t threads = threads_for(choice, part);
    for (int64_t i = 0; choice->workspace && i < threads; i++)
        memset(j.workspace + (size_t)i * choice->workspace, 0, FAL_MEMORY_BYTES);
    if (threads == 1) {
        choice->algorithm->run(task, operands, packed, part, workspace);
        return;
    }
    int64_t pieces = fal_divide(task, choice->algorithm, part, (int)threads, &j.pieces);
    if (choice->parallel.run)
        fal_parallel_by(&choice->parallel, (int)threads, pieces, run_piece, &j);
    else
        fal_parallel((int)threads, pieces, run_piece, &j);
}

void fal_pack_and_run(const fal_choice *choice, const fal_operands *operands, void *memory)
{
    size_t packed = fal_choice_packed_bytes(choice);
    if (packed)
        choice->algorithm->pack(&choice->task, operands, memory);
    fal_run_choice(choice, operands, memory, NULL, memory ? (char *)memory + packed : NULL);
}
