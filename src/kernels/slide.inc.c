// SPDX-License-Identifier: Apache-2.0
//
// The body of rows of one channel by itself where channels are in the lanes, included once per size
// of the kernel:
//   TILE_KERNEL  K, rows and columns of the kernel
//   TILE_STRIDE  S, along both axes
// It defines slide_K_S. Pixels are outside and their channels inside, so that memory is read and
// written line by line, in as many streams as there are rows.

#define TILE_PASTE(k, s, end) slide_##k##_##s##end
#define TILE_JOIN(k, s, end)  TILE_PASTE(k, s, end)
#define TILE(end)             TILE_JOIN(TILE_KERNEL, TILE_STRIDE, end)
#define TILE_READ             ((SLIDE_ROWS - 1) * TILE_STRIDE + TILE_KERNEL)

// What one column of the input adds to some pixels of each row, a constant, the first of which
// meets it by this column of the kernel. No more rows of it are in registers than a row of the
// kernel meets.
FAL_INLINE void TILE(_column)(vec acc[SLIDE_PIXELS][SLIDE_ROWS], const real *const *from,
                              int64_t at, const real *weight, int64_t weight_step, int64_t column,
                              int pixels, vec_lanes lanes, bool whole)
{
    enum { MET = (SLIDE_ROWS - 1) * TILE_STRIDE };
    vec in[MET + TILE_KERNEL];
    FAL_UNROLL
    for (int i = 0; i < MET + TILE_KERNEL; i++) {
        in[i] = vec_keep(whole ? vec_load(from[i] + at) : vec_load_lanes(from[i] + at, lanes));
        FAL_UNROLL
        for (int p = 0; p < pixels; p++) {
            const int64_t kw = column - p * TILE_STRIDE, tap = kw * TILE_KERNEL + i - MET;
            if (i < MET || kw < 0 || kw >= TILE_KERNEL)
                continue;
            const vec w = vec_load(weight + tap * weight_step);
            FAL_UNROLL
            for (int r = 0; r < SLIDE_ROWS; r++)
                acc[p][r] = vec_fma(in[r * TILE_STRIDE + i - MET], w, acc[p][r]);
        }
    }
}

// What lies ahead of the output's pixels, and of the columns of the input that are as many.
FAL_INLINE void TILE(_fetch)(const fal_slide *s, const real *const *from, const real *to,
                             int64_t channel, int pixels)
{
    FAL_UNROLL
    for (int i = TILE_READ - TILE_STRIDE * SLIDE_ROWS; i < TILE_READ; i++) {
        uintptr_t at = (uintptr_t)(from[i] + channel) + (uintptr_t)s->ahead_input;
        FAL_UNROLL
        for (int p = 0; p < pixels * TILE_STRIDE; p++)
            __builtin_prefetch((const void *)(at + (uintptr_t)(p * s->column_step) * sizeof(real)),
                               0, 2);
    }
    const uintptr_t at = (uintptr_t)(to + channel) + (uintptr_t)s->ahead_output;
    FAL_UNROLL
    for (int r = 0; r < SLIDE_ROWS; r++) {
        FAL_UNROLL
        for (int p = 0; p < pixels; p++) {
            const int64_t pixel = r * s->output_row + p * s->output_step;
            __builtin_prefetch((const void *)(at + (uintptr_t)pixel * sizeof(real)), 1, 2);
        }
    }
}

