// SPDX-License-Identifier: Apache-2.0
//
// Few bands do not go round: two threads take as long for 7 as for 8. So each thread has as many
// bands, and the rows that are left over are divided by channels, though then each thread needs all
// of their input.
#include "plan/bands.h"

#include "base/checked.h"

#include <math.h>

// How long that takes by bands of so many rows of tiles, in rows of tiles.
static double time_bands(const fal_band_costs *b, int64_t rows, int64_t high, int threads)
{
    const int64_t each = rows / high / threads, left = rows - each * threads * high;
    const double shared = (double)left * b->shared;
    const double of_rest =
        (double)left - shared + (double)fal_ceil_divide(left, high) * b->of_weights;
    return (double)each * ((double)high + b->of_weights) + of_rest / threads + shared;
}

static int64_t choose_height(const fal_band_costs *b, int64_t rows, int threads)
{
    int64_t best = b->least;
    double soonest = INFINITY;
    for (int64_t high = fal_least(b->most, rows); high >= b->least; high--) {
        const double time = time_bands(b, rows, high, threads);
        if (time < soonest) {
            soonest = time;
            best = high;
        }
    }
    return best;
}

// Whether there is but one image, of one group, whose channels all threads can share, and enough of
// it for several pieces each.
static bool is_one_image(const fal_task *task, const fal_goal *goal, const fal_pieces *p)
{
    const fal_grid *all = &p->grid;
    return fal_grid_extent(all, FAL_IMAGE) == 1 && fal_grid_extent(all, FAL_DEPTH) == 1 &&
           fal_grid_extent(all, FAL_COLUMN) <= all->size[FAL_COLUMN] && task->problem.groups == 1 &&
           goal->enough > p->threads &&
           fal_grid_extent(all, FAL_CHANNEL) >= p->threads * goal->grain;
}

// The rows that are left behind so many bands, for all threads; false: they cannot have as many
// pieces each.
static bool divide_rest(const fal_goal *goal, int64_t bands, int threads, fal_grid *rest)
{
    if (bands > 0) {
        const int64_t behind = bands * rest->size[FAL_ROW] - rest->missing[FAL_ROW];
        rest->part.begin[FAL_ROW] =
            fal_least(rest->part.begin[FAL_ROW] + behind, rest->part.end[FAL_ROW]);
        rest->missing[FAL_ROW] = 0;
    }
    rest->pieces = 0;
    if (rest->part.begin[FAL_ROW] == rest->part.end[FAL_ROW])
        return true;
    const int64_t left = fal_grid_count(rest);
    fal_grid_divide_channels(rest, goal->grain,
                             bands > 0 ? threads : fal_ceil_divide(goal->enough, left));
    return fal_grid_count(rest) % threads == 0;
}

bool fal_divide_bands(const fal_task *task, const fal_algorithm *algorithm, const fal_goal *goal,
                      fal_pieces *p)
{
    if (!is_one_image(task, goal, p))
        return false;
    const fal_band_costs b = algorithm->cost_bands(task);
    const fal_together t = algorithm->together(task, FAL_ROW - FAL_DEPTH);
    fal_grid bands = p->grid, rest;
    bands.missing[FAL_ROW] = (bands.part.begin[FAL_ROW] + t.lead) % t.count;
    const int64_t rows =
        fal_ceil_divide(fal_grid_extent(&bands, FAL_ROW) + bands.missing[FAL_ROW], t.count);
    const int64_t high = choose_height(&b, rows, p->threads);
    const int64_t count = rows / high / p->threads * p->threads;
    bands.size[FAL_ROW] = high * t.count;
    rest = bands;
    if (!divide_rest(goal, count, p->threads, &rest))
        return false;
    bands.part.end[FAL_ROW] = rest.part.begin[FAL_ROW];
    bands.pieces = 0;
    if (count > 0)
        fal_grid_count(&bands);
    p->grid = bands;
    p->rest = rest;
    return true;
}
