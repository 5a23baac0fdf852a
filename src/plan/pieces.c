// SPDX-License-Identifier: Apache-2.0
#include "plan/pieces.h"

#include "base/checked.h"
#include "plan/bands.h"

#include <math.h>

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
    if (fal_is_row_of_images(valid)) { // and the only column is their image
        axes[0] = FAL_COLUMN;
        axes[count - 1] = FAL_IMAGE;
    }
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
    const double moving = 4; // products that reading or writing an element takes as long as
    double outputs = 1, all = (double)p->batch * (double)(p->groups * p->output_channels);
    double products = (double)p->input_channels;
    double input = (double)p->batch * (double)(p->groups * p->input_channels);
    double kernel = p->of_weight ? (double)(p->groups * p->input_channels * p->output_channels) : 0;
    for (int i = 0; i < FAL_PART_AXES; i++)
        outputs *= (double)(part->end[i] - part->begin[i]);
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        products *= (double)axis->kernel / (double)axis->input_dilation;
        all *= (double)axis->output;
        input *= (double)axis->input;
        kernel *= (double)axis->kernel;
    }
    return outputs * (products + moving * (1 + (input + kernel) / fmax(all, 1)));
}

// ------------------------------------------------------------------------------------------ pieces

static fal_goal find_goal(const fal_task *task, const fal_algorithm *algorithm,
                          const fal_part *part, int64_t grain, int threads)
{
    const double work_of_piece = 1e6; // that is worth one
    const int64_t most = 8, least = algorithm->enough_pieces ? algorithm->enough_pieces : 4;
    const double worth = fal_count_work(&task->problem, part) / work_of_piece;
    int64_t wanted = most * threads;
    if (worth < (double)wanted) // as many for each thread
        wanted = fal_round_up(fal_most((int64_t)worth, 1), threads);
    return (fal_goal){wanted, fal_least(wanted, least * threads), grain};
}

// Where images that are computed together make fewer pieces than are wanted, they are parted.
static void divide_images(fal_grid *p, int64_t times)
{
    p->size[FAL_IMAGE] = fal_ceil_divide(p->size[FAL_IMAGE], times);
}

// Rows of a piece below which too many would be packed twice, or weights be used too seldom.
static int64_t least_rows(const fal_grid *p, const fal_problem *problem)
{
    const int64_t often = 128; // pixels
    const fal_problem_axis *row = &problem->axis[1];
    int64_t twice = 2 * row->dilation * (row->kernel - 1) / row->stride;
    int64_t least = fal_most(twice, fal_ceil_divide(often, p->size[FAL_COLUMN]));
    return fal_least(least, p->size[FAL_ROW]);
}

// Where bands are fewer than the pieces wanted, they are cut into lower ones: of the numbers of
// bands that make enough pieces, the least by which the threads are done soonest.
static void divide_rows(fal_grid *p, const fal_problem *problem, int threads, const fal_goal *goal)
{
    const int64_t least = least_rows(p, problem), rows = fal_grid_extent(p, FAL_ROW);
    const int64_t all = fal_grid_count(p), others = all / p->count[FAL_ROW];
    int64_t best = least, soonest = INT64_MAX, size = p->size[FAL_ROW], count = 0;
    for (int64_t bands = p->count[FAL_ROW]; size > least && count < goal->wanted; bands++) {
        size = fal_most(fal_ceil_divide(rows, bands), least);
        count = others * fal_ceil_divide(rows, size);
        int64_t time = fal_ceil_divide(count, threads) * size;
        if (count >= goal->enough && time < soonest) {
            soonest = time;
            best = size;
        }
    }
    p->size[FAL_ROW] = best;
}