// A vector of channels of these pixels: these lanes of it, or all. A single one may have fewer
// columns of the kernel.
FAL_INLINE void TILE(_vector)(const fal_slide *s, const real *const *from, real *to,
                              int64_t channel, bool all_columns, int pixels, vec_lanes lanes,
                              uint32_t stored, bool whole, bool extras, range limits)
{
    const int64_t column_step = s->column_step, weight_step = s->weight_step;
    const int64_t output_row = s->output_row, output_step = s->output_step;
    const real *weight = (const real *)s->weight + channel;
    vec acc[SLIDE_PIXELS][SLIDE_ROWS] = {{{0}}};
    if (all_columns) {
        FAL_UNROLL
        for (int column = 0; column < TILE_KERNEL + (pixels - 1) * TILE_STRIDE; column++) {
            const int64_t at = channel + column * column_step;
            TILE(_column)(acc, from, at, weight, weight_step, column, pixels, lanes, whole);
        }
    } else {
        for (int64_t column = 0; column < s->columns; column++) {
            const int64_t at = channel + column * column_step;
            TILE(_column)(acc, from, at, weight, weight_step, column, 1, lanes, whole);
        }
    }
    const vec bias = vec_load((const real *)s->bias + channel);
    if (extras && s->ahead_input)
        TILE(_fetch)(s, from, to, channel, pixels);
    to += channel;
    FAL_UNROLL
    for (int r = 0; r < SLIDE_ROWS; r++) {
        FAL_UNROLL
        for (int p = 0; p < pixels; p++) {
            vec sum = acc[p][r] + bias;
            if (extras)
                sum = clamp(limits, sum);
            if (whole)
                vec_store(to + r * output_row + p * output_step, sum);
            else
                vec_store_lanes(to + r * output_row + p * output_step, sum, stored);
        }
    }
}

// All channels of some pixels. The last vector has some of those before it again, and, if there are
// enough of them, the first as many as there are up to where vectors of the output are aligned:
// what lies over two lines is written far more slowly.
FAL_INLINE void TILE(_pixels)(const fal_slide *s, const real *const *from, real *to,
                              bool all_columns, int pixels, bool extras, range limits)
{
    const int64_t channels = s->channels, last = channels - FAL_LANES;
    const vec_lanes none = vec_lanes_of(0);
    if (last < 0) {
        const uint32_t some = vec_first_lanes(channels);
        TILE(_vector)
        (s, from, to, 0, all_columns, pixels, vec_lanes_of(some), some, false, extras, limits);
        return;
    }
    const int64_t beyond = (int64_t)((uintptr_t)to % sizeof(vec) / sizeof(real));
    int64_t channel = 0,
            step = beyond && channels >= SLIDE_ALIGNED ? FAL_LANES - beyond : FAL_LANES;
    for (; channel < last; channel += step, step = FAL_LANES)
        TILE(_vector)(s, from, to, channel, all_columns, pixels, none, 0, true, extras, limits);
    TILE(_vector)(s, from, to, last, all_columns, pixels, none, 0, true, extras, limits);
}

// Whether there is something to do beside sums is a constant: asking for each vector takes a tenth
// of the time. Limits where there is no clamp are infinite, and let NaN pass.
FAL_INLINE void TILE(_all)(const fal_slide *s, bool extras)
{
    const range limits = range_of(s->finish);
    const real *from[TILE_READ];
    real *to = (real *)s->output;
    FAL_UNROLL
    for (int i = 0; i < TILE_READ; i++)
        from[i] = (const real *)s->row[i];
    for (int64_t pixel = 0, count; pixel < s->pixels; pixel += count) {
        count = 1;
        if (s->columns < TILE_KERNEL)
            TILE(_pixels)(s, from, to, false, 1, extras, limits);
        else if (pixel + SLIDE_PIXELS > s->pixels)
            TILE(_pixels)(s, from, to, true, 1, extras, limits);
        else
            TILE(_pixels)(s, from, to, true, (int)(count = SLIDE_PIXELS), extras, limits);
        FAL_UNROLL
        for (int i = 0; i < TILE_READ; i++)
            from[i] += s->is_zero[i] ? 0 : count * TILE_STRIDE * s->column_step;
        to += count * s->output_step;
    }
}

static __attribute__((noinline)) void TILE(_sums)(const fal_slide *s)
{
    TILE(_all)(s, false);
}

static __attribute__((noinline)) void TILE(_more)(const fal_slide *s)
{
    TILE(_all)(s, true);
}

static void TILE(_rows)(const fal_slide *s)
{
    if (s->ahead_input || s->finish)
        TILE(_more)(s);
    else
        TILE(_sums)(s);
}

static const fal_slide_kernel TILE() = {
    .size = TILE_KERNEL,
    .stride = TILE_STRIDE,
    .rows = SLIDE_ROWS,
    .columns = TILE_KERNEL + (SLIDE_PIXELS - 1) * TILE_STRIDE,
    .sum = TILE(_rows),
};

#undef TILE
#undef TILE_READ
#undef TILE_PASTE
#undef TILE_JOIN
#undef TILE_KERNEL
#undef TILE_STRIDE
