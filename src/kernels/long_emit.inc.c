// SPDX-License-Identifier: Apache-2.0
//
// Sums with pixels in the lanes on their way to an output that does not take all channels of a
// tile, or no whole vectors, or whose elements are no numbers; shared by all shapes.

// A vector of sums to where one of its pieces goes.
FAL_INLINE void ELEMENT(write_piece)(const fal_long_strip *s, const fal_finish *f, ELEMENT_TYPE *to,
                                     uint32_t lanes, vec sum)
{
    sum = ELEMENT(finish)(f, to, s->pixel_stride, lanes, sum);
    if (s->pixel_stride == 1)
        ELEMENT(store_lanes)(to, sum, lanes);
    else if (s->pixel_stride == 2)
        ELEMENT(store_apart)(to, sum, lanes);
    else
        ELEMENT(store_each)(to, s->pixel_stride, sum, lanes);
}

#if ELEMENT_KIND == NUMBER

// All channels of one tile, whose sums, with the bias added, are [channel][vector][lane].
static void ELEMENT(write_long_tile)(const fal_long_strip *s, const fal_long_kernel *kernel,
                                     const fal_piece *piece, const real *sums, const fal_finish *f)
{
    for (int v = 0; v < kernel->vectors; v++)
        for (int i = 0; i < kernel->pieces; i++, piece++) {
            ELEMENT_TYPE *to = (ELEMENT_TYPE *)s->output + piece->to;
            for (int c = 0; c < kernel->channels; c++, to += s->channel_stride)
                ELEMENT(write_piece)
            (s, f, to, piece->written, vec_load(sums + (c * kernel->vectors + v) * FAL_LANES));
        }
}

#endif

// Channels [first, past) of one tile, whose sums are without the bias.
static void ELEMENT(emit_long_tile)(const fal_long_strip *s, const fal_long_kernel *kernel,
                                    const fal_piece *piece, const real *sums, int first, int past)
{
    const real *bias = s->bias;
    for (int v = 0; v < kernel->vectors; v++)
        for (int i = 0; i < kernel->pieces; i++, piece++) {
            ELEMENT_TYPE *to = (ELEMENT_TYPE *)s->output + piece->to + first * s->channel_stride;
            for (int c = first; c < past; c++, to += s->channel_stride) {
                vec sum = vec_load(sums + (c * kernel->vectors + v) * FAL_LANES);
                ELEMENT(write_piece)(s, s->finish, to, piece->written, sum + vec_splat(bias[c]));
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
