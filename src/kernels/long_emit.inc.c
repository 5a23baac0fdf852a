// SPDX-License-Identifier: Apache-2.0
//
// Sums with pixels in the lanes on their way to an output that does not take all channels of a
// tile, or no whole vectors; shared by all shapes.

// Channels [first, past) of one tile, whose sums are [channel][vector][lane].
static void emit_long_tile(const fal_long_strip *s, const fal_long_kernel *kernel,
                           const fal_piece *piece, const real *sums, int first, int past)
{
    const real *bias = s->bias;
    for (int v = 0; v < kernel->vectors; v++)
        for (int i = 0; i < kernel->pieces; i++, piece++) {
            real *to = (real *)s->output + piece->to + first * s->channel_stride;
            for (int c = first; c < past; c++, to += s->channel_stride) {
                vec sum =
                    vec_load(sums + (c * kernel->vectors + v) * FAL_LANES) + vec_splat(bias[c]);
                if (s->pixel_stride == 1)
                    vec_store_lanes(to, sum, piece->written);
                else if (s->pixel_stride == 2)
                    vec_store_apart(to, sum, piece->written);
                else
                    vec_store_each(to, s->pixel_stride, sum, piece->written);
            }
        }
}

static void emit_long(const fal_long_strip *s, const fal_long_kernel *kernel, int first, int past)
{
    const real *sums = s->sums;
    const fal_piece *piece = s->piece;
    for (int tile = 0; tile < s->products.tiles; tile++) {
        emit_long_tile(s, kernel, piece, sums, first, past);
        piece += kernel->vectors * kernel->pieces;
        sums += kernel->channels * kernel->vectors * FAL_LANES;
    }
}
