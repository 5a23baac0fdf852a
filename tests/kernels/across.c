// SPDX-License-Identifier: Apache-2.0
//
// One channel by itself, with channels in the lanes, against its twin, bit for bit, every buffer
// exactly as large as it is accessed and against a page that may not be.
#include "tests.h"

#include "numbers.h"
#include "twin.h"

enum { MOST_TAPS = 25, MOST_CHANNELS = 80, MOST_PIXELS = 21, MOST_NUMBERS = 1 << 13 };

static arena input, weight, bias, output;

// Numbers of either type, and where each tap reads of them.
typedef struct across_case {
    fal_across a;
    int64_t offset[MOST_TAPS], row; // of the input; and of the weight, whole vectors
    int64_t read, weights, written;
    double input[MOST_NUMBERS], weight[MOST_TAPS * 2 * MOST_CHANNELS], bias[2 * MOST_CHANNELS];
    double output[MOST_NUMBERS];
    const void *inputs[MOST_TAPS], *weight_rows[MOST_TAPS];
    fal_finish finish;
} across_case;

static void make_case(across_case *c, const fal_kernels *set, int64_t channels, prng *random)
{
    const int64_t lanes = 64 / set->size;
    fal_across *a = &c->a;
    *a = (fal_across){.channels = channels, .input = c->inputs, .weight = c->weight_rows};
    a->finish = random_clamp(set, &c->finish, random);
    a->taps = random_between(random, 0, MOST_TAPS);
    a->pixels = random_between(random, 1, MOST_PIXELS);
    a->input_step = random_between(random, 0, 2 * channels);
    a->output_step = channels + random_between(random, 0, 3);
    c->row = (channels + lanes - 1) / lanes * lanes;
    int64_t furthest = 0;
    for (int64_t t = 0; t < a->taps; t++) {
        c->offset[t] = random_between(random, 0, 300);
        furthest = c->offset[t] > furthest ? c->offset[t] : furthest;
    }
    c->read = furthest + (a->pixels - 1) * a->input_step + channels;
    c->weights = a->taps * c->row;
    c->written = (a->pixels - 1) * a->output_step + channels;
    assert_true(c->read <= MOST_NUMBERS && c->written <= MOST_NUMBERS);
    fill_reals(set, c->input, c->read, random);
    fill_reals(set, c->weight, c->weights, random);
    fill_reals(set, c->bias, c->row, random);
    fill_nan(set, c->output, c->written);
}

// Sums what is at these places by these kernels.
static void run(across_case *c, const fal_kernels *set, void (*sum)(const fal_across *),
                const void *from, const void *weights, const void *biases, void *to)
{
    for (int64_t t = 0; t < c->a.taps; t++) {
        c->inputs[t] = (const char *)from + c->offset[t] * set->size;
        c->weight_rows[t] = (const char *)weights + t * c->row * set->size;
    }
    c->a.bias = biases;
    c->a.output = to;
    sum(&c->a);
}

static void check_case(across_case *c, const fal_kernels *set, edge at)
{
    blame("across of %s, %d bytes: %d channels, %d pixels, %d taps, against the %s", set->name,
          set->size, (int)c->a.channels, (int)c->a.pixels, (int)c->a.taps, name_of_edge(at));
    void *found = place_numbers(&output, set, c->output, c->written, at);
    run(c, set, set->sum_across, place_numbers(&input, set, c->input, c->read, at),
        place(&weight, c->weight, bytes_of(set, c->weights), 64, at),
        place(&bias, c->bias, bytes_of(set, c->row), 64, at), found);
    run(c, set, twin_of(set)->sum_across, c->input, c->weight, c->bias, c->output);
    assert_same_numbers(set, found, c->output, c->written, "sum");
}

static void check_channels(const fal_kernels *set, prng *random)
{
    static across_case c;
    for (int64_t channels = 1; channels <= MOST_CHANNELS; channels += TRY_EVERY)
        for (int i = 0; i < 6 * EDGES; i++) {
            make_case(&c, set, channels, random);
            check_case(&c, set, (edge)(i % EDGES));
        }
}

void any_channels_of_any_pixels_are_summed(void **state)
{
    (void)state;
    check_each_set(check_channels);
}

int make_across_arenas(void **state)
{
    (void)state;
    arena_make(&input, MOST_NUMBERS * sizeof(double));
    arena_make(&weight, MOST_TAPS * 2 * MOST_CHANNELS * sizeof(double));
    arena_make(&bias, 2 * MOST_CHANNELS * sizeof(double));
    arena_make(&output, MOST_NUMBERS * sizeof(double));
    return 0;
}

int free_across_arenas(void **state)
{
    (void)state;
    arena *all[] = {&input, &weight, &bias, &output};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
    return 0;
}
