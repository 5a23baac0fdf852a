// SPDX-License-Identifier: Apache-2.0
#include "algorithms/direct/lanes.h"

#include "base/checked.h"

// ------------------------------------------------------------------------------------------ planes

typedef struct plane {
    int64_t rows, columns; // of the output
    bool is_flat;          // of one image, laid into one row
} plane;

static plane plane_of(const fal_problem *p)
{
    return (plane){p->axis[1].output, p->axis[2].output, false};
}

// The same as one row, which it can be laid into if no output needs neighbours.
static plane flat_plane_of(const fal_problem *p)
{
    return (plane){1, p->axis[0].output * p->axis[1].output * p->axis[2].output, true};
}

// Rows of so many pixels that one vector of pixels one behind the other may touch: it begins at a
// multiple of the greatest divisor that the two have in common.
static int64_t pieces_of(int64_t lanes, int64_t columns)
{
    int64_t common = fal_least(columns & -columns, lanes);
    return 1 + fal_ceil_divide(lanes - common, columns);
}

// ------------------------------------------------------------------------------------------- tiles

// The shape that computes the fewest pixels for a row that nobody asked for; the first among
// equals. One of single pixels only where the output has no other: all planes laid into one row
// (flat.c) need tiles of the same channels as one plane.
static const fal_wide_kernel *choose_wide(const fal_task *task, const plane *out)
{
    const fal_kernels *kernels = task->kernels;
    const fal_wide_kernel *best = kernels->wide[0];
    if (task->problem.axis[0].output == 1 && out->rows == 1 && out->columns == 1)
        return kernels->single[0];
    for (int i = 1; kernels->wide[i]; i++)
        if (fal_round_up(out->columns, kernels->wide[i]->run) <
            fal_round_up(out->columns, best->run))
            best = kernels->wide[i];
    return best;
}

const fal_wide_kernel *fal_wide_tile(const fal_task *task, const fal_lanes *l, int64_t first)
{
    const fal_wide_kernel *best = l->wide;
    const fal_wide_kernel *const *next =
        best == task->kernels->single[0] ? task->kernels->single : task->kernels->wide;
    for (; *next; next++)
        if ((*next)->pixels == best->pixels && (*next)->channels < best->channels &&
            (*next)->channels >= task->problem.output_channels - first)
            best = *next;
    return best;
}

static const fal_long_kernel *find_long(const fal_kernels *kernels, const fal_lanes *l,
                                        int64_t channels)
{
    for (const fal_long_kernel *const *next = kernels->longs; *next; next++)
        if ((*next)->pieces == l->pieces && (*next)->step == l->step &&
            (*next)->channels == channels)
            return *next;
    return NULL;
}

// The largest tiles while there are enough channels for two of them, then as few as can be, of
// channels that differ as little as can be.
const fal_long_kernel *fal_long_tile(const fal_task *task, const fal_lanes *l, int64_t first)
{
    int64_t left = task->problem.output_channels - first, most = task->kernels->longs[0]->channels;
    const fal_long_kernel *found = NULL;
    if (left >= 2 * most)
        return find_long(task->kernels, l, most);
    for (int64_t tiles = fal_ceil_divide(left, most); !found; tiles++) // ends at one channel
        found = find_long(task->kernels, l, fal_ceil_divide(left, tiles));
    return found;
}

int64_t fal_tile_channels(const fal_task *task, const fal_lanes *l, int64_t first)
{
    return l->is_long ? fal_long_tile(task, l, first)->channels
                      : fal_wide_tile(task, l, first)->channels;
}

int64_t fal_all_channels(const fal_task *task, const fal_lanes *l)
{
    int64_t channels = task->problem.output_channels, whole = l->wide->channels;
    if (l->is_long)
        return channels;
    int64_t last = (channels - 1) / whole * whole;
    return last + fal_wide_tile(task, l, last)->channels;
}

// ------------------------------------------------------------------------------------------- costs

// A way to have pixels in the lanes, and what an image takes by it, in steps of the kernels.
typedef struct long_way {
    int pieces, step;
    double steps;
} long_way;

static double count_products(const fal_problem *p)
{
    return (double)p->input_channels * (double)p->axis[0].kernel * (double)p->axis[1].kernel *
           (double)p->axis[2].kernel;
}

// The input that an axis' outputs need, for estimates: a stride may be any number.
static double extent(const fal_problem_axis *axis)
{
    return (double)(axis->output - 1) * (double)axis->stride +
           (double)axis->dilation * (double)(axis->kernel - 1) + 1;
}

// What an image's rows take to be dealt out into phases, rather than to be copied as they are.
static double deal_rows(const fal_task *task)
{
    const fal_problem_axis *axis = task->problem.axis;
    const double a_row = task->channels_last ? 9.6 : 6; // cycles, of two multiply-adds of vectors
    return (double)task->problem.input_channels * (double)axis[0].kernel *
           (double)(axis[2].stride - 1) * extent(&axis[1]) * a_row * 2 *
           (double)task->kernels->lanes;
}

// What they take to be turned where the channels of a pixel lie together.
static double turn_input(const fal_task *task)
{
    const fal_problem_axis *axis = task->problem.axis;
    const double a_number = 0.6 * task->kernels->lanes; // in squares of as many rows as lanes
    if (!task->channels_last)
        return 0;
    return (double)task->problem.input_channels * (double)axis[0].kernel * extent(&axis[1]) *
           extent(&axis[2]) * a_number;
}

// Vectors of so many images: each in one row, or going on in the next, or of two halves that each
// are in one.
static int64_t count_vectors(const fal_task *task, const plane *out, const long_way *way,
                             int64_t images)
{
    const int64_t lanes = task->kernels->lanes, half = lanes / 2;
    if (way->step == 2)
        return fal_ceil_divide(images * out->rows * fal_ceil_divide(out->columns, half), 2);
    if (way->pieces > 1)
        return fal_ceil_divide(images * out->rows * out->columns, lanes);
    return images * out->rows * fal_ceil_divide(out->columns, lanes);
}

