// SPDX-License-Identifier: Apache-2.0
//
// One channel by itself: every kernel against its twin, bit for bit, each of its buffers exactly as
// large as it is accessed and against a page that may not be.
#include "tests.h"

#include "numbers.h"
#include "twin.h"

#include <string.h>

enum { MOST_COLUMNS = 8, MOST_ROWS = 31, MOST_VECTORS = 8, MOST_NUMBERS = 1 << 15 };

// Which lanes of the input are read.
typedef enum mask {
    EVERY,
    HOLES_AT_ENDS, // as where a row begins or ends
    ANYHOW,
    MASKS,
} mask;

// What a kernel is to do; the rest is random.
typedef struct plane {
    int64_t rows, columns, output_rows;
    int64_t first_row, past_row;
    mask mask;
} plane;

static arena input, offset, lanes, weight, bias, output;

// A strip in room for numbers of either type.
typedef struct plane_case {
    const subject *s;
    const fal_plane_kernel *kernel;
    fal_plane_strip strip;
    int32_t offset[MOST_COLUMNS];
    uint32_t lanes[MOST_COLUMNS * MOST_VECTORS];
    fal_finish finish;
    double weight[MOST_COLUMNS * MOST_ROWS], bias[1];
    double input[MOST_NUMBERS], output[MOST_NUMBERS];
    bool is_used[MOST_NUMBERS];        // of the input
    int64_t least, past;               // of the input, from its middle on
    int64_t output_least, output_past; // of the output
} plane_case;

static int64_t count_lanes(const plane_case *c)
{
    return (int64_t)c->kernel->vectors * c->s->set->lanes;
}

static int64_t row_length(const plane_case *c)
{
    return count_lanes(c) * c->kernel->phases;
}

// Columns of the kernel, of all phases.
static int64_t count_columns(const plane_case *c)
{
    return c->strip.past_column[c->kernel->phases - 1];
}

// Bits of a vector of the input: as many as it has numbers.
static int bits_of(const plane_case *c)
{
    return c->s->set->lanes * c->kernel->stride;
}

static uint32_t bits_between(int64_t first, int64_t past)
{
    return past > first ? (uint32_t)((UINT64_C(1) << past) - (UINT64_C(1) << first)) : 0;
}

