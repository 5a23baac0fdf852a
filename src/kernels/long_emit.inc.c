// SPDX-License-Identifier: Apache-2.0
//
// Sums with pixels in the lanes on their way to an output that does not take all channels of a
// tile, or no whole vectors, or whose elements are no numbers; shared by all shapes.

// A vector of sums to where one of its pieces goes.
FAL_INLINE void ELEMENT(write_piece)(const fal_long_strip *s, const fal_finish *f, ELEMENT_TYPE *to,
                                     uint32_t lanes, vec sum)
{
    sum = ELEMENT(finish)(f, to, s->pixel_stride, lanes, sum);
    ELEMENT(store_at)(to, s->pixel_stride, sum, lanes);
}

// One piece of a vector of the sums of some channels, one `step` behind the other, to an output in
// which the channels of a pixel lie together: turned in registers. `bias` is NULL if it is added
// already.
static void ELEMENT(write_pixels)(const fal_long_strip *s, const fal_finish *f, ELEMENT_TYPE *to,
                                  uint32_t written, const real *sums, const real *bias,
                                  int channels, int64_t step)
{
    for (int first = 0; written && first < channels; first += FAL_LANES) {
        const int left = channels - first;
        const uint32_t lanes = vec_first_lanes(left < FAL_LANES ? left : FAL_LANES);
        vec pixel[FAL_LANES];
        for (int i = 0; i < FAL_LANES; i++) {
            pixel[i] = i < left ? vec_load(sums + (first + i) * step) : (vec){0};
            if (bias && i < left)
                pixel[i] += vec_splat(bias[first + i]);
        }
        vec_transpose(pixel);
        for (int i = 0; i < FAL_LANES; i++)
            if (written >> i & 1) {
                ELEMENT_TYPE *at = to + i * s->pixel_stride + first;
                ELEMENT(store_lanes)(at, ELEMENT(finish)(f, at, 1, lanes, pixel[i]), lanes);
            }
    }
}

FAL_INLINE bool ELEMENT(has_pixels_together)(const fal_long_strip *s, int channels)
{
    return channels > 1 && s->channel_stride == 1 && s->pixel_stride > 2;
}

#if ELEMENT_KIND == NUMBER

// All channels of one tile, whose sums, with the bias added, are [channel][vector][lane].
static void ELEMENT(write_long_tile)(const fal_long_strip *s, const fal_long_kernel *kernel,
                                     const fal_piece *piece, const real *sums, const fal_finish *f)
{
    const int64_t step = kernel->vectors * FAL_LANES;
    for (int v = 0; v < kernel->vectors; v++, sums += FAL_LANES)
        for (int i = 0; i < kernel->pieces; i++, piece++) {
            ELEMENT_TYPE *to = (ELEMENT_TYPE *)s->output + piece->to;
            if (ELEMENT(has_pixels_together)(s, kernel->channels)) {
                ELEMENT(write_pixels)
                (s, f, to, piece->written, sums, NULL, kernel->channels, step);
                continue;
            }
            for (int c = 0; c < kernel->channels; c++, to += s->channel_stride)
                ELEMENT(write_piece)(s, f, to, piece->written, vec_load(sums + c * step));
        }
}

#endif

// Channels [first, past) of one tile, whose sums are without the bias.
static void ELEMENT(emit_long_tile)(const fal_long_strip *s, const fal_long_kernel *kernel,
                                    const fal_piece *piece, const real *sums, int first, int past)
{
    const real *bias = s->bias;
    const int64_t step = kernel->vectors * FAL_LANES;
    sums += first * step;
    for (int v = 0; v < kernel->vectors; v++, sums += FAL_LANES)
        for (int i = 0; i < kernel->pieces; i++, piece++) {
            ELEMENT_TYPE *to = (ELEMENT_TYPE *)s->output + piece->to + first * s->channel_stride;
            if (ELEMENT(has_pixels_together)(s, past - first)) {
                ELEMENT(write_pixels)
                (s, s->finish, to, piece->written, sums, bias + first, past - first, step);
                continue;
            }
            for (int c = first; c < past; c++, to += s->channel_stride) {
                vec sum = vec_load(sums + (c - first) * step) + vec_splat(bias[c]);
                ELEMENT(write_piece)(s, s->finish, to, piece->written, sum);
            }
        }
}

static void ELEMENT(emit_long)(const fal_long_strip *s, const fal_long_kernel *kernel, int first,
                               int past)
{
    const real *sums = s->sums;
    const fal_piece *piece = s->piece;
    for (int tile = 0; tile < s->products.tiles; tile++) {
        ELEMENT(emit_long_tile)(s, kernel, piece, sums, first, past);
        piece += kernel->vectors * kernel->pieces;
        sums += kernel->channels * kernel->vectors * FAL_LANES;
    }
}
