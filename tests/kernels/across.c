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
} across_case;

static void make_case(across_case *c, const fal_kernels *set, int64_t channels, prng *random)
{
    const int64_t lanes = 64 / set->size;
    fal_across *a = &c->a;
    *a = (fal_across){.channels = channels, .input = c->inputs, .weight = c->weight_rows};
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
    for (int64_t channels = 1; channels <= MOST_CHANNELS; channels++)
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

// One output: its products column by column, and from top to bottom in each.
static double slide_one(const fal_kernels *set, const fal_slide *s, int size, const void *from,
                        const int64_t *row, const void *weights, int r, int64_t pixel,
                        int64_t channel)
{
    double sum = 0;
    for (int kw = 0; kw < size; kw++)
        for (int kh = 0; kh < size; kh++) {
            const int64_t at = row[r + kh] + (pixel + kw) * s->step[r + kh] + channel;
            const int64_t tap = (kw * size + kh) * s->weight_step + channel;
            sum = fuse_numbers(set, get_number(set, from, at), get_number(set, weights, tap), sum);
        }
    return sum;
}

static void check_slide(const fal_kernels *set, const fal_slide_kernel *kernel, int64_t channels,
                        edge at, prng *random)
{
    static double from[MOST_NUMBERS], weights[MOST_NUMBERS], biases[2 * MOST_CHANNELS];
    static double expected[MOST_NUMBERS];
    const int64_t lanes = 64 / set->size, read = kernel->rows + kernel->size - 1;
    const int64_t taps = (int64_t)kernel->size * kernel->size;
    int64_t row[FAL_SLIDE_READ], step[FAL_SLIDE_READ], past = 0;
    const void *rows[FAL_SLIDE_READ];
    fal_slide s = {.row = rows, .step = step, .channels = channels};
    s.pixels = random_between(random, 1, 9);
    s.weight_step = (channels + lanes - 1) / lanes * lanes;
    s.output_step = channels + random_between(random, 0, 3);
    s.output_row = s.pixels * s.output_step;
    for (int i = 0; i < read; i++) {
        row[i] = random_between(random, 0, 300);
        step[i] = random_between(random, 0, 3) ? channels + 1 : 0;
        const int64_t end = row[i] + (s.pixels + kernel->size - 2) * step[i] + channels;
        past = end > past ? end : past;
    }
    const int64_t written =
        (kernel->rows - 1) * s.output_row + (s.pixels - 1) * s.output_step + channels;
    assert_true(past <= MOST_NUMBERS && written <= MOST_NUMBERS &&
                taps * s.weight_step <= MOST_NUMBERS);
    fill_reals(set, from, past, random);
    fill_reals(set, weights, taps * s.weight_step, random);
    fill_reals(set, biases, s.weight_step, random);
    fill_nan(set, expected, written);
    void *placed = place_numbers(&input, set, from, past, at);
    for (int i = 0; i < read; i++)
        rows[i] = number_at(set, placed, row[i]);
    s.weight = place(&weight, weights, bytes_of(set, taps * s.weight_step), 64, at);
    s.bias = place(&bias, biases, bytes_of(set, s.weight_step), 64, at);
    s.output = place_numbers(&output, set, expected, written, at);
    for (int64_t i = 0; i < kernel->rows * s.pixels * channels; i++) {
        const int64_t channel = i % channels, pixel = i / channels % s.pixels;
        const int r = (int)(i / channels / s.pixels);
        const double sum = slide_one(set, &s, kernel->size, from, row, weights, r, pixel, channel);
        set_number(set, expected, r * s.output_row + pixel * s.output_step + channel,
                   fuse_numbers(set, sum, 1, get_number(set, biases, channel)));
    }
    blame("slide of %s, %d bytes: kernel of %d, %d channels, %d pixels, against the %s", set->name,
          set->size, kernel->size, (int)channels, (int)s.pixels, name_of_edge(at));
    kernel->sum(&s);
    assert_same_numbers(set, s.output, expected, written, "sum");
}

static void check_slides(const fal_kernels *set, prng *random)
{
    for (int i = 0; set->slides[i]; i++) {
        assert_true(set->slides[i]->rows <= FAL_SLIDE_ROWS);
        assert_true(set->slides[i]->rows + set->slides[i]->size - 1 <= FAL_SLIDE_READ);
        for (int64_t channels = 1; channels <= MOST_CHANNELS; channels++)
            for (int at = 0; at < EDGES; at++)
                check_slide(set, set->slides[i], channels, (edge)at, random);
    }
}

void rows_of_any_channels_and_pixels_are_summed_at_once(void **state)
{
    (void)state;
    check_each_set(check_slides);
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
