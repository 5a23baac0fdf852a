// SPDX-License-Identifier: Apache-2.0
//
// Dividing an output into pieces, and running them on threads. The bits do not depend on either.
#include "plan/choose.h"

#include "base/checked.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <string.h>

// Products below which a second thread does not pay for waking it, and those worth a piece.
static const double products_for_thread = 5e6;
static const double products_of_piece = 1e6;

// Pieces per thread, so that one that is held up leaves its share to the others.
enum { PIECES = 8 };

static double product_of(const int64_t *size)
{
    double product = 1;
    for (int i = 0; i < FAL_PART_AXES; i++)
        product *= (double)size[i];
    return product;
}

static void measure(const fal_problem *p, int64_t size[FAL_PART_AXES])
{
    size[FAL_IMAGE] = p->batch;
    size[FAL_CHANNEL] = p->groups * p->output_channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        size[FAL_DEPTH + i] = p->axis[i].output;
}

static double count_products(const fal_problem *p)
{
    int64_t size[FAL_PART_AXES];
    measure(p, size);
    double products = product_of(size) * (double)p->input_channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        products *= (double)p->axis[i].kernel / (double)p->axis[i].input_dilation;
    return products;
}

int fal_choose_threads(const fal_task *task, int threads)
{
    double worth = count_products(&task->problem) / products_for_thread;
    if (threads == 1 || worth < 2)
        return 1;
    return fal_parallel_limit(threads,
                              worth < FAL_MOST_THREADS ? (int64_t)worth : FAL_MOST_THREADS);
}

// ----------------------------------------------------------------------------------------- pieces

// A run that is divided into pieces of equal sizes, but for the last along each axis.
typedef struct job {
    const fal_choice *choice;
    const fal_operands *operands;
    const void *packed;
    char *workspace;
    size_t workspace_bytes; // of one thread
    int64_t whole[FAL_PART_AXES], size[FAL_PART_AXES], count[FAL_PART_AXES];
} job;

static int64_t count_pieces(job *j)
{
    int64_t count = 1;
    for (int i = 0; i < FAL_PART_AXES; i++) {
        j->count[i] = fal_ceil_divide(j->whole[i], j->size[i]);
        count *= j->count[i];
    }
    return count;
}

// Where bands are fewer than the pieces wanted, channels are divided too, though each thread then
// packs the band for itself.
static void divide_channels(job *j, int64_t grain, int64_t wanted, int64_t count)
{
    int64_t parts = fal_ceil_divide(wanted, count);
    int64_t size = fal_ceil_divide(j->whole[FAL_CHANNEL], parts);
    j->size[FAL_CHANNEL] = fal_round_up(size, grain);
}

// Where they are more, several make a piece.
static void join(job *j, int64_t wanted)
{
    static const int axes[] = {FAL_COLUMN, FAL_ROW, FAL_DEPTH, FAL_IMAGE};
    for (int i = 0; i < 4; i++) {
        int64_t surplus = count_pieces(j) / wanted;
        int axis = axes[i];
        if (surplus < 2)
            return;
        int64_t times = surplus < j->count[axis] ? surplus : j->count[axis];
        j->size[axis] *= times;
    }
}

static int64_t divide(job *j, int threads)
{
    const fal_task *task = &j->choice->task;
    int64_t grain[FAL_PART_AXES];
    j->choice->algorithm->grain(task, grain);
    for (int i = 0; i < FAL_PART_AXES; i++)
        j->size[i] = grain[i] < j->whole[i] ? grain[i] : j->whole[i];
    j->size[FAL_CHANNEL] = j->whole[FAL_CHANNEL];
    double worth = count_products(&task->problem) / products_of_piece;
    int64_t wanted = (int64_t)PIECES * threads;
    if (worth < (double)wanted)
        wanted = worth > 1 ? (int64_t)worth : 1;
    int64_t count = count_pieces(j);
    if (count < wanted)
        divide_channels(j, grain[FAL_CHANNEL], wanted, count);
    else
        join(j, wanted);
    return count_pieces(j);
}

static void run_piece(void *context, int64_t index, int worker)
{
    const job *j = context;
    fal_part part;
    // Channels change fastest, so that a thread's next piece may find its band still packed.
    static const int order[] = {FAL_CHANNEL, FAL_COLUMN, FAL_ROW, FAL_DEPTH, FAL_IMAGE};
    for (int k = 0; k < FAL_PART_AXES; k++) {
        int i = order[k];
        int64_t begin = index % j->count[i] * j->size[i], end = begin + j->size[i];
        index /= j->count[i];
        part.begin[i] = begin;
        part.end[i] = end < j->whole[i] ? end : j->whole[i];
    }
    char *workspace = j->workspace ? j->workspace + (size_t)worker * j->workspace_bytes : NULL;
    j->choice->algorithm->run(&j->choice->task, j->operands, j->packed, &part, workspace);
}

// ------------------------------------------------------------------------------------------- runs

static size_t round_up(size_t bytes)
{
    return (bytes + FAL_ALIGNMENT - 1) / FAL_ALIGNMENT * FAL_ALIGNMENT;
}

size_t fal_choice_packed_bytes(const fal_choice *choice)
{
    return choice->algorithm->packed_bytes
               ? round_up(choice->algorithm->packed_bytes(&choice->task))
               : 0;
}

size_t fal_thread_workspace(const fal_task *task, const fal_algorithm *algorithm)
{
    return algorithm->workspace ? round_up(algorithm->workspace(task)) : 0;
}

size_t fal_choice_workspace(const fal_choice *choice)
{
    return (size_t)choice->threads * choice->workspace;
}

void fal_run_choice(const fal_choice *choice, const fal_operands *operands, const void *packed,
                    void *workspace)
{
    job j = {
        .choice = choice,
        .operands = operands,
        .packed = packed,
        .workspace = workspace,
        .workspace_bytes = choice->workspace,
    };
    measure(&choice->task.problem, j.whole);
    for (int i = 0; i < FAL_PART_AXES; i++)
        if (j.whole[i] == 0)
            return;
    for (int i = 0; j.workspace_bytes && i < choice->threads; i++)
        memset(j.workspace + (size_t)i * j.workspace_bytes, 0, FAL_MEMORY_BYTES);
    if (choice->threads > 1) {
        fal_parallel(choice->threads, divide(&j, choice->threads), run_piece, &j);
        return;
    }
    fal_part all = {{0}, {0}};
    for (int i = 0; i < FAL_PART_AXES; i++)
        all.end[i] = j.whole[i];
    choice->algorithm->run(&choice->task, operands, packed, &all, workspace);
}
