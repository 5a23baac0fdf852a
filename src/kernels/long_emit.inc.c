// SPDX-License-Identifier: Apache-2.0
//
// The body of `emit` for pixels in the lanes, shared by all shapes: sums are
// [tile][channel][pixel].

static void emit_long(const fal_emission *e, int channels, int vectors)
{
    for (int tile = 0; tile < e->tiles; tile++)
        for (int c = e->first; c < e->past; c++) {
            const float *sums = e->sums + (ptrdiff_t)(tile * channels + c) * vectors * FAL_LANES;
            const fal_place *place = e->place + tile * vectors;
            float *to = e->output + c * e->channel_stride;
            for (int v = 0; v < vectors; v++) {
                vec out = vec_load(sums + v * FAL_LANES) + vec_splat(e->bias[c]);
                if (e->pixel_stride == 1)
                    vec_store_first(to + place[v].position, out, place[v].pixels);
                else
                    for (int64_t p = 0; p < place[v].pixels; p++)
                        to[place[v].position + p * e->pixel_stride] = out[p];
            }
        }
}
