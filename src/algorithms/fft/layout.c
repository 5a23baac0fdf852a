// SPDX-License-Identifier: Apache-2.0
#include "algorithms/fft/layout.h"

#include "base/checked.h"

// What counts as a vector for the work, which must not depend on the machine; and the most numbers
// that the spectra of a vector or a pair may be.
static const int64_t vector = 16, most_numbers = 1 << 23;

int64_t fal_fft_pair_outputs(const fal_fft_layout *l, int axis)
{
    return l->outputs[axis] * (l->pair_axis == axis ? 2 : 1);
}

static const fal_problem_axis *find_axis(const fal_problem *p, int axis)
{
    return &p->axis[FALTUNG_MAX_AXES - FAL_FFT_AXES + axis];
}

// Elements of the input that an output reads along an axis, from the first to the last.
static int64_t reach(const fal_problem_axis *axis)
{
    return axis->dilation * (axis->kernel - 1) + 1;
}

static int log_of(int64_t power)
{
    int log = 0;
    while (power > 1) {
        power /= 2;
        log++;
    }
    return log;
}

// Fills what follows from the sizes of the transforms. Tiles are paired along the axis that leaves
// fewer pairs of which one tile is missing.
static void divide_output(const fal_problem *p, fal_fft_layout *l)
{
    int64_t tiles[FAL_FFT_AXES];
    for (int i = 0; i < FAL_FFT_AXES; i++) {
        const fal_problem_axis *axis = find_axis(p, i);
        l->outputs[i] = l->size[i] - reach(axis) + 1;
        tiles[i] = fal_ceil_divide(axis->output, l->outputs[i]);
    }
    const int64_t by_rows = fal_ceil_divide(tiles[0], 2) * tiles[1];
    const int64_t by_columns = tiles[0] * fal_ceil_divide(tiles[1], 2);
    l->pair_axis = by_rows < by_columns ? 0 : 1;
    for (int i = 0; i < FAL_FFT_AXES; i++)
        l->pairs[i] = i == l->pair_axis ? fal_ceil_divide(tiles[i], 2) : tiles[i];
    const int own = (l->size[0] > 1 ? 2 : 1) * (l->size[1] > 1 ? 2 : 1); // their own mirrors
    l->frequencies = ((int64_t)l->size[0] * l->size[1] + own) / 2;
}

// The work of all images of a group. A transform of n numbers takes about 5*n*log2(n) operations,
// and each number is moved some times; more slowly, if there are too many for the caches. Kernels
// are transformed for every plan, whose runs are few or many: some of that counts.
static double count_work(const fal_problem *p, const fal_fft_layout *l, bool pixels)
{
    const double moved = 28, turned = 5, read = 3, far = 20, near = 1 << 22, block = 4, share = 0.1;
    const double numbers = (double)l->size[0] * (double)l->size[1];
    const double transform = numbers * (moved + turned * log_of((int64_t)numbers));
    const double planes = (double)l->inputs, spectrum = 4 * (double)l->frequencies;
    double pairs = (double)(l->pairs[0] * l->pairs[1]), in, out, at_once;
    if (pixels) {
        pairs = (double)fal_round_up((int64_t)pairs, vector);
        in = planes;
        out = (double)p->output_channels;
        at_once = spectrum * (in + out) * (double)vector;
    } else {
        in = (double)fal_round_up(l->inputs, vector);
        out = (double)fal_round_up(p->output_channels, vector);
        at_once = spectrum * (in + (double)vector) * block;
    }
    const double moves = (in + out) * (transform + (at_once < near ? 0 : spectrum * far));
    const double products = 2 * spectrum * planes * out;
    const double weights = spectrum / 2 * planes * out * read;
    const double images = (double)p->batch * (double)p->axis[0].output;
    const double packing =
        share * planes * (double)fal_round_up(p->output_channels, vector) * transform;
    return images * pairs * (moves + products) + weights + packing;
}

// Whether the spectra of a vector of channels, or of pairs, are not too many numbers.
static bool is_small(const fal_problem *p, double size, bool pixels)
{
    const int64_t planes = fal_most(fal_count_planes(p), vector), lanes = pixels ? vector : 1;
    return 2 * size * (double)(planes * lanes) <= (double)most_numbers;
}