// What an image takes: whole tiles of vectors, the products of each and writing its sums, at such a
// rate.
static void count_steps(const fal_task *task, const plane *out, double rate, long_way *way)
{
    const fal_problem *p = &task->problem;
    const fal_lanes l = {.pieces = way->pieces, .step = way->step};
    const fal_long_kernel *kernel = fal_long_tile(task, &l, 0);
    const int64_t lanes = task->kernels->lanes;
    const int64_t images = out->is_flat ? 1 : fal_images_together(p, way->step);
    const int64_t vectors = count_vectors(task, out, way, images);
    const double storing = task->channels_last ? 16 : 3;
    double loading = way->pieces > 1 ? way->pieces * task->tuning.piece_steps : 0;
    if (way->step == 2)
        loading = task->tuning.half_steps;
    rate *= kernel->channels / (kernel->channels + loading);
    way->steps = (double)(fal_round_up(vectors, kernel->vectors) * lanes) / (double)images / rate *
                 (double)p->output_channels * (count_products(p) + storing);
    way->steps += turn_input(task);
    if (p->axis[2].stride != way->step)
        way->steps += deal_rows(task);
}

// The way that takes the least.
static long_way choose_long(const fal_task *task, const plane *out)
{
    static const int pieces[] = {1, 2, 4};
    const double *rate = task->tuning.long_rate;
    const int64_t needed = pieces_of(task->kernels->lanes, out->columns);
    long_way best = {1, 1, 0};
    count_steps(task, out, rate[0], &best);
    for (int i = 1; i < 3 && pieces[i] <= task->kernels->most_pieces; i++) {
        long_way way = {pieces[i], 1, 0};
        count_steps(task, out, rate[i], &way);
        if (needed <= pieces[i] && way.steps < best.steps)
            best = way;
    }
    if (task->problem.axis[2].stride == 2) {
        long_way way = {2, 2, 0};
        count_steps(task, out, rate[0], &way);
        if (way.steps < best.steps)
            best = way;
    }
    return best;
}

// The share of an axis' products that are not with the border.
static double share_inside(const fal_problem_axis *axis)
{
    const int64_t most = 64;
    double inside = 0;
    if (axis->kernel > most)
        return 1;
    for (int64_t k = 0; k < axis->kernel; k++) {
        int64_t before = axis->padding - k * axis->dilation;
        int64_t first = before > 0 ? fal_ceil_divide(before, axis->stride) : 0;
        int64_t past = axis->input + before;
        past = past > 0 ? fal_ceil_divide(past, axis->stride) : 0;
        inside += (double)fal_most(0, fal_least(past, axis->output) - first);
    }
    return inside / ((double)axis->output * (double)axis->kernel);
}

// How long turning the sums of a pixel takes where vectors of pixels end with each row: as many
// times as long as lanes stay empty.
static double turn_rows(const fal_task *task, const fal_lanes *l, int64_t columns, double turning)
{
    if (columns % l->wide->run == 0)
        return turning;
    return turning * (double)fal_round_up(columns, task->kernels->lanes) / (double)columns;
}

// Compares what an image takes, in steps of the kernels: the products, and getting the sums to the
// output, which with channels in the lanes have to be turned, or with pixels in them if channels
// lie last. What needs one input for an output is read in place with pixels in the lanes, and
// packed with channels in them.
bool fal_prefers_long(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const double turning = task->channels_last ? 3 : 9, packing = 8;
    const plane out = fal_is_pointwise(p) ? flat_plane_of(p) : plane_of(p);
    const fal_lanes l = {.wide = choose_wide(task, &out)};
    const double products = count_products(p);
    bool skips = p->axis[2].stride == 1 && p->border == FALTUNG_PADDING_ZEROS;
    double inside = skips ? share_inside(&p->axis[2]) : 1;
    double pixels = (double)(out.rows * fal_round_up(out.columns, l.wide->run));
    const int64_t channels = fal_all_channels(task, &l);
    const double rate = channels > task->kernels->lanes ? 1 : task->tuning.thin_rate;
    double wide =
        (double)channels * (products * inside / rate + turn_rows(task, &l, out.columns, turning));
    if (fal_is_pointwise(p)) {
        // It is no faster to pack for pixels in the lanes what is sampled, or has channels last.
        if (p->sampled || task->channels_last)
            return p->output_channels < task->kernels->lanes;
        wide += (double)p->input_channels * packing;
    }
    return choose_long(task, &out).steps < wide * pixels;
}

fal_lanes fal_choose_lanes(const fal_task *task, bool is_long)
{
    const plane out = plane_of(&task->problem);
    const long_way way = choose_long(task, &out);
    return (fal_lanes){
        .is_long = is_long,
        .wide = choose_wide(task, &out),
        .pieces = way.pieces,
        .step = way.step,
    };
}

bool fal_is_pointwise(const fal_problem *p)
{
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        if (axis->kernel != 1 || axis->padding != 0 || axis->stride != 1 ||
            axis->input != axis->output)
            return false;
    }
    return true;
}

int64_t fal_images_together(const fal_problem *p, int64_t step)
{
    const int64_t most = 4096; // pixels
    if (p->axis[2].stride != step)
        return 1;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        int64_t past = (axis->output - 1) * axis->stride + axis->dilation * (axis->kernel - 1);
        if (axis->padding != 0 || past >= axis->input)
            return 1;
    }
    int64_t pixels = p->axis[1].output * p->axis[2].output;
    return fal_least(p->batch, fal_most(1, most / pixels));
}
