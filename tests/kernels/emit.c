// SPDX-License-Identifier: Apache-2.0
//
// Emissions: every shape's sums, written to outputs of every layout, against the twin: the same
// bits, and not a byte beside them. Output, biases and places stand against pages that may not be.
#include "tests.h"

#include "guarded.h"
#include "twin.h"

#include <math.h>
#include <string.h>

// How runs lie in the output: so that they may be written as one; so, but that the kernel is not
// told; anywhere, and some of their pixels only.
typedef enum arrangement {
    FLAT,
    IN_ORDER,
    ANYWHERE,
} arrangement;

// An output: planes of channels, or channels within pixels; the signs and the least distances of
// its strides.
typedef struct layout {
    bool channels_inside;
    bool one_channel; // of the tile's
    arrangement runs;
    int channel;
    int pixel;
} layout;

static const layout layouts[] = {
    {false, false, FLAT, 1, 1},      // a plane, as wide as the runs
    {false, false, IN_ORDER, 1, 1},  // a wider one
    {false, false, ANYWHERE, 1, 1},  //
    {false, false, IN_ORDER, 1, 2},  // a phase
    {false, false, ANYWHERE, 1, 2},  //
    {false, false, IN_ORDER, 1, 3},  //
    {false, false, ANYWHERE, 1, 3},  //
    {false, false, IN_ORDER, 1, -1}, // mirrored
    {false, false, ANYWHERE, 1, -2}, //
    {false, false, IN_ORDER, -1, 1}, //
    {false, false, FLAT, -1, 1},     //
    {true, false, ANYWHERE, 1, 1},   // channels last
    {true, false, IN_ORDER, 1, -1},  //
    {true, false, ANYWHERE, -1, 1},  //
    {true, false, ANYWHERE, 2, 1},   // every second of them
    {true, true, FLAT, 1, 1},        // the only one, whose stride means nothing
    {true, true, IN_ORDER, 1, 1},    //
    {false, true, ANYWHERE, 0, 1},   //
};

enum { MOST_RUNS = 1024, MOST_FLOATS = 1 << 18 };

static arena output, sums, bias, places;

static int64_t runs_of(const subject *s, int tiles)
{
    return (int64_t)tiles * s->pixels / s->shape->run;
}

// Sums as a strip leaves them, and NaN behind them, in the place that is set aside for any strip;
// behind the biases what may be read but not used.
static void fill_sums(fal_emission *e, const subject *s, prng *random, edge at)
{
    int64_t count = (int64_t)e->tiles * s->pixels * s->shape->channels;
    int channels = s->shape->channels;
    float *sum = arena_place(&sums, (FAL_STRIP_SUMS + FAL_SLACK) * sizeof *sum, 64, at);
    float *b = arena_place(&bias, (size_t)(channels + FAL_SLACK) * sizeof *b, sizeof *b, at);
    for (int64_t i = 0; i < FAL_STRIP_SUMS + FAL_SLACK; i++)
        sum[i] = i < count ? (float)random_real(random) : NAN;
    for (int c = 0; c < channels + FAL_SLACK; c++)
        b[c] = c < channels ? (float)random_real(random) : NAN;
    e->sums = sum;
    e->bias = b;
}

static void shuffle(int *order, int64_t count, prng *random)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t j = random_between(random, 0, i);
        order[i] = order[j];
        order[j] = (int)i;
    }
}

// Gives every run a slot in the output.
static void fill_places(fal_emission *e, const subject *s, arrangement runs, prng *random, edge at)
{
    int order[MOST_RUNS];
    int64_t run = s->shape->run, count = runs_of(s, e->tiles);
    int64_t full = random_between(random, 1, count);
    fal_place *place = arena_place(&places, (size_t)count * sizeof *place, sizeof *place, at);
    shuffle(order, count, random);
    for (int64_t i = 0; i < count; i++) {
        int64_t slot = runs == ANYWHERE ? order[i] : i;
        int64_t pixels = runs == ANYWHERE ? random_between(random, 0, run) : i < full ? run : 0;
        if (runs == IN_ORDER && i == full)
            pixels = random_between(random, 0, run - 1);
        place[i] = (fal_place){pixels ? slot * run * e->pixel_stride : 0, pixels};
    }
    e->place = place;
    e->flat = runs == FLAT;
    e->pixels = (int)((e->flat ? full : count) * run);
}

// Strides that keep apart what the layout lets lie side by side, and sometimes more than that.
static void fill_strides(fal_emission *e, const subject *s, const layout *l, prng *random)
{
    int64_t gap = random_between(random, 0, 5), pixels = (int64_t)e->tiles * s->pixels;
    int64_t pixel = l->pixel, channel = l->channel;
    if (l->channels_inside)
        pixel *= (channel < 0 ? -channel : channel) * (l->one_channel ? 1 : s->shape->channels);
    else
        channel *= (pixel < 0 ? -pixel : pixel) * pixels + gap;
    if (l->channels_inside && l->runs != FLAT)
        pixel += pixel < 0 ? -gap : gap;
    e->pixel_stride = pixel;
    e->channel_stride = channel;
}

