// SPDX-License-Identifier: Apache-2.0
//
// Sums with channels in the lanes on their way to the output, once per type of its elements.

// All pixels one behind the other.
static void ELEMENT(emit_flat)(const square *s)
{
    const fal_emission *e = s->e;
    for (int pixel = 0; pixel < e->pixels; pixel += FAL_LANES) {
        vec turned[FAL_LANES];
        int pixels = least(FAL_LANES, e->pixels - pixel);
        uint32_t lanes = vec_first_lanes(pixels);
        ELEMENT_TYPE *to = (ELEMENT_TYPE *)e->output + s->channel * e->channel_stride + pixel;
        load_turned(s, pixel, turned);
        for (int i = 0; e->finish && i < s->channels; i++)
            turned[i] = ELEMENT(finish)(e->finish, to + i * e->channel_stride, 1, lanes, turned[i]);
        if (pixels == FAL_LANES)
            for (int i = 0; i < s->channels; i++, to += e->channel_stride)
                ELEMENT(store)(to, turned[i]);
        else
            for (int i = 0; i < s->channels; i++, to += e->channel_stride)
                ELEMENT(store_lanes)(to, turned[i], lanes);
    }
}

// Writes some lanes of a channel's vector, the first of which goes to `to`.
FAL_INLINE void ELEMENT(emit_lanes)(const fal_emission *e, vec sum, uint32_t lanes,
                                    ELEMENT_TYPE *to)
{
    sum = ELEMENT(finish)(e->finish, to, e->pixel_stride, lanes, sum);
    if (e->pixel_stride == 1 && lanes == FAL_ALL_LANES)
        ELEMENT(store)(to, sum);
    else
        ELEMENT(store_at)(to, e->pixel_stride, sum, lanes);
}

// Pixels in runs anywhere.
static void ELEMENT(emit_scattered)(const square *q)
{
    const fal_emission *e = q->e;
    const int runs = e->tiles * q->kernel->pixels / q->kernel->run;
    for (int run = 0; run < runs;) {
        const spots s = find_spots(q, run, &run);
        ELEMENT_TYPE *row = (ELEMENT_TYPE *)e->output + q->channel * e->channel_stride + s.to;
        for (int pixel = 0; pixel < s.count; pixel += FAL_LANES) {
            vec turned[FAL_LANES];
            const uint32_t lanes = vec_first_lanes(least(FAL_LANES, s.count - pixel));
            ELEMENT_TYPE *to = row + pixel * e->pixel_stride;
            load_turned(q, s.first + pixel, turned);
            for (int i = 0; i < q->channels; i++, to += e->channel_stride)
                ELEMENT(emit_lanes)(e, turned[i], lanes, to);
        }
    }
}

// The channels of a pixel.
FAL_INLINE void ELEMENT(emit_pixel)(const fal_emission *e, const real *sums, ELEMENT_TYPE *to)
{
    const real *bias = e->bias;
    int c = e->first;
    for (; c + FAL_LANES <= e->past; c += FAL_LANES) {
        vec sum = vec_load(sums + c) + vec_load(bias + c);
        sum = ELEMENT(finish)(e->finish, to + c, 1, FAL_ALL_LANES, sum);
        ELEMENT(store)(to + c, sum);
    }
    if (c < e->past) {
        const uint32_t lanes = vec_first_lanes(e->past - c);
        vec sum = vec_load(sums + c) + vec_load(bias + c);
        ELEMENT(store_lanes)(to + c, ELEMENT(finish)(e->finish, to + c, 1, lanes, sum), lanes);
    }
}

// Channels one behind the other in the output: nothing to turn.
static void ELEMENT(emit_channels_last)(const fal_emission *e, const fal_wide_kernel *kernel)
{
    const int runs = e->tiles * kernel->pixels / kernel->run;
    const real *sums = (const real *)e->sums;
    for (int run = 0; run < runs; run++, sums += kernel->run * kernel->channels) {
        const fal_place *place = &e->place[run];
        ELEMENT_TYPE *to = (ELEMENT_TYPE *)e->output + place->position;
        for (int pixel = 0; pixel < place->pixels; pixel++, to += e->pixel_stride)
            ELEMENT(emit_pixel)(e, sums + pixel * kernel->channels, to);
    }
}

static void ELEMENT(emit_wide)(const fal_emission *e, const fal_wide_kernel *kernel)
{
    if (e->channel_stride == 1 && !e->flat) {
        ELEMENT(emit_channels_last)(e, kernel);
        return;
    }
    for (int c = e->first; c < e->past; c += FAL_LANES) {
        const square s = {e, kernel, c, least(FAL_LANES, e->past - c)};
        if (e->flat)
            ELEMENT(emit_flat)(&s);
        else
            ELEMENT(emit_scattered)(&s);
    }
}
