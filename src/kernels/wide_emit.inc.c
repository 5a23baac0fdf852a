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

// Writes a vector of a channel, that begins at `to`, to its spots.
FAL_INLINE void ELEMENT(emit_spots)(const fal_emission *e, const spots *s, vec turned,
                                    ELEMENT_TYPE *to)
{
    if (s->even) {
        to += s->at[0];
        turned = ELEMENT(finish)(e->finish, to, e->pixel_stride, FAL_ALL_LANES, turned);
        if (e->pixel_stride == 1)
            ELEMENT(store)(to, turned);
        else if (e->pixel_stride == 2)
            ELEMENT(store_apart)(to, turned, FAL_ALL_LANES);
        else
            ELEMENT(store_each)(to, e->pixel_stride, turned, FAL_ALL_LANES);
        return;
    }
    for (int p = 0; p < s->count; p++)
        ELEMENT(write_one)(e->finish, to + s->at[p], ((const real *)&turned)[s->from[p]]);
}

// Pixels in runs anywhere.
static void ELEMENT(emit_scattered)(const square *q)
{
    const fal_emission *e = q->e;
    for (int pixel = 0; pixel < e->tiles * q->kernel->pixels; pixel += FAL_LANES) {
        vec turned[FAL_LANES];
        const spots s = find_spots(q, pixel);
        ELEMENT_TYPE *to = (ELEMENT_TYPE *)e->output + q->channel * e->channel_stride;
        load_turned(q, pixel, turned);
        for (int i = 0; i < q->channels; i++, to += e->channel_stride)
            ELEMENT(emit_spots)(e, &s, turned[i], to);
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