static void take_better(const fal_problem *p, fal_fft_layout candidate, fal_fft_layout *best)
{
    divide_output(p, &candidate);
    for (int pixels = 0; pixels < 2; pixels++) {
        if (!is_small(p, (double)candidate.size[0] * candidate.size[1], pixels))
            continue;
        candidate.pixels = pixels;
        candidate.work = count_work(p, &candidate, pixels);
        if (!best->size[0] || candidate.work < best->work)
            *best = candidate;
    }
}

// The least size along an axis: no kernel is longer. One of one row is not transformed along its
// column. 0: there is none.
static int least_size(const fal_problem_axis *axis)
{
    int size = 8;
    if (axis->kernel == 1)
        return 1;
    while (size <= FAL_FFT_LONGEST && size < reach(axis))
        size *= 2;
    return size <= FAL_FFT_LONGEST ? size : 0;
}

// And the largest that there is any use for: one tile.
static int most_size(const fal_problem_axis *axis, int least)
{
    int size = least;
    while (least > 1 && size < axis->output + reach(axis) - 1 && size < FAL_FFT_LONGEST)
        size *= 2;
    return size;
}

bool fal_fft_fits(const fal_problem *p)
{
    const int high = least_size(find_axis(p, 0)), wide = least_size(find_axis(p, 1));
    return high && wide > 1 && is_small(p, (double)high * wide, false);
}

fal_fft_layout fal_fft_size(const fal_problem *p)
{
    int least[FAL_FFT_AXES], most[FAL_FFT_AXES];
    fal_fft_layout best = {.size = {0, 0}, .inputs = fal_count_planes(p)};
    for (int i = 0; i < FAL_FFT_AXES; i++) {
        least[i] = least_size(find_axis(p, i));
        most[i] = most_size(find_axis(p, i), least[i]);
    }
    for (int high = least[0]; high <= most[0]; high *= 2)
        for (int wide = least[1]; wide <= most[1]; wide *= 2)
            take_better(p, (fal_fft_layout){.size = {high, wide}, .inputs = best.inputs}, &best);
    return best;
}

// Numbers between frequencies: moved apart lest those a multiple of 4096 bytes from each other meet
// in one set of a cache.
static int64_t set_apart(int64_t numbers)
{
    return fal_round_up(numbers, FAL_FFT_LINE) + FAL_FFT_LINE;
}

// As many pairs as have their spectra in the second-level cache, but enough to be worth reading the
// weights for; where memory is short, fewer have to do.
static int64_t find_block(const fal_task *task, const fal_fft_layout *l)
{
    const int64_t lanes = task->kernels->lanes, rows = task->kernels->fft->most;
    if (l->pixels)
        return lanes;
    const int64_t numbers = task->tuning.band_bytes / task->kernels->size, enough = 1 << 14;
    const int64_t of_pair = 4 * l->frequencies * (l->line + lanes);
    const int64_t most = fal_most(1, fal_least(rows, most_numbers / of_pair));
    const int64_t least = fal_least(most, fal_least(4, fal_most(1, numbers / enough)));
    const int64_t fit = fal_least(most, fal_most(least, 2 * numbers / of_pair));
    const int64_t all = task->problem.batch * l->pairs[0] * l->pairs[1];
    return fal_ceil_divide(all, fal_ceil_divide(all, fit));
}

fal_fft_layout fal_fft_lay_out(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t lanes = task->kernels->lanes, at_once = 1 << 14; // numbers
    fal_fft_layout l = fal_fft_size(p);
    l.pitch = l.size[1] + 1;
    l.row = fal_round_up(l.size[1], lanes);
    l.rows = fal_least(l.size[0], fal_most(1, at_once / (lanes * l.row)));
    l.plane = l.rows * l.row + FAL_FFT_LINE;
    l.line = l.pixels ? l.inputs : fal_round_up(l.inputs, lanes);
    l.block = find_block(task, &l);
    if (l.pixels) {
        l.spectra = set_apart(4 * l.inputs * lanes);
        l.sums = set_apart(4 * p->output_channels * lanes);
        l.weights = set_apart(2 * l.line * p->output_channels);
        l.vectors = 1;
    } else {
        l.spectra = set_apart(4 * l.block * l.line);
        l.sums = set_apart(4 * l.block * lanes);
        l.weights = set_apart(2 * l.inputs * lanes);
        l.vectors = fal_ceil_divide(p->output_channels, lanes);
    }
    return l;
}