// Where rows need nothing of their neighbours, bands may be higher as well, and channels be divided
// besides: of what makes enough pieces, the heights by which the threads are done soonest, and of
// those the one that divides channels least, and then the highest.
static void even_rows(fal_grid *p, int64_t least, int threads, const fal_goal *goal)
{
    const int64_t rows = fal_grid_extent(p, FAL_ROW),
                  highest = fal_least(rows, 2 * p->size[FAL_ROW]);
    const int64_t all = fal_grid_count(p), others = all / p->count[FAL_ROW];
    const int64_t channels = fal_ceil_divide(p->size[FAL_CHANNEL], goal->grain);
    int64_t fewest = INT64_MAX;
    double soonest = INFINITY;
    for (int64_t size = highest; size >= least; size--) {
        const int64_t count = others * fal_ceil_divide(rows, size);
        const int64_t times = fal_least(fal_ceil_divide(goal->enough, count), channels);
        const double turns = (double)fal_ceil_divide(count * times, threads);
        const double time = turns * (double)size / (double)times;
        if (time > soonest || (time == soonest && times >= fewest))
            continue;
        soonest = time;
        fewest = times;
        p->size[FAL_ROW] = size;
    }
}

// Where every piece prepares its planes and channels for itself, in so many products each, neither
// had better be few.
static void divide_planes(fal_grid *p, int64_t grain, int threads, double preparing)
{
    const int64_t planes = fal_grid_extent(p, FAL_IMAGE), channels = p->size[FAL_CHANNEL];
    const int64_t all = fal_grid_extent(p, FAL_CHANNEL);
    const int64_t count = fal_grid_count(p); // first: it counts along the axes, too
    const int64_t others = count / p->count[FAL_IMAGE] / p->count[FAL_CHANNEL];
    const int64_t least = p->count[FAL_IMAGE];
    double soonest = INFINITY;
    for (int64_t times = 1; times <= fal_least(threads, fal_ceil_divide(channels, grain));
         times++) {
        const int64_t part = fal_round_up(fal_ceil_divide(channels, times), grain);
        const int64_t wide = fal_least(channels, part);
        const int64_t parts = others * fal_ceil_divide(all, wide);
        const int64_t each = fal_ceil_divide(least * parts, threads) * threads;
        const int64_t high = fal_ceil_divide(planes, fal_ceil_divide(each, parts));
        const int64_t turns = fal_ceil_divide(parts * fal_ceil_divide(planes, high), threads);
        const double time =
            (double)turns * ((double)(high * wide) + preparing * (double)(high + wide));
        if (time < soonest) {
            soonest = time;
            p->size[FAL_IMAGE] = high;
            p->size[FAL_CHANNEL] = wide;
        }
    }
}

// Where they are more, several make a piece.
static void join(fal_grid *p, int64_t wanted)
{
    static const int axes[] = {FAL_COLUMN, FAL_ROW, FAL_DEPTH, FAL_CHANNEL, FAL_IMAGE};
    for (int i = 0; i < FAL_PART_AXES; i++) {
        int64_t surplus = fal_grid_count(p) / wanted;
        int axis = axes[i];
        if (surplus < 2)
            return;
        p->size[axis] *= fal_least(surplus, p->count[axis]);
    }
}

// Pieces that begin within outputs that are computed together would compute these twice.
static void align(const fal_task *task, const fal_algorithm *algorithm, fal_grid *p)
{
    for (int i = 0; i < FAL_PART_AXES; i++)
        p->missing[i] = 0;
    for (int i = 0; algorithm->together && i < FALTUNG_MAX_AXES; i++) {
        const int axis = FAL_DEPTH + i;
        const fal_together t = algorithm->together(task, i);
        if (p->size[axis] < fal_grid_extent(p, axis) && p->size[axis] % t.count == 0)
            p->missing[axis] = (p->part.begin[axis] + t.lead) % t.count;
    }
}

// Pieces of an algorithm's grain, or of more or less of it.
static int64_t divide_grid(const fal_task *task, const fal_algorithm *algorithm, int threads,
                           const fal_goal *goal, fal_grid *p)
{
    const bool is_gradient = task->problem.of_weight;
    if (algorithm->enough_pieces) {
        if (algorithm->preparing > 0)
            divide_planes(p, goal->grain, threads, algorithm->preparing);
    } else if (task->problem.axis[1].kernel == 1 && !is_gradient) {
        if (fal_grid_count(p) < goal->wanted)
            divide_images(p, fal_ceil_divide(goal->enough, fal_grid_count(p)));
        even_rows(p, least_rows(p, &task->problem), threads, goal);
    } else if (fal_grid_count(p) < goal->wanted && !is_gradient) {
        divide_images(p, fal_ceil_divide(goal->enough, fal_grid_count(p)));
        divide_rows(p, &task->problem, threads, goal);
    }
    if (fal_grid_count(p) < goal->enough)
        fal_grid_divide_channels(p, goal->grain, fal_ceil_divide(goal->enough, fal_grid_count(p)));
    join(p, goal->wanted);
    return fal_grid_count(p);
}

