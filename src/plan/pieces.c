// SPDX-License-Identifier: Apache-2.0
#include "plan/pieces.h"

#include "base/checked.h"

#include <math.h>

// Work that is worth a piece.
static const double work_of_piece = 1e6;

// Pieces per thread, so that one that is held up leaves its share to the others: as many as are
// wanted, and as many as are enough where more cost more.
enum { WANTED = 8, ENOUGH = 4 };

fal_part fal_whole(const fal_problem *p)
{
    fal_part part = {.begin = {0}};
    part.end[FAL_IMAGE] = p->batch;
    part.end[FAL_CHANNEL] = p->groups * p->output_channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        part.end[FAL_DEPTH + i] = p->axis[i].output;
    return part;
}

// The axes of a problem in the order of the output's shape; returns how many there are.
static int list_axes(const fal_valid *valid, int axes[FAL_PART_AXES])
{
    int count = 0;
    if (valid->of_weight) {
        axes[count++] = FAL_CHANNEL;
        axes[count++] = FAL_IMAGE;
    } else {
        if (valid->batched)
            axes[count++] = FAL_IMAGE;
        axes[count++] = FAL_CHANNEL;
    }
    for (int i = FAL_PART_AXES - valid->axes; i < FAL_PART_AXES; i++)
        axes[count++] = i;
    return count;
}

fal_part fal_lower_part(const fal_valid *valid, const faltung_part *part)
{
    fal_part lowered = {.end = {1, 1, 1, 1, 1}};
    int axes[FAL_PART_AXES], count = list_axes(valid, axes);
    for (int i = 0; i < count; i++) {
        lowered.begin[axes[i]] = part->begin[i];
        lowered.end[axes[i]] = part->end[i];
    }
    return lowered;
}

void fal_raise_sizes(const fal_valid *valid, const int64_t size[FAL_PART_AXES],
                     int64_t raised[FALTUNG_MAX_AXES + 2])
{
    int axes[FAL_PART_AXES], count = list_axes(valid, axes);
    for (int i = 0; i < count; i++)
        raised[i] = size[axes[i]];
}

double fal_count_work(const fal_problem *p, const fal_part *part)
{
    const double writing = 4; // products that take as long as one output
    double outputs = 1, products = (double)p->input_channels;
    for (int i = 0; i < FAL_PART_AXES; i++)
        outputs *= (double)(part->end[i] - part->begin[i]);
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        products *= (double)p->axis[i].kernel / (double)p->axis[i].input_dilation;
    return outputs * (products + writing);
}

static int64_t extent(const fal_pieces *p, int axis)
{
    return p->part.end[axis] - p->part.begin[axis];
}

static int64_t count_pieces(fal_pieces *p)
{
    int64_t count = 1;
    for (int i = 0; i < FAL_PART_AXES; i++) {
        p->count[i] = fal_ceil_divide(extent(p, i) + p->missing[i], p->size[i]);
        count *= p->count[i];
    }
    return count;
}

// Where images that are computed together make fewer pieces than are wanted, they are parted.
static void divide_images(fal_pieces *p, int64_t times)
{
    p->size[FAL_IMAGE] = fal_ceil_divide(p->size[FAL_IMAGE], times);
}

// Rows of a piece below which too many would be packed twice, or weights be used too seldom.
static int64_t least_rows(const fal_pieces *p, const fal_problem *problem)
{
    const int64_t often = 128; // pixels
    const fal_problem_axis *row = &problem->axis[1];
    int64_t twice = 2 * row->dilation * (row->kernel - 1) / row->stride;
    int64_t least = fal_most(twice, fal_ceil_divide(often, p->size[FAL_COLUMN]));
    return fal_least(least, p->size[FAL_ROW]);
}

// Where bands are fewer than the pieces wanted, they are cut into lower ones: of the numbers of
// bands that make enough pieces, the least by which the threads are done soonest.
static void divide_rows(fal_pieces *p, const fal_problem *problem, int threads, int64_t enough,
                        int64_t wanted)
{
    const int64_t least = least_rows(p, problem), rows = extent(p, FAL_ROW);
    const int64_t others = count_pieces(p) / p->count[FAL_ROW];
    int64_t best = least, soonest = INT64_MAX, size = p->size[FAL_ROW], count = 0;
    for (int64_t bands = p->count[FAL_ROW]; size > least && count < wanted; bands++) {
        size = fal_most(fal_ceil_divide(rows, bands), least);
        count = others * fal_ceil_divide(rows, size);
        int64_t time = fal_ceil_divide(count, threads) * size;
        if (count >= enough && time < soonest) {
            soonest = time;
            best = size;
        }
    }
    p->size[FAL_ROW] = best;
}

// Where rows need nothing of their neighbours, bands may be higher as well, and channels be divided
// besides: of what makes enough pieces, the heights by which the threads are done soonest, and of
// those the one that divides channels least, and then the highest.
static void even_rows(fal_pieces *p, int64_t least, int threads, int64_t enough, int64_t grain)
{
    const int64_t rows = extent(p, FAL_ROW), highest = fal_least(rows, 2 * p->size[FAL_ROW]);
    const int64_t others = count_pieces(p) / p->count[FAL_ROW];
    const int64_t channels = fal_ceil_divide(p->size[FAL_CHANNEL], grain);
    int64_t fewest = INT64_MAX;
    double soonest = INFINITY;
    for (int64_t size = highest; size >= least; size--) {
        const int64_t count = others * fal_ceil_divide(rows, size);
        const int64_t times = fal_least(fal_ceil_divide(enough, count), channels);
        const double turns = (double)fal_ceil_divide(count * times, threads);
        const double time = turns * (double)size / (double)times;
        if (time > soonest || (time == soonest && times >= fewest))
            continue;
        soonest = time;
        fewest = times;
        p->size[FAL_ROW] = size;
    }
}

