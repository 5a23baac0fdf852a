// SPDX-License-Identifier: Apache-2.0
//
// Emissions of strips with channels in the lanes: every shape's sums, written to outputs of every
// layout, against the twin: the same bits, and not a byte beside them. Output, biases and places
// stand against pages that may not be.
#include "tests.h"

#include "numbers.h"
#include "twin.h"

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

enum {
    MOST_RUNS = 128,
    MOST_CHANNELS = 64,
    MOST_NUMBERS = 1 << 17,
    ROOM = FAL_STRIP_SUMS + FAL_SLACK,
};

static arena output, residual, sums, bias, places;

// An emission of numbers of either type.
typedef struct emission_case {
    const subject *s;
    const fal_wide_kernel *kernel;
    fal_emission e;
    fal_place place[MOST_RUNS];
    fal_finish finish;
    double sums[ROOM], bias[MOST_CHANNELS], output[MOST_NUMBERS], residual[MOST_NUMBERS];
    int64_t least, past; // of the output
} emission_case;

static int runs_of(const emission_case *c)
{
    return c->e.tiles * c->kernel->pixels / c->kernel->run;
}

// Sums as a strip leaves them, and NaN behind them, in the place that is set aside for any strip;
// behind the biases what may be read but not used.
static void fill_sums(emission_case *c, prng *random)
{
    const fal_kernels *set = c->s->set;
    int channels = c->kernel->channels;
    fill_nan(set, c->sums, ROOM);
    fill_reals(set, c->sums, (int64_t)c->e.tiles * c->kernel->pixels * channels, random);
    fill_nan(set, c->bias, channels + FAL_SLACK);
    fill_reals(set, c->bias, channels, random);
    c->e.sums = c->sums;
    c->e.bias = c->bias;
}

static void shuffle(int *order, int count, prng *random)
{
    for (int i = 0; i < count; i++) {
        int j = (int)random_between(random, 0, i);
        order[i] = order[j];
        order[j] = i;
    }
}

// Gives every run a slot in the output: with all of its pixels, but for the last one that has any;
// or with any number of them.
static void fill_places(emission_case *c, arrangement runs, prng *random)
{
    int order[MOST_RUNS], run = c->kernel->run, count = runs_of(c);
    int64_t pixels = random_between(random, 1, (int64_t)count * run);
    assert_true(count <= MOST_RUNS);
    shuffle(order, count, random);
    for (int i = 0; i < count; i++) {
        int64_t left = pixels - (int64_t)i * run;
        int64_t some = left < 0 ? 0 : left > run ? run : left;
        if (runs == ANYWHERE)
            some = random_between(random, 0, run);
        int64_t slot = runs == ANYWHERE ? order[i] : i;
        c->place[i] = (fal_place){some ? slot * run * c->e.pixel_stride : 0, some};
    }
    c->e.place = c->place;
    c->e.flat = runs == FLAT;
    c->e.pixels = (int)pixels;
}

// Strides that keep apart what the layout lets lie side by side, and sometimes more than that.
static void fill_strides(emission_case *c, const layout *l, prng *random)
{
    int64_t gap = random_between(random, 0, 5), pixels = (int64_t)c->e.tiles * c->kernel->pixels;
    int64_t pixel = l->pixel, channel = l->channel;
    if (l->channels_inside)
        pixel *= (channel < 0 ? -channel : channel) * (l->one_channel ? 1 : c->kernel->channels);
    else
        channel *= (pixel < 0 ? -pixel : pixel) * pixels + gap;
    if (l->channels_inside && l->runs != FLAT)
        pixel += pixel < 0 ? -gap : gap;
    c->e.pixel_stride = pixel;
    c->e.channel_stride = channel;
}

// Where the elements that are written lie: from `least` up to, but not including, `past`.
static void find_extent(emission_case *c)
{
    const fal_emission *e = &c->e;
    bool any = false;
    c->least = c->past = 0;
    for (int p = 0; p < e->tiles * c->kernel->pixels; p++)
        for (int channel = e->first; channel < e->past; channel++) {
            const fal_place *place = &e->place[p / c->kernel->run];
            int64_t neighbour = p % c->kernel->run;
            int64_t at =
                channel * e->channel_stride + place->position + neighbour * e->pixel_stride;
            if (neighbour >= place->pixels)
                continue;
            c->least = !any || at < c->least ? at : c->least;
            c->past = !any || at >= c->past ? at + 1 : c->past;
            any = true;
        }
    assert_true(c->past - c->least <= MOST_NUMBERS);
}

static void note_case(const emission_case *c, edge at)
{
    const fal_emission *e = &c->e;
    blame("emission of %s: tiles %d, channels %d to %d, strides %d and %d, flat %d, pixels %d, "
          "finish %d, against the %s",
          name_of(c->s).text, e->tiles, e->first, e->past, (int)e->channel_stride,
          (int)e->pixel_stride, e->flat, e->pixels, e->finish != NULL, name_of_edge(at));
}

