// SPDX-License-Identifier: Apache-2.0
#include "algorithms/channel_sums.h"

#include "base/checked.h"
#include "tensor/element.h"
#include "tensor/runs.h"

#include <inttypes.h>
#include <string.h>

enum {
    LANES = 16,    // partial sums of a channel: enough for a processor to add several at once
    TOGETHER = 16, // channels that lie side by side
    CHUNK = 4096,  // elements of a channel
    STAGE = 1024,  // numbers that are brought into double at once
    LEVELS = 64,
};

// The sums of some channels on their way: side by side, as their elements are.
typedef struct tally {
    int64_t width; // channels
    double lane[LANES * TOGETHER];
    double level[LEVELS][TOGETHER]; // of 2^i chunks, where bit i of `chunks` is set
    uint64_t chunks;
    int64_t filled; // elements of each channel in the chunk that is begun
    double stage[STAGE];
} tally;

// Whether a step to the next channel is shorter than one to the next element.
static bool lie_together(const fal_channel_sums *s)
{
    for (int i = 0; i < FAL_SUM_AXES; i++)
        if (s->size[i] > 1 && imaxabs(s->step[i]) < imaxabs(s->channel))
            return false;
    return true;
}

int64_t fal_channels_at_once(const fal_channel_sums *s)
{
    return lie_together(s) ? TOGETHER : 1;
}

// ----------------------------------------------------------------------------------------- chunks

static void end_chunk(tally *t)
{
    double *sum = t->lane;
    for (int64_t half = LANES / 2 * t->width; half >= t->width; half /= 2)
        for (int64_t i = 0; i < half; i++)
            sum[i] += sum[half + i];
    int level = 0;
    for (; t->chunks >> level & 1; level++)
        for (int64_t c = 0; c < t->width; c++)
            sum[c] = t->level[level][c] + sum[c];
    memcpy(t->level[level], sum, (size_t)t->width * sizeof *sum);
    t->chunks++;
    t->filled = 0;
    memset(t->lane, 0, sizeof t->lane);
}

// The sums of all elements, into `sum`.
static void end_all(tally *t, double *sum)
{
    bool any = false;
    if (t->filled)
        end_chunk(t);
    memset(sum, 0, TOGETHER * sizeof *sum);
    for (int level = 0; t->chunks >> level; level++) {
        if (!(t->chunks >> level & 1))
            continue;
        for (int64_t c = 0; c < t->width; c++)
            sum[c] = any ? t->level[level][c] + sum[c] : t->level[level][c];
        any = true;
    }
}

// Adds numbers to partial sums that stay in registers.
static void add_lines(double *lane, const double *from, int64_t lines)
{
    double sum[LANES];
    memcpy(sum, lane, sizeof sum);
    for (int64_t l = 0; l < lines; l++, from += LANES)
        for (int i = 0; i < LANES; i++)
            sum[i] += from[i];
    memcpy(lane, sum, sizeof sum);
}

// Adds the numbers of the stage, element by element.
static void add_stage(tally *t, int64_t numbers)
{
    const int64_t width = LANES * t->width, phase = t->filled * t->width % width;
    const double *from = t->stage;
    int64_t at = phase ? fal_least(width - phase, numbers) : 0;
    for (int64_t i = 0; i < at; i++)
        t->lane[phase + i] += from[i];
    if (t->width == 1) {
        int64_t lines = (numbers - at) / LANES;
        add_lines(t->lane, from + at, lines);
        at += lines * LANES;
    }
    for (; at < numbers; at += width) {
        int64_t count = fal_least(width, numbers - at);
        for (int64_t i = 0; i < count; i++)
            t->lane[i] += from[at + i];
    }
}

// --------------------------------------------------------------------------------------- elements

// Adds `count` elements that lie `step` apart, of as many channels as the tally has.
static void add_run(tally *t, const fal_channel_sums *s, int64_t at, int64_t step, int64_t count)
{
    while (count) {
        int64_t some = fal_least(count, fal_least(CHUNK - t->filled, STAGE / t->width));
        if (t->width == 1)
            fal_load_run(s->dtype, s->input, at, step, some, t->stage);
        else
            for (int64_t i = 0; i < some; i++)
                fal_load_run(s->dtype, s->input, at + i * step, s->channel, t->width,
                             t->stage + i * t->width);
        add_stage(t, some * t->width);
        t->filled += some;
        if (t->filled == CHUNK)
            end_chunk(t);
        at += some * step;
        count -= some;
    }
}

// Axes whose elements follow each other as those of one do become one; returns how many are left.
static int join_axes(const fal_channel_sums *s, int64_t *size, int64_t *step)
{
    int count = 0;
    for (int i = 0; i < FAL_SUM_AXES; i++) {
        int64_t reach;
        if (s->size[i] == 1)
            continue;
        if (count && fal_multiply(s->size[i], s->step[i], &reach) && step[count - 1] == reach) {
            size[count - 1] *= s->size[i];
            step[count - 1] = s->step[i];
        } else {
            size[count] = s->size[i];
            step[count++] = s->step[i];
        }
    }
    if (!count) {
        size[0] = 1;
        step[count++] = 0;
    }
    return count;
}

static void add_axes(tally *t, const fal_channel_sums *s, int axes, const int64_t *size,
                     const int64_t *step, int64_t at)
{
    if (axes == 1)
        add_run(t, s, at, *step, *size);
    else
        for (int64_t i = 0; i < *size; i++)
            add_axes(t, s, axes - 1, size + 1, step + 1, at + i * *step);
}

void fal_sum_channels(const fal_channel_sums *s, int64_t first, int64_t count)
{
    tally t = {.width = count};
    int64_t size[FAL_SUM_AXES], step[FAL_SUM_AXES];
    double sum[TOGETHER];
    int axes = join_axes(s, size, step);
    add_axes(&t, s, axes, size, step, first * s->channel);
    end_all(&t, sum);
    for (int64_t c = 0; c < count; c++)
        fal_store(s->dtype, s->output, (first + c) * s->output_step, sum[c]);
}