static int64_t clamp(int64_t x, int64_t most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

// The lanes of all vectors of one column.
static void fill_lanes(const plane_case *c, mask holes, uint32_t *to, prng *random)
{
    int64_t bits = bits_of(c), all = bits * c->kernel->vectors;
    int64_t first = holes == HOLES_AT_ENDS ? random_between(random, -all, all) : 0;
    int64_t past = holes == HOLES_AT_ENDS ? random_between(random, first, 2 * all) : all;
    for (int64_t v = 0; v < c->kernel->vectors; v++) {
        to[v] = bits_between(clamp(first - v * bits, bits), clamp(past - v * bits, bits));
        if (holes == ANYHOW)
            to[v] &= (uint32_t)random_bits(random);
    }
}

// Says that the input is read there, whether it is of use or not.
static void note_read(plane_case *c, int64_t at)
{
    bool first = c->least == c->past;
    assert_true(at >= -MOST_NUMBERS / 2 && at < MOST_NUMBERS / 2);
    c->least = first || at < c->least ? at : c->least;
    c->past = first || at >= c->past ? at + 1 : c->past;
}

static void note_reads(plane_case *c)
{
    const fal_plane_strip *s = &c->strip;
    int bits = bits_of(c);
    for (int64_t r = 0; r < s->past_row - s->first_row; r++)
        for (int64_t i = 0; i < count_columns(c) * c->kernel->vectors; i++)
            for (int bit = 0; bit < bits; bit++) {
                int64_t column = i / c->kernel->vectors, vector = i % c->kernel->vectors;
                if (s->lanes[i] >> bit & 1)
                    note_read(c, r * s->pitch + s->offset[column] + vector * bits + bit);
            }
}

static void use_number(plane_case *c, int64_t at, prng *random)
{
    if (!c->is_used[at])
        set_number(c->s->set, c->input, at, random_real(random));
    c->is_used[at] = true;
}

// Numbers where an output has a product.
static void fill_row(plane_case *c, int64_t row, prng *random)
{
    const fal_plane_strip *s = &c->strip;
    int64_t first, past;
    plane_rows(c->kernel, s, row, &first, &past);
    for (int64_t column = 0; column < count_columns(c); column++)
        for (int64_t i = 0; i < count_lanes(c); i++) {
            int64_t at = MOST_NUMBERS / 2 + s->offset[column] + i * c->kernel->stride;
            if (plane_reads(c->kernel, c->s->set->lanes, s, column, i))
                for (int64_t r = first; r < past; r++)
                    use_number(c, at + (r - s->first_row) * s->pitch, random);
        }
}

// Numbers where they are of use, and NaN elsewhere.
static void fill_input(plane_case *c, prng *random)
{
    int64_t least = MOST_NUMBERS / 2 + c->least, count = c->past - c->least;
    fill_nan(c->s->set, number_at(c->s->set, c->input, least), count);
    memset(c->is_used + least, 0, (size_t)count * sizeof *c->is_used);
    for (int64_t row = 0; row < c->strip.output_rows; row++)
        fill_row(c, row, random);
}

static void find_output(plane_case *c)
{
    const fal_plane_strip *s = &c->strip;
    int64_t end = row_length(c), last = (s->output_rows - 1) * s->output_pitch;
    int64_t begin = 0;
    while (!plane_writes(c->kernel, c->s->set->lanes, s, end - 1))
        end--;
    while (!plane_writes(c->kernel, c->s->set->lanes, s, begin))
        begin++;
    c->output_least = begin + (last < 0 ? last : 0);
    c->output_past = end + (last < 0 ? 0 : last);
    assert_true(c->output_past - c->output_least <= MOST_NUMBERS);
}

// Some of the first lanes, as at the end of a row; or any, but not none.
static uint32_t random_output_lanes(const plane_case *c, prng *random)
{
    int64_t most = (int64_t)c->s->set->lanes * c->kernel->phases;
    uint32_t any = (uint32_t)random_between(random, 1, (INT64_C(1) << most) - 1);
    bool first = random_between(random, 0, 3) > 0;
    return first ? bits_between(0, random_between(random, 1, most)) : any;
}

static int64_t random_sign(prng *random)
{
    return random_between(random, 0, 1) ? 1 : -1;
}

static void fill_tables(plane_case *c, const plane *p, prng *random)
{
    assert_true(p->columns <= MOST_COLUMNS && p->rows <= MOST_ROWS);
    assert_true(c->kernel->vectors <= MOST_VECTORS);
    for (int64_t i = 0; i < p->columns; i++) {
        c->offset[i] = i ? (int32_t)random_between(random, -300, 300) : 0;
        fill_lanes(c, p->mask, &c->lanes[i * c->kernel->vectors], random);
    }
    fill_reals(c->s->set, c->weight, p->rows * p->columns, random);
    fill_reals(c->s->set, c->bias, 1, random);
}

static void make_case(plane_case *c, const subject *s, const plane *p, prng *random)
{
    c->s = s;
    c->kernel = s->plane_kernel;
    fill_tables(c, p, random);
    c->strip = (fal_plane_strip){
        .input = number_at(s->set, c->input, MOST_NUMBERS / 2),
        .pitch = random_sign(random) * random_between(random, 1, 200),
        .offset = c->offset,
        .lanes = c->lanes,
        .first_row = p->first_row,
        .past_row = p->past_row,
        .rows = p->rows,
        .past_column = {p->columns, -1},
        .weight = c->weight,
        .bias = c->bias,
        .output_pitch = random_sign(random) * (row_length(c) + random_between(random, 0, 9)),
        .output_rows = p->output_rows,
        .output_lanes = random_output_lanes(c, random),
    };
    if (c->kernel->phases == 2) {
        c->strip.past_column[0] = random_between(random, 0, p->columns);
        c->strip.past_column[1] = p->columns;
    }
    c->strip.finish = random_clamp(s->set, &c->finish, random);
    if (random_between(random, 0, 1)) // which need not be readable
        c->strip.ahead_input = c->strip.ahead_output = INT64_C(1) << 40;
    c->least = c->past = 0;
    note_reads(c);
    fill_input(c, random);
    find_output(c);
    c->strip.output = number_at(s->set, c->output, -c->output_least);
}

static void note_case(const plane_case *c, edge at)
{
    const fal_plane_strip *s = &c->strip;
    blame("%s: kernel %dx%d, output rows %d, input rows %d to %d, pitches %d and %d, lanes of the "
          "last vector %x, against the %s",
          name_of(c->s).text, (int)s->rows, (int)count_columns(c), (int)s->output_rows,
          (int)s->first_row, (int)s->past_row, (int)s->pitch, (int)s->output_pitch,
          (unsigned)s->output_lanes, name_of_edge(at));
}

static fal_plane_strip place_strip(const plane_case *c, edge at)
{
    const fal_kernels *set = c->s->set;
    fal_plane_strip s = c->strip;
    size_t columns = (size_t)count_columns(c), vectors = columns * (size_t)c->kernel->vectors;
    int64_t outputs = c->output_past - c->output_least;
    const void *least = number_at(set, s.input, c->least);
    s.input = number_at(set, place_numbers(&input, set, least, c->past - c->least, at), -c->least);
    s.offset = place(&offset, c->offset, columns * sizeof *s.offset, sizeof *s.offset, at);
    s.lanes = place(&lanes, c->lanes, vectors * sizeof *s.lanes, sizeof *s.lanes, at);
    s.weight = place_numbers(&weight, set, c->weight, s.rows * count_columns(c), at);
    s.bias = place_numbers(&bias, set, c->bias, 1, at);
    void *to = arena_place(&output, bytes_of(set, outputs), (size_t)set->size, at);
    fill_nan(set, to, outputs);
    s.output = number_at(set, to, -c->output_least);
    return s;
}

static void check_plane(const subject *s, const plane *p, prng *random)
{
    static plane_case c;
    make_case(&c, s, p, random);
    int64_t outputs = c.output_past - c.output_least;
    fill_nan(s->set, c.output, outputs);
    twin_of(s->set)->multiply_plane(c.kernel, s->set->lanes, &c.strip);
    for (int at = 0; at < EDGES; at++) {
        note_case(&c, (edge)at);
        const fal_plane_strip strip = place_strip(&c, (edge)at);
        c.kernel->multiply(&strip);
        assert_same_numbers(s->set, number_at(s->set, strip.output, c.output_least), c.output,
                            outputs, "output");
    }
}

// The rows of the input that all outputs need.
static int64_t needed_rows(const subject *s, int64_t rows, int64_t output_rows)
{
    return (output_rows - 1) * s->plane_kernel->stride + rows;
}

// Heights of a kernel; 0 behind the last.
static int64_t height(const subject *s, int i)
{
    static const int64_t any[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, MOST_ROWS};
    if (s->plane_kernel->kernel_rows)
        return i == 0 ? s->plane_kernel->kernel_rows : 0;
    return i < (int)COUNT_OF(any) ? any[i] : 0;
}

// Rows of the input are missing at either end, or none, or there are more than needed.
static void check_size(const subject *s, int64_t rows, int64_t columns, int64_t output_rows,
                       prng *random)
{
    int64_t needed = needed_rows(s, rows, output_rows);
    bool whole = random_between(random, 0, 2) == 0;
    int64_t first = whole ? 0 : random_between(random, 0, needed);
    int64_t past = whole ? needed : random_between(random, first, needed + 2);
    const plane p = {rows,  columns, output_rows,
                     first, past,    (mask)random_between(random, 0, MASKS - 1)};
    check_plane(s, &p, random);
}

static void check_sizes(const subject *s, prng *random)
{
    const int repeats = 3;
    for (int i = 0; height(s, i); i++)
        for (int64_t columns = 1; columns <= 7; columns++)
            for (int64_t rows = 1 + first_tried(random); rows <= 3 * s->plane_kernel->rows;
                 rows += TRY_EVERY)
                for (int repeat = 0; repeat < repeats; repeat += TRY_EVERY)
                    check_size(s, height(s, i), columns, rows, random);
}

void planes_of_any_size_are_computed(void **state)
{
    (void)state;
    check_each(PLANE, check_sizes);
}

static void check_borders(const subject *s, prng *random)
{
    int64_t output_rows = s->plane_kernel->rows + 2;
    for (int i = 0; height(s, i) && height(s, i) < 8; i++) {
        int64_t needed = needed_rows(s, height(s, i), output_rows);
        for (int64_t first = 0; first <= needed; first++)
            for (int64_t past = first; past <= needed; past++) {
                const plane p = {height(s, i), 1, output_rows, first, past, EVERY};
                check_plane(s, &p, random);
            }
    }
}

void planes_are_cut_off_at_any_row(void **state)
{
    (void)state;
    check_each(PLANE, check_borders);
}

static void check_masks(const subject *s, prng *random)
{
    const int64_t rows = s->plane_kernel->kernel_rows ? s->plane_kernel->kernel_rows : 2;
    const int64_t output_rows = 2, needed = needed_rows(s, rows, output_rows);
    const int repeats = 100;
    for (int i = 0; i < repeats; i += TRY_EVERY)
        for (int m = 0; m < MASKS; m++) {
            const plane p = {rows, i % 7 + 1, output_rows, 0, needed, (mask)m};
            check_plane(s, &p, random);
        }
}

void any_lanes_of_planes_are_read_and_written(void **state)
{
    (void)state;
    check_each(PLANE, check_masks);
}

int make_plane_arenas(void **state)
{
    (void)state;
    arena_make(&input, MOST_NUMBERS * sizeof(double));
    arena_make(&offset, MOST_COLUMNS * sizeof(int32_t));
    arena_make(&lanes, MOST_COLUMNS * MOST_VECTORS * sizeof(uint32_t));
    arena_make(&weight, MOST_COLUMNS * MOST_ROWS * sizeof(double));
    arena_make(&bias, sizeof(double));
    arena_make(&output, MOST_NUMBERS * sizeof(double));
    return 0;
}

int free_plane_arenas(void **state)
{
    (void)state;
    arena *all[] = {&input, &offset, &lanes, &weight, &bias, &output};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
    return 0;
}
