// SPDX-License-Identifier: Apache-2.0
//
// The body of rows of one channel by itself where channels are in the lanes, included once per size
// of the kernel:
//   TILE_KERNEL  K, rows and columns of the kernel
//   TILE_ROWS    R, rows of the output that are computed at once
// It defines slide_K and slide_K_kernel. The columns of the input are gone through once, from left
// to right: each goes into K pixels of each row of the output, whose sums are in registers, and
// ends the first of them. What there is of pixels before the first and behind the last is summed,
// too, and not written.

#define TILE_PASTE(name, k, end) name##_##k##end
#define TILE_JOIN(name, k, end)  TILE_PASTE(name, k, end)
#define TILE                     TILE_JOIN(slide, TILE_KERNEL, )

// One column of the input: `turn` is its number modulo K, so that sums keep their registers.
FAL_INLINE void TILE_JOIN(slide, TILE_KERNEL, _column)(vec acc[TILE_KERNEL][TILE_ROWS],
                                                       const real *weight, int64_t weight_step,
                                                       const vec *in, int turn)
{
    FAL_UNROLL
    for (int kw = 0; kw < TILE_KERNEL; kw++) {
        vec *sums = acc[(turn - kw + TILE_KERNEL) % TILE_KERNEL];
        FAL_UNROLL
        for (int kh = 0; kh < TILE_KERNEL; kh++) {
            const vec w = vec_load(weight + (kw * TILE_KERNEL + kh) * weight_step);
            FAL_UNROLL
            for (int r = 0; r < TILE_ROWS; r++)
                sums[r] = vec_fma(in[r + kh], w, sums[r]);
        }
    }
}

// All pixels of a vector of channels, of which these lanes are there.
FAL_INLINE void TILE_JOIN(slide, TILE_KERNEL, _vector)(const fal_slide *s, int64_t channel,
                                                       vec_lanes lanes, uint32_t stored, bool whole)
{
    enum { READ = TILE_ROWS + TILE_KERNEL - 1 };
    const real *from[READ], *weight = (const real *)s->weight + channel;
    real *to = (real *)s->output + channel;
    const vec bias = vec_load((const real *)s->bias + channel);
    const int64_t columns = s->pixels + TILE_KERNEL - 1;
    vec acc[TILE_KERNEL][TILE_ROWS] = {{{0}}};
    FAL_UNROLL
    for (int i = 0; i < READ; i++)
        from[i] = (const real *)s->row[i] + channel;
    for (int64_t column = 0; column < columns; column += TILE_KERNEL)
        FAL_UNROLL
    for (int turn = 0; turn < TILE_KERNEL; turn++) {
        vec in[READ], *ended = acc[(turn + 1) % TILE_KERNEL];
        if (column + turn >= columns)
            return;
        FAL_UNROLL
        for (int i = 0; i < READ; i++) {
            in[i] = vec_keep(whole ? vec_load(from[i]) : vec_load_lanes(from[i], lanes));
            from[i] += s->step[i];
        }
        TILE_JOIN(slide, TILE_KERNEL, _column)(acc, weight, s->weight_step, in, turn);
        if (column + turn >= TILE_KERNEL - 1) {
            FAL_UNROLL
            for (int r = 0; r < TILE_ROWS; r++) {
                if (whole)
                    vec_store(to + r * s->output_row, ended[r] + bias);
                else
                    vec_store_lanes(to + r * s->output_row, ended[r] + bias, stored);
            }
            to += s->output_step;
        }
        FAL_UNROLL
        for (int r = 0; r < TILE_ROWS; r++)
            ended[r] = (vec){0};
    }
}

static void TILE(const fal_slide *s)
{
    const uint32_t some = vec_first_lanes(s->channels % FAL_LANES);
    int64_t channel = 0;
    for (; channel + FAL_LANES <= s->channels; channel += FAL_LANES)
        TILE_JOIN(slide, TILE_KERNEL, _vector)(s, channel, vec_lanes_of(0), 0, true);
    if (some)
        TILE_JOIN(slide, TILE_KERNEL, _vector)(s, channel, vec_lanes_of(some), some, false);
}

static const fal_slide_kernel TILE_JOIN(slide, TILE_KERNEL, _kernel) = {
    .size = TILE_KERNEL,
    .rows = TILE_ROWS,
    .sum = TILE,
};

#undef TILE
#undef TILE_PASTE
#undef TILE_JOIN
#undef TILE_KERNEL
#undef TILE_ROWS
