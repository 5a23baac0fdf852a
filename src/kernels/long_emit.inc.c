// SPDX-License-Identifier: Apache-2.0
//
// The body of `emit` for pixels in the lanes, shared by all shapes: sums are
// [tile][channel][pixel].

// One run of pixels of every channel, side by side in the output.
FAL_INLINE void emit_run(const fal_emission *e, const float *sums, int distance, fal_place place)
{
    const float *bias = e->bias;
    const int64_t stride = e->channel_stride;
    const int first = e->first, past = e->past;
    float *to = e->output + place.position + first * stride;
    for (int c = first; c < past; c++, to += stride)
        vec_store_first(to, vec_load(sums + (ptrdiff_t)c * distance) + vec_splat(bias[c]),
                        place.pixels);
}

// The same with the output's pixels apart.
static void emit_run_apart(const fal_emission *e, const float *sums, int distance, fal_place place)
{
    for (int c = e->first; c < e->past; c++) {
        float *to = e->output + place.position + c * e->channel_stride;
        for (int64_t p = 0; p < place.pixels; p++)
            to[p * e->pixel_stride] = sums[c * distance + p] + e->bias[c];
    }
}

static void emit_long(const fal_emission *e, int channels, int vectors)
{
    const float *sums = e->sums;
    const fal_place *place = e->place;
    const int pixels = vectors * FAL_LANES;
    for (int tile = 0; tile < e->tiles; tile++, sums += channels * pixels)
        for (int v = 0; v < vectors; v++, place++) {
            if (e->pixel_stride == 1)
                emit_run(e, sums + v * FAL_LANES, pixels, *place);
            else
                emit_run_apart(e, sums + v * FAL_LANES, pixels, *place);
        }
}
