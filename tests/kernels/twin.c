// SPDX-License-Identifier: Apache-2.0
#include "twin.h"

#include <math.h>

int64_t sum_index(const subject *s, int64_t pixel, int channel)
{
    int64_t channels = s->shape->channels;
    if (!s->is_long)
        return pixel * channels + channel;
    return (pixel / s->pixels * channels + channel) * s->pixels + pixel % s->pixels;
}

int64_t pixel_index(const subject *s, const fal_strip *strip, int64_t pixel)
{
    int run = s->shape->run;
    return strip->run[pixel / run] + pixel % run * strip->step;
}

void twin_multiply(const subject *s, const fal_strip *strip, int64_t k, float *chains)
{
    int channels = s->shape->channels;
    for (int64_t p = 0; p < (int64_t)strip->tiles * s->pixels; p++) {
        float x = strip->input[pixel_index(s, strip, p) + strip->offset[k]];
        for (int c = 0; c < channels; c++) {
            float *chain = &chains[sum_index(s, p, c)];
            *chain = fmaf(x, strip->weight[k * channels + c], *chain);
        }
    }
}

void twin_emit(const subject *s, const fal_emission *e)
{
    int run = s->shape->run;
    for (int64_t p = 0; p < (int64_t)e->tiles * s->pixels; p++) {
        const fal_place *place = &e->place[p / run];
        for (int c = e->first; c < e->past && p % run < place->pixels; c++)
            e->output[c * e->channel_stride + place->position + p % run * e->pixel_stride] =
                e->sums[sum_index(s, p, c)] + e->bias[c];
    }
}
