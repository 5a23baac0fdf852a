// SPDX-License-Identifier: Apache-2.0
//
// The body of `emit`: from sums[pixel][channel] to the output's own order. EMIT_CHANNELS is the
// distance between pixels.

// LANES pixels of LANES channels, with the bias, turned so that each vector is a channel's.
FAL_INLINE void load_turned(const fal_emission *e, int pixel, int channel, vec *square)
{
    vec bias = vec_load(e->bias + channel);
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i++)
        square[i] = vec_load(e->sums + (pixel + i) * EMIT_CHANNELS + channel) + bias;
    vec_transpose(square);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

// Pixels one behind the other, a full vector of them.
static void emit_row(const fal_emission *e, int pixel, int channel)
{
    vec square[FAL_LANES];
    int channels = least(FAL_LANES, e->channels - channel);
    load_turned(e, pixel, channel, square);
    for (int i = 0; i < channels; i++)
        vec_store(e->output + (channel + i) * e->channel_stride + pixel, square[i]);
}

// Any pixels, one by one.
static void emit_scattered(const fal_emission *e, int pixel, int channel)
{
    vec square[FAL_LANES];
    int channels = least(FAL_LANES, e->channels - channel);
    int pixels = least(FAL_LANES, e->pixels - pixel);
    load_turned(e, pixel, channel, square);
    for (int i = 0; i < channels; i++) {
        float row[FAL_LANES];
        float *to = e->output + (channel + i) * e->channel_stride;
        vec_store(row, square[i]);
        for (int p = 0; p < pixels; p++) {
            int64_t at = e->position ? e->position[pixel + p] : pixel + p;
            if (at != FAL_NOWHERE)
                to[at] = row[p];
        }
    }
}

// Channels one behind the other in the output: nothing to turn.
static void emit_channels_last(const fal_emission *e, int pixel)
{
    int64_t at = e->position ? e->position[pixel] : pixel;
    if (at == FAL_NOWHERE)
        return;
    float *to = e->output + at;
    int c = 0;
    for (; c + FAL_LANES <= e->channels; c += FAL_LANES)
        vec_store(to + c, vec_load(e->sums + pixel * EMIT_CHANNELS + c) + vec_load(e->bias + c));
    for (; c < e->channels; c++)
        to[c] = e->sums[pixel * EMIT_CHANNELS + c] + e->bias[c];
}

static void emit(const fal_emission *e)
{
    if (e->channel_stride == 1) {
        for (int p = 0; p < e->pixels; p++)
            emit_channels_last(e, p);
        return;
    }
    for (int c = 0; c < e->channels; c += FAL_LANES)
        for (int p = 0; p < e->pixels; p += FAL_LANES) {
            if (!e->position && p + FAL_LANES <= e->pixels)
                emit_row(e, p, c);
            else
                emit_scattered(e, p, c);
        }
}
