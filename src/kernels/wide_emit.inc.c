// SPDX-License-Identifier: Apache-2.0
//
// Sums with channels in the lanes on their way to the output, shared by all shapes.

typedef struct square {
    const fal_emission *e;
    const fal_wide_kernel *kernel;
    int channel;  // the first of FAL_LANES
    int channels; // to be written
} square;

// FAL_LANES pixels of FAL_LANES channels, with the bias, turned so that each vector is a channel's.
FAL_INLINE void load_turned(const square *s, int pixel, vec *turned)
{
    const real *sums = (const real *)s->e->sums + s->channel;
    vec bias = vec_load((const real *)s->e->bias + s->channel);
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i++)
        turned[i] = vec_load(sums + (pixel + i) * s->kernel->channels) + bias;
    vec_transpose(turned);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

// All pixels one behind the other.
static void emit_flat(const square *s)
{
    const fal_emission *e = s->e;
    for (int pixel = 0; pixel < e->pixels; pixel += FAL_LANES) {
        vec turned[FAL_LANES];
        int pixels = least(FAL_LANES, e->pixels - pixel);
        uint32_t lanes = vec_first_lanes(pixels);
        real *to = (real *)e->output + s->channel * e->channel_stride + pixel;
        load_turned(s, pixel, turned);
        for (int i = 0; e->finish && i < s->channels; i++)
            turned[i] = finish(e->finish, to + i * e->channel_stride, 1, lanes, turned[i]);
        if (pixels == FAL_LANES)
            for (int i = 0; i < s->channels; i++, to += e->channel_stride)
                vec_store(to, turned[i]);
        else
            for (int i = 0; i < s->channels; i++, to += e->channel_stride)
                vec_store_lanes(to, turned[i], lanes);
    }
}

// Where the pixels of a square go that are to be written.
typedef struct spots {
    int64_t at[FAL_LANES];
    int from[FAL_LANES];
    int count;
    bool even; // all of them, pixel_stride apart
} spots;

static spots find_spots(const square *q, int pixel)
{
    const fal_emission *e = q->e;
    int run = q->kernel->run, all = e->tiles * q->kernel->pixels;
    spots s = {.count = 0, .even = true};
    for (int i = 0; i < FAL_LANES && pixel + i < all; i++) {
        const fal_place *place = &e->place[(pixel + i) / run];
        int neighbour = (pixel + i) % run;
        if (neighbour >= place->pixels)
            continue;
        s.from[s.count] = i;
        s.at[s.count] = place->position + neighbour * e->pixel_stride;
        s.even = s.even && s.at[s.count] == s.at[0] + i * e->pixel_stride;
        s.count++;
    }
    s.even = s.even && s.count == FAL_LANES;
    return s;
}

// Writes a vector of a channel, that begins at `to`, to its spots.
FAL_INLINE void emit_spots(const fal_emission *e, const spots *s, vec turned, real *to)
{
    if (s->even) {
        to += s->at[0];
        turned = finish(e->finish, to, e->pixel_stride, FAL_ALL_LANES, turned);
        if (e->pixel_stride == 1)
            vec_store(to, turned);
        else if (e->pixel_stride == 2)
            vec_store_apart(to, turned, FAL_ALL_LANES);
        else
            vec_store_each(to, e->pixel_stride, turned, FAL_ALL_LANES);
        return;
    }
    for (int p = 0; p < s->count; p++) {
        real sum = ((const real *)&turned)[s->from[p]], *at = to + s->at[p];
        *at = e->finish ? finish_one(e->finish, at, sum) : sum;
    }
}

// Pixels in runs anywhere.
static void emit_scattered(const square *q)
{
    const fal_emission *e = q->e;
    for (int pixel = 0; pixel < e->tiles * q->kernel->pixels; pixel += FAL_LANES) {
        vec turned[FAL_LANES];
        const spots s = find_spots(q, pixel);
        real *to = (real *)e->output + q->channel * e->channel_stride;
        load_turned(q, pixel, turned);
        for (int i = 0; i < q->channels; i++, to += e->channel_stride)
            emit_spots(e, &s, turned[i], to);
    }
}

// Channels one behind the other in the output: nothing to turn.
static void emit_channels_last(const fal_emission *e, const fal_wide_kernel *kernel)
{
    const real *bias = e->bias;
    for (int pixel = 0; pixel < e->tiles * kernel->pixels; pixel++) {
        const fal_place *place = &e->place[pixel / kernel->run];
        if (pixel % kernel->run >= place->pixels)
            continue;
        real *to = (real *)e->output + place->position + pixel % kernel->run * e->pixel_stride;
        const real *sums = (const real *)e->sums + pixel * kernel->channels;
        for (int c = e->first; c < e->past; c += FAL_LANES) {
            uint32_t lanes = vec_first_lanes(least(FAL_LANES, e->past - c));
            vec sum = vec_load(sums + c) + vec_load(bias + c);
            vec_store_lanes(to + c, finish(e->finish, to + c, 1, lanes, sum), lanes);
        }
    }
}

static void emit_wide(const fal_emission *e, const fal_wide_kernel *kernel)
{
    if (e->channel_stride == 1 && !e->flat) {
        emit_channels_last(e, kernel);
        return;
    }
    for (int c = e->first; c < e->past; c += FAL_LANES) {
        const square s = {e, kernel, c, least(FAL_LANES, e->past - c)};
        if (e->flat)
            emit_flat(&s);
        else
            emit_scattered(&s);
    }
}