// A strip of no products, which adds nothing to its sums and writes them itself.
static void multiply_nothing(const fal_emission *e, const fal_wide_kernel *kernel)
{
    static const fal_stretch none = {0};
    static const int32_t run[MOST_RUNS];
    const fal_stretch *lists[FAL_WIDE_STRIP];
    for (int i = 0; i < e->tiles; i++)
        lists[i] = &none;
    const fal_wide_strip strip = {
        .products =
            {.input = e->sums, .weight = e->sums, .stretches = lists, .unit = 1, .tiles = e->tiles},
        .run = run,
        .step = 1,
        .sums = (void *)e->sums, // which are only read
        .add = true,
        .output = e->output,
        .bias = e->bias,
        .place = e->place,
        .pixel_stride = e->pixel_stride,
        .finish = e->finish,
    };
    kernel->multiply(&strip);
}

// Whether a kernel can write what an emission does.
static bool is_written_by_kernel(const emission_case *c)
{
    return !c->e.flat && c->e.channel_stride == 1 && c->e.first == 0 &&
           c->e.past == c->kernel->channels && fal_is_brief(c->e.finish);
}

static void check_kernel(const emission_case *c, bool by_multiplying, edge at)
{
    const fal_kernels *set = c->s->set;
    fal_emission e = c->e;
    size_t runs = (size_t)runs_of(c);
    e.place = place(&places, c->place, runs * sizeof *e.place, sizeof *e.place, at);
    e.sums = place(&sums, c->sums, bytes_of(set, ROOM), 64, at);
    e.bias = place_numbers(&bias, set, c->bias, c->kernel->channels + FAL_SLACK, at);
    size_t bytes = bytes_of(set, c->past - c->least);
    void *to = arena_place(&output, bytes, (size_t)set->size, at);
    fill_nan(set, to, c->past - c->least);
    e.output = number_at(set, to, -c->least);
    fal_finish finish = c->finish;
    const char *added = place_numbers(&residual, set, c->residual, c->past - c->least, at);
    finish.residual = added - (const char *)to;
    e.finish = c->e.finish ? &finish : NULL;
    if (by_multiplying)
        multiply_nothing(&e, c->kernel);
    else
        set->emit_wide(&e, c->kernel);
    assert_same_numbers(set, to, c->output, c->past - c->least, "output");
}

static void check_emission(const subject *s, const layout *l, prng *random, int tiles, int first,
                           int past, edge at)
{
    static emission_case c;
    c.s = s;
    c.kernel = s->wide_kernel;
    c.e = (fal_emission){.tiles = tiles, .first = first, .past = l->one_channel ? first + 1 : past};
    fill_strides(&c, l, random);
    fill_places(&c, l->runs, random);
    fill_sums(&c, random);
    find_extent(&c);
    fill_nan(s->set, c.output, c.past - c.least);
    c.e.output = number_at(s->set, c.output, -c.least);
    fill_reals(s->set, c.residual, c.past - c.least, random);
    c.e.finish = random_finish(s->set, &c.finish, (char *)c.residual - (char *)c.output, random);
    twin_of(s->set)->emit_wide(&c.e, c.kernel);
    note_case(&c, at);
    check_kernel(&c, false, at);
    if (is_written_by_kernel(&c))
        check_kernel(&c, true, at);
}

static void check_channels(const subject *s, prng *random)
{
    const fal_wide_kernel *k = s->wide_kernel;
    int most = k->strip < 3 ? k->strip : 3;
    for (int first = 0; first < k->channels; first++)
        for (int past = first + 1; past <= k->channels; past++)
            for (size_t l = 0; l < COUNT_OF(layouts); l++)
                check_emission(s, &layouts[l], random, (int)random_between(random, 1, most), first,
                               past, (first + past) % 2 ? AT_BEGIN : AT_END);
}

void any_channels_of_wide_sums_are_written(void **state)
{
    (void)state;
    check_each(WIDE, check_channels);
}

static void check_tiles(const subject *s, prng *random)
{
    int channels = s->wide_kernel->channels;
    for (int tiles = 1; tiles <= s->wide_kernel->strip; tiles++)
        for (size_t l = 0; l < COUNT_OF(layouts); l++)
            for (int i = 0; i < 2 * EDGES; i++) {
                int first = i < EDGES ? 0 : (int)random_between(random, 0, channels - 1);
                int past = i < EDGES ? channels : (int)random_between(random, first + 1, channels);
                check_emission(s, &layouts[l], random, tiles, first, past, (edge)(i % EDGES));
            }
}

void any_number_of_wide_tiles_is_written(void **state)
{
    (void)state;
    check_each(WIDE, check_tiles);
}

int make_emission_arenas(void **state)
{
    (void)state;
    arena_make(&output, MOST_NUMBERS * sizeof(double));
    arena_make(&residual, MOST_NUMBERS * sizeof(double));
    arena_make(&sums, ROOM * sizeof(double));
    arena_make(&bias, MOST_CHANNELS * sizeof(double));
    arena_make(&places, MOST_RUNS * sizeof(fal_place));
    return 0;
}

int free_emission_arenas(void **state)
{
    (void)state;
    arena *all[] = {&output, &residual, &sums, &bias, &places};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
    return 0;
}