// Where the elements that are written lie: from *least up to, but not including, *past.
static void find_extent(const fal_emission *e, const subject *s, int64_t *least, int64_t *past)
{
    *least = *past = 0;
    bool any = false;
    for (int64_t p = 0; p < (int64_t)e->tiles * s->pixels; p++)
        for (int c = e->first; c < e->past; c++) {
            const fal_place *place = &e->place[p / s->shape->run];
            int64_t neighbour = p % s->shape->run;
            int64_t at = c * e->channel_stride + place->position + neighbour * e->pixel_stride;
            if (neighbour >= place->pixels)
                continue;
            *least = !any || at < *least ? at : *least;
            *past = !any || at >= *past ? at + 1 : *past;
            any = true;
        }
}

static void note_emission(const fal_emission *e, const subject *s, edge at)
{
    blame("emission of %s: tiles %d, channels %d to %d, strides %d and %d, flat %d, against the %s",
          name_of(s).text, e->tiles, e->first, e->past, (int)e->channel_stride,
          (int)e->pixel_stride, e->flat, at == AT_BEGIN ? "begin" : "end");
}

static void emit(const subject *s, const fal_emission *e)
{
    if (s->is_long)
        s->set->emit_long(e, s->shape->channels, s->pixels / s->shape->run);
    else
        s->set->emit_wide(e, s->pixels, s->shape->run);
}

static void check_emission(const subject *s, const layout *l, prng *random, int tiles, int first,
                           int past, edge at)
{
    static float expected[MOST_FLOATS];
    fal_emission e = {.tiles = tiles, .first = first, .past = l->one_channel ? first + 1 : past};
    int64_t least, end;
    fill_strides(&e, s, l, random);
    fill_places(&e, s, l->runs, random, at);
    fill_sums(&e, s, random, at);
    find_extent(&e, s, &least, &end);
    size_t bytes = (size_t)(end - least) * sizeof(float);
    assert_true(bytes <= sizeof expected);
    memset(expected, 0xff, bytes);
    e.output = expected - least;
    twin_emit(s, &e);
    float *to = memset(arena_place(&output, bytes, sizeof(float), at), 0xff, bytes);
    e.output = to - least;
    note_emission(&e, s, at);
    emit(s, &e);
    if (memcmp(to, expected, bytes) != 0) {
        print_error("%s: not what the twin writes\n", blamed());
        fail();
    }
}

// Runs a check of each shape, which sees the subject that has whole tiles of it.
static void for_each_shape(void (*check)(const subject *s, prng *random))
{
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    prng random = {3};
    blame_begin();
    for (int i = 0; i < count; i++)
        if (subjects[i].pixels == subjects[i].shape->pixels)
            check(&subjects[i], &random);
    blame_end();
}

static void check_channels(const subject *s, prng *random)
{
    int most = s->shape->strip < 3 ? s->shape->strip : 3, channels = s->shape->channels;
    for (int first = 0; first < channels; first++)
        for (int past = first + 1; past <= channels; past++)
            for (size_t l = 0; l < COUNT_OF(layouts); l++)
                check_emission(s, &layouts[l], random, (int)random_between(random, 1, most), first,
                               past, (first + past) % 2 ? AT_BEGIN : AT_END);
}

void any_channels_are_written_as_by_the_twin(void **state)
{
    (void)state;
    for_each_shape(check_channels);
}

static void check_tiles(const subject *s, prng *random)
{
    int channels = s->shape->channels;
    for (int tiles = 1; tiles <= s->shape->strip; tiles++)
        for (size_t l = 0; l < COUNT_OF(layouts); l++)
            for (int i = 0; i < 2 * EDGES; i++) {
                int first = i < EDGES ? 0 : (int)random_between(random, 0, channels - 1);
                int past = i < EDGES ? channels : (int)random_between(random, first + 1, channels);
                check_emission(s, &layouts[l], random, tiles, first, past, (edge)(i % EDGES));
            }
}

void any_number_of_tiles_is_written_as_by_the_twin(void **state)
{
    (void)state;
    for_each_shape(check_tiles);
}

int make_emission_arenas(void **state)
{
    (void)state;
    arena_make(&output, MOST_FLOATS * sizeof(float));
    arena_make(&sums, (FAL_STRIP_SUMS + FAL_SLACK) * sizeof(float));
    arena_make(&bias, (FAL_STRIP_SUMS + FAL_SLACK) * sizeof(float));
    arena_make(&places, MOST_RUNS * sizeof(fal_place));
    return 0;
}

int free_emission_arenas(void **state)
{
    (void)state;
    arena *all[] = {&output, &sums, &bias, &places};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
    return 0;
}