int64_t fal_divide(const fal_task *task, const fal_algorithm *algorithm, const fal_part *part,
                   int threads, fal_pieces *pieces)
{
    fal_grid *p = &pieces->grid;
    int64_t grain[FAL_PART_AXES];
    p->part = *part;
    algorithm->grain(task, grain);
    for (int i = 0; i < FAL_PART_AXES; i++)
        p->size[i] = fal_least(grain[i], fal_grid_extent(p, i));
    align(task, algorithm, p);
    // Of whole groups, as many as are worth it: where their channels lie together, all.
    p->size[FAL_CHANNEL] =
        fal_least(fal_round_up(grain[FAL_CHANNEL], task->problem.output_channels),
                  fal_grid_extent(p, FAL_CHANNEL));
    const fal_goal goal = find_goal(task, algorithm, part, grain[FAL_CHANNEL], threads);
    pieces->threads = threads;
    pieces->channels = task->problem.output_channels;
    pieces->of_weight = task->problem.of_weight;
    pieces->rest.pieces = 0;
    if (algorithm->cost_bands && fal_divide_bands(task, algorithm, &goal, pieces))
        return pieces->grid.pieces + pieces->rest.pieces;
    return divide_grid(task, algorithm, threads, &goal, p);
}

// Rows from a piece to a later one; 0 if it is none, or differs in anything else but channels of
// the same group.
static int64_t count_rows_between(const fal_part *from, const fal_part *to, int64_t channels)
{
    for (int i = 0; i < FAL_PART_AXES; i++)
        if (i != FAL_ROW && i != FAL_CHANNEL && from->begin[i] != to->begin[i])
            return 0;
    if (from->begin[FAL_CHANNEL] / channels != to->begin[FAL_CHANNEL] / channels)
        return 0;
    return fal_most(0, to->begin[FAL_ROW] - from->begin[FAL_ROW]);
}

// The piece of an index, behind which the next one follows; behind the last ones are the first.
static fal_part find_in_grid(const fal_grid *g, const int order[FAL_PART_AXES], int64_t index,
                             int64_t channels)
{
    fal_part piece = fal_grid_locate(g, order, index);
    const fal_part next = fal_grid_locate(g, order, index + 1);
    piece.ahead = count_rows_between(&piece, &next, channels);
    return piece;
}

fal_part fal_find_piece(const fal_pieces *p, int64_t index)
{
    // Channels change fastest, so that a thread's next piece may find its band still packed; but
    // all threads have a part of the rest's, and of a gradient's, whose last planes may be few.
    static const int order[] = {FAL_CHANNEL, FAL_COLUMN, FAL_ROW, FAL_DEPTH, FAL_IMAGE};
    static const int of_rest[] = {FAL_ROW, FAL_CHANNEL, FAL_COLUMN, FAL_DEPTH, FAL_IMAGE};
    static const int of_weight[] = {FAL_IMAGE, FAL_COLUMN, FAL_ROW, FAL_DEPTH, FAL_CHANNEL};
    if (p->of_weight)
        return fal_grid_locate(&p->grid, of_weight, index);
    if (p->rest.pieces == 0)
        return find_in_grid(&p->grid, order, index, p->channels);
    const int64_t bands = p->grid.pieces / p->threads, rest = p->rest.pieces / p->threads;
    const int64_t thread = index / (bands + rest), i = index % (bands + rest);
    if (i >= bands)
        return fal_grid_locate(&p->rest, of_rest, thread * rest + i - bands);
    fal_part band = find_in_grid(&p->grid, order, thread * bands + i, p->channels);
    if (i == bands - 1)
        band.ahead = 0; // the rest comes first
    return band;
}
