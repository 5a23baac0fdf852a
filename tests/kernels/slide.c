// SPDX-License-Identifier: Apache-2.0
//
// Several rows of one channel by itself, with channels in the lanes, against sums that are written
// down here, bit for bit, every buffer exactly as large as it is accessed and against a page that
// may not be.
#include "tests.h"

#include "numbers.h"

#include <string.h>

enum { MOST_CHANNELS = 80, MOST_ROW = 2 * MOST_CHANNELS, MOST_NUMBERS = 1 << 13 };

static arena input, weight, bias, output;

// Pixels next to each other, of rows some of which are of zeros, which begin the input; or a single
// one that has fewer columns of the kernel.
typedef struct slide_case {
    const fal_kernels *set;
    const fal_slide_kernel *kernel;
    fal_slide s;
    int64_t row[FAL_SLIDE_READ]; // where the rows begin in the input
    bool is_zero[FAL_SLIDE_READ];
    const void *rows[FAL_SLIDE_READ];
    int64_t zeros, read, weights, written; // numbers
    double input[MOST_NUMBERS], weight[MOST_NUMBERS], bias[MOST_ROW], output[MOST_NUMBERS];
    fal_finish finish;
} slide_case;

static int64_t count_rows(const fal_slide_kernel *kernel)
{
    return (kernel->rows - 1) * kernel->stride + kernel->size;
}

static void place_rows(slide_case *c, prng *random)
{
    const fal_slide *s = &c->s;
    const int64_t columns = (s->pixels - 1) * c->kernel->stride + s->columns;
    const int64_t length = (columns - 1) * s->column_step + s->channels;
    c->zeros = (c->kernel->columns - 1) * s->column_step + s->channels;
    c->read = c->zeros;
    for (int i = 0; i < count_rows(c->kernel); i++) {
        c->is_zero[i] = random_between(random, 0, 3) == 0;
        c->row[i] = c->is_zero[i] ? 0 : random_between(random, c->zeros, c->zeros + 300);
        const int64_t past = c->is_zero[i] ? c->zeros : c->row[i] + length;
        c->read = past > c->read ? past : c->read;
    }
}

static void make_case(slide_case *c, int64_t channels, prng *random)
{
    const int64_t lanes = 64 / c->set->size, size = c->kernel->size;
    const bool is_whole = random_between(random, 0, 2) > 0;
    fal_slide *s = &c->s;
    *s = (fal_slide){.row = c->rows, .is_zero = c->is_zero, .channels = channels};
    s->columns = is_whole ? size : random_between(random, 0, size - 1);
    s->pixels = is_whole ? random_between(random, 1, 5) : 1;
    s->column_step = channels + random_between(random, 0, 1);
    s->weight_step = (channels + lanes - 1) / lanes * lanes;
    s->output_step = channels + random_between(random, 0, 3);
    s->output_row = s->pixels * s->output_step;
    s->finish = random_clamp(c->set, &c->finish, random);
    if (random_between(random, 0, 1)) // which need not be readable
        s->ahead_input = s->ahead_output = INT64_C(1) << 40;
    place_rows(c, random);
    c->weights = s->columns * size * s->weight_step;
    c->written =
        (c->kernel->rows - 1) * s->output_row + (s->pixels - 1) * s->output_step + channels;
    assert_true(c->read <= MOST_NUMBERS && c->weights <= MOST_NUMBERS &&
                c->written <= MOST_NUMBERS);
    memset(c->input, 0, bytes_of(c->set, c->zeros));
    fill_reals(c->set, number_at(c->set, c->input, c->zeros), c->read - c->zeros, random);
    fill_reals(c->set, c->weight, c->weights, random);
    fill_reals(c->set, c->bias, s->weight_step, random);
    fill_nan(c->set, c->output, c->written);
}

// One output: its products column by column, and from top to bottom in each.
static double sum_one(const slide_case *c, int64_t r, int64_t pixel, int64_t channel)
{
    const fal_slide *s = &c->s;
    const int size = c->kernel->size, stride = c->kernel->stride;
    double sum = 0;
    for (int64_t kw = 0; kw < s->columns; kw++)
        for (int64_t kh = 0; kh < size; kh++) {
            const int64_t i = r * stride + kh, column = c->is_zero[i] ? 0 : pixel * stride + kw;
            const int64_t at = c->row[i] + column * s->column_step + channel;
            const int64_t tap = (kw * size + kh) * s->weight_step + channel;
            sum = fuse_numbers(c->set, get_number(c->set, c->input, at),
                               get_number(c->set, c->weight, tap), sum);
        }
    sum = fuse_numbers(c->set, sum, 1, get_number(c->set, c->bias, channel));
    if (!s->finish)
        return sum;
    const double low = s->finish->activation.low, high = s->finish->activation.high;
    return sum < low ? low : sum > high ? high : sum;
}

static void sum_all(slide_case *c)
{
    const fal_slide *s = &c->s;
    for (int64_t r = 0; r < c->kernel->rows; r++)
        for (int64_t pixel = 0; pixel < s->pixels; pixel++)
            for (int64_t channel = 0; channel < s->channels; channel++)
                set_number(c->set, c->output, r * s->output_row + pixel * s->output_step + channel,
                           sum_one(c, r, pixel, channel));
}

static void check_case(slide_case *c, edge at)
{
    const fal_kernels *set = c->set;
    fal_slide *s = &c->s;
    blame("slide of %s, %d bytes: kernel of %d, stride %d, %d columns, %d channels, %d pixels, "
          "against the %s",
          set->name, set->size, c->kernel->size, c->kernel->stride, (int)s->columns,
          (int)s->channels, (int)s->pixels, name_of_edge(at));
    void *from = place_numbers(&input, set, c->input, c->read, at);
    for (int i = 0; i < count_rows(c->kernel); i++)
        c->rows[i] = number_at(set, from, c->row[i]);
    s->weight = place(&weight, c->weight, bytes_of(set, c->weights), 64, at);
    s->bias = place(&bias, c->bias, bytes_of(set, s->weight_step), 64, at);
    s->output = place_numbers(&output, set, c->output, c->written, at);
    c->kernel->sum(s);
    sum_all(c);
    assert_same_numbers(set, s->output, c->output, c->written, "sum");
}

static void check_slides(const fal_kernels *set, prng *random)
{
    static slide_case c;
    for (int i = 0; set->slides[i]; i++) {
        c.set = set;
        c.kernel = set->slides[i];
        assert_true(c.kernel->rows <= FAL_SLIDE_ROWS && count_rows(c.kernel) <= FAL_SLIDE_READ);
        for (int64_t channels = 1; channels <= MOST_CHANNELS; channels += TRY_EVERY)
            for (int at = 0; at < EDGES; at++) {
                make_case(&c, channels, random);
                check_case(&c, (edge)at);
            }
    }
}

void rows_of_any_channels_and_pixels_are_summed_at_once(void **state)
{
    (void)state;
    check_each_set(check_slides);
}

int make_slide_arenas(void **state)
{
    (void)state;
    arena_make(&input, MOST_NUMBERS * sizeof(double));
    arena_make(&weight, MOST_NUMBERS * sizeof(double));
    arena_make(&bias, MOST_ROW * sizeof(double));
    arena_make(&output, MOST_NUMBERS * sizeof(double));
    return 0;
}

int free_slide_arenas(void **state)
{
    (void)state;
    arena *all[] = {&input, &weight, &bias, &output};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
    return 0;
}
