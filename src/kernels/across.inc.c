// SPDX-License-Identifier: Apache-2.0
//
// One channel by itself where the channels of a pixel lie side by side: they are in the lanes. Each
// tap is a pixel of the input that is multiplied by its weights, channel by channel.

// Pixels of a tile: as many as keep a vector of weights busy, and two where registers allow.
enum { ACROSS_MOST = 8, ACROSS_PIXELS = FAL_REGISTERS == 32 ? 8 : 4, ACROSS_VECTORS = 2 };

// Bytes from a pixel to the first ones behind it, from which the processor makes those to all of a
// tile: compilers would have a register for each.
typedef struct across_steps {
    int64_t one, three, five, seven;
} across_steps;

FAL_INLINE across_steps find_steps(int64_t numbers)
{
    const int64_t one = numbers * (int64_t)sizeof(real);
    return (across_steps){vec_distance(one), vec_distance(3 * one), vec_distance(5 * one),
                          vec_distance(7 * one)};
}

// The number behind so many pixels, a constant.
FAL_INLINE real *across_pixel(const real *from, across_steps s, int pixels)
{
    const int64_t steps[ACROSS_MOST] = {0,         s.one,  s.one * 2,   s.three,
                                        s.one * 4, s.five, s.three * 2, s.seven};
    return (real *)((uintptr_t)from + (uintptr_t)steps[pixels]);
}

// The sums of some pixels from `pixel` on and some vectors from `channel` on, both constants, of
// which the last one has these lanes only.
FAL_INLINE void across_tile(const fal_across *a, int64_t pixel, int64_t channel, int pixels,
                            int vectors, vec_lanes lanes, bool whole, bool clamps, range limits)
{
    vec acc[ACROSS_PIXELS][ACROSS_VECTORS] = {{{0}}};
    const across_steps input = find_steps(a->input_step), output = find_steps(a->output_step);
    for (int64_t tap = 0; tap < a->taps; tap++) {
        const real *from = (const real *)a->input[tap] + pixel * a->input_step + channel;
        const real *weight = (const real *)a->weight[tap] + channel;
        vec w[ACROSS_VECTORS];
        FAL_UNROLL
        for (int v = 0; v < vectors; v++)
            w[v] = vec_keep(vec_load(weight + v * FAL_LANES));
        FAL_UNROLL
        for (int p = 0; p < pixels; p++) {
            FAL_UNROLL
            for (int v = 0; v < vectors; v++) {
                const real *x = across_pixel(from, input, p) + v * FAL_LANES;
                const bool all = whole || v + 1 < vectors;
                acc[p][v] = vec_fma(all ? vec_load(x) : vec_load_lanes(x, lanes), w[v], acc[p][v]);
            }
        }
    }
    const real *bias = (const real *)a->bias + channel;
    real *first = (real *)a->output + pixel * a->output_step + channel;
    FAL_UNROLL
    for (int v = 0; v < vectors; v++) {
        const vec b = vec_keep(vec_load(bias + v * FAL_LANES));
        FAL_UNROLL
        for (int p = 0; p < pixels; p++) {
            real *to = across_pixel(first, output, p) + v * FAL_LANES;
            vec sum = acc[p][v] + b;
            if (clamps)
                sum = clamp(limits, sum);
            if (whole || v + 1 < vectors)
                vec_store(to, sum);
            else
                vec_store_lanes(to, sum, vec_first_lanes(a->channels % FAL_LANES));
        }
    }
}

// All channels of some pixels, a constant.
FAL_INLINE void across_pixels(const fal_across *a, int64_t pixel, int pixels, bool clamps,
                              range limits)
{
    const int64_t both = ACROSS_VECTORS * FAL_LANES, rest = a->channels % FAL_LANES;
    const vec_lanes none = vec_lanes_of(0), some = vec_lanes_of(vec_first_lanes(rest));
    int64_t channel = 0;
    for (; channel + both <= a->channels; channel += both)
        across_tile(a, pixel, channel, pixels, ACROSS_VECTORS, none, true, clamps, limits);
    for (; channel + FAL_LANES <= a->channels; channel += FAL_LANES)
        across_tile(a, pixel, channel, pixels, 1, none, true, clamps, limits);
    if (rest)
        across_tile(a, pixel, channel, pixels, 1, some, false, clamps, limits);
}

FAL_INLINE void sum_all_across(const fal_across *a, bool clamps)
{
    const range limits = range_of(a->finish);
    int64_t pixel = 0;
    for (; pixel + ACROSS_PIXELS <= a->pixels; pixel += ACROSS_PIXELS)
        across_pixels(a, pixel, ACROSS_PIXELS, clamps, limits);
    for (; pixel + ACROSS_PIXELS / 2 <= a->pixels; pixel += ACROSS_PIXELS / 2)
        across_pixels(a, pixel, ACROSS_PIXELS / 2, clamps, limits);
    for (; pixel < a->pixels; pixel++)
        across_pixels(a, pixel, 1, clamps, limits);
}

static void sum_across(const fal_across *a)
{
    if (a->finish)
        sum_all_across(a, true);
    else
        sum_all_across(a, false);
}