// And then channels are divided, though each thread packs the band for itself.
static void divide_channels(fal_pieces *p, int64_t grain, int64_t times)
{
    int64_t size = fal_ceil_divide(p->size[FAL_CHANNEL], times);
    p->size[FAL_CHANNEL] = fal_round_up(size, grain);
}

// Where they are more, several make a piece.
static void join(fal_pieces *p, int64_t wanted)
{
    static const int axes[] = {FAL_COLUMN, FAL_ROW, FAL_DEPTH, FAL_CHANNEL, FAL_IMAGE};
    for (int i = 0; i < FAL_PART_AXES; i++) {
        int64_t surplus = count_pieces(p) / wanted;
        int axis = axes[i];
        if (surplus < 2)
            return;
        p->size[axis] *= fal_least(surplus, p->count[axis]);
    }
}

// Pieces that begin within outputs that are computed together would compute these twice.
static void align(const fal_task *task, const fal_algorithm *algorithm, fal_pieces *p)
{
    for (int i = 0; i < FAL_PART_AXES; i++)
        p->missing[i] = 0;
    for (int i = 0; algorithm->together && i < FALTUNG_MAX_AXES; i++) {
        const int axis = FAL_DEPTH + i;
        const fal_together t = algorithm->together(task, i);
        if (p->size[axis] < extent(p, axis) && p->size[axis] % t.count == 0)
            p->missing[axis] = (p->part.begin[axis] + t.lead) % t.count;
    }
}

int64_t fal_divide(const fal_task *task, const fal_algorithm *algorithm, const fal_part *part,
                   int threads, fal_pieces *p)
{
    int64_t grain[FAL_PART_AXES];
    p->part = *part;
    algorithm->grain(task, grain);
    for (int i = 0; i < FAL_PART_AXES; i++)
        p->size[i] = fal_least(grain[i], extent(p, i));
    align(task, algorithm, p);
    // Of whole groups, as many as are worth it: where their channels lie together, all.
    p->size[FAL_CHANNEL] = fal_least(
        fal_round_up(grain[FAL_CHANNEL], task->problem.output_channels), extent(p, FAL_CHANNEL));
    int64_t wanted = (int64_t)WANTED * threads;
    double worth = fal_count_work(&task->problem, part) / work_of_piece;
    if (worth < (double)wanted) // as many for each thread
        wanted = fal_round_up(fal_most((int64_t)worth, 1), threads);
    int64_t enough = fal_least(wanted, (int64_t)ENOUGH * threads);
    if (algorithm->enough_pieces)
        enough = fal_least(wanted, (int64_t)algorithm->enough_pieces * threads);
    else if (task->problem.axis[1].kernel == 1 && !task->problem.of_weight) {
        if (count_pieces(p) < wanted)
            divide_images(p, fal_ceil_divide(enough, count_pieces(p)));
        even_rows(p, least_rows(p, &task->problem), threads, enough, grain[FAL_CHANNEL]);
    } else if (count_pieces(p) < wanted && !task->problem.of_weight) {
        divide_images(p, fal_ceil_divide(enough, count_pieces(p)));
        divide_rows(p, &task->problem, threads, enough, wanted);
    }
    if (count_pieces(p) < enough)
        divide_channels(p, grain[FAL_CHANNEL], fal_ceil_divide(enough, count_pieces(p)));
    join(p, wanted);
    return count_pieces(p);
}

static fal_part locate(const fal_pieces *p, int64_t index)
{
    // Channels change fastest, so that a thread's next piece may find its band still packed.
    static const int order[] = {FAL_CHANNEL, FAL_COLUMN, FAL_ROW, FAL_DEPTH, FAL_IMAGE};
    fal_part piece = {.ahead = 0};
    for (int k = 0; k < FAL_PART_AXES; k++) {
        int i = order[k];
        const int64_t begin = p->part.begin[i] - p->missing[i] + index % p->count[i] * p->size[i];
        piece.begin[i] = fal_most(begin, p->part.begin[i]);
        piece.end[i] = fal_least(begin + p->size[i], p->part.end[i]);
        index /= p->count[i];
    }
    return piece;
}

// Rows from a piece to a later one; 0 if it is none, or differs in anything else.
static int64_t count_rows_between(const fal_part *from, const fal_part *to)
{
    for (int i = 0; i < FAL_PART_AXES; i++)
        if (i != FAL_ROW && from->begin[i] != to->begin[i])
            return 0;
    return fal_most(0, to->begin[FAL_ROW] - from->begin[FAL_ROW]);
}

fal_part fal_find_piece(const fal_pieces *p, int64_t index)
{
    fal_part piece = locate(p, index);
    const fal_part next = locate(p, index + 1); // behind the last ones are the first
    piece.ahead = count_rows_between(&piece, &next);
    return piece;
}
