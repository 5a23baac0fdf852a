// SPDX-License-Identifier: Apache-2.0
//
// The body of `emit` for channels in the lanes, shared by all shapes: sums are [pixel][channel],
// with WIDE_CHANNELS of them.

// LANES pixels of LANES channels, with the bias, turned so that each vector is a channel's.
FAL_INLINE void load_turned(const fal_emission *e, int pixel, int channel, vec *square)
{
    vec bias = vec_load(e->bias + channel);
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i++)
        square[i] = vec_load(e->sums + (pixel + i) * WIDE_CHANNELS + channel) + bias;
    vec_transpose(square);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

// All pixels one behind the other.
static void emit_flat(const fal_emission *e, int channel)
{
    int channels = least(FAL_LANES, e->past - channel);
    for (int pixel = 0; pixel < e->pixels; pixel += FAL_LANES) {
        vec square[FAL_LANES];
        int pixels = least(FAL_LANES, e->pixels - pixel);
        float *to = e->output + channel * e->channel_stride + pixel;
        load_turned(e, pixel, channel, square);
        if (pixels == FAL_LANES)
            for (int i = 0; i < channels; i++, to += e->channel_stride)
                vec_store(to, square[i]);
        else
            for (int i = 0; i < channels; i++, to += e->channel_stride)
                vec_store_first(to, square[i], pixels);
    }
}

// Where the pixels of a square go that are to be written.
typedef struct spots {
    int64_t at[FAL_LANES];
    int from[FAL_LANES];
    int count;
    bool even; // all of them, pixel_stride apart
} spots;

static spots find_spots(const fal_emission *e, int pixel, int run, int all)
{
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

// Pixels in runs anywhere.
static void emit_scattered(const fal_emission *e, int channel, int run, int all)
{
    int channels = least(FAL_LANES, e->past - channel);
    for (int pixel = 0; pixel < all; pixel += FAL_LANES) {
        vec square[FAL_LANES];
        const spots s = find_spots(e, pixel, run, all);
        float *to = e->output + channel * e->channel_stride;
        load_turned(e, pixel, channel, square);
        for (int i = 0; i < channels; i++, to += e->channel_stride) {
            if (s.even && e->pixel_stride == 1)
                vec_store(to + s.at[0], square[i]);
            else if (s.even && e->pixel_stride == 2)
                vec_store_apart(to + s.at[0], square[i]);
            else
                for (int p = 0; p < s.count; p++)
                    to[s.at[p]] = ((const float *)&square[i])[s.from[p]];
        }
    }
}

// Channels one behind the other in the output: nothing to turn.
static void emit_channels_last(const fal_emission *e, int run, int all)
{
    for (int pixel = 0; pixel < all; pixel++) {
        const fal_place *place = &e->place[pixel / run];
        if (pixel % run >= place->pixels)
            continue;
        float *to = e->output + place->position + pixel % run * e->pixel_stride;
        const float *sums = e->sums + pixel * WIDE_CHANNELS;
        for (int c = e->first; c < e->past; c += FAL_LANES)
            vec_store_first(to + c, vec_load(sums + c) + vec_load(e->bias + c),
                            least(FAL_LANES, e->past - c));
    }
}

static void emit_wide(const fal_emission *e, int pixels, int run)
{
    int all = e->tiles * pixels;
    if (e->channel_stride == 1) {
        emit_channels_last(e, run, all);
        return;
    }
    for (int c = e->first; c < e->past; c += FAL_LANES) {
        if (e->flat)
            emit_flat(e, c);
        else
            emit_scattered(e, c, run, all);
    }
}
