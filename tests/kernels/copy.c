// SPDX-License-Identifier: Apache-2.0
//
// What does not multiply: boxes of numbers that are copied, rows of sums that are finished and
// written, and numbers that are looked at, between pages that may not be accessed.
#include "tests.h"

#include "numbers.h"
#include "twin.h"

#include <math.h>

enum { MOST_NUMBERS = 1 << 15 };

static arena source, residual, target;

// A range of places: from *least up to, but not including, *past.
typedef struct extent {
    int64_t least, past;
} extent;

// Of so many things, each `distance` from the one before; of each it is as `e` says.
static extent stretch(extent e, int64_t count, int64_t distance)
{
    int64_t last = (count - 1) * distance;
    return (extent){e.least + (last < 0 ? last : 0), e.past + (last > 0 ? last : 0)};
}

static extent source_of(const fal_box *b)
{
    extent e = stretch((extent){0, 1}, b->columns, b->from_column);
    return stretch(stretch(e, b->rows, b->from_row), b->planes, b->from_plane);
}

static extent target_of(const fal_box *b)
{
    const int64_t before = b->to_odd < 0 ? -b->to_odd : 0; // of a row
    const extent row = {-before, b->columns - before};
    return stretch(stretch(row, b->rows, b->to_row), b->planes, b->to_plane);
}

// Rows and planes of the source lie anywhere, those of the target apart.
static fal_box make_box(int64_t columns, int64_t step, prng *random)
{
    fal_box b = {.columns = columns, .from_column = step};
    int64_t sign = random_between(random, 0, 1) ? 1 : -1;
    b.planes = random_between(random, 1, 3);
    b.rows = random_between(random, 0, 2) ? random_between(random, 1, 4) : 40;
    b.from_row = random_between(random, 0, 2) ? random_between(random, -150, 150) : 1;
    b.from_plane = random_between(random, 0, 2) ? random_between(random, -400, 400) : 1;
    b.to_row = sign * (columns + random_between(random, 0, 3));
    b.to_plane = b.to_row * b.rows + sign * random_between(random, 0, 9);
    if (step == 1 && random_between(random, 0, 1)) // behind what stays, or before it
        b.to_odd = random_between(random, 0, 1) ? (columns + 1) / 2 : -(columns / 2);
    return b;
}

static void check_box(const fal_kernels *set, fal_box box, edge at, prng *random)
{
    static double numbers[MOST_NUMBERS], expected[MOST_NUMBERS];
    extent from = source_of(&box), to = target_of(&box);
    int64_t read = from.past - from.least, written = to.past - to.least;
    assert_true(read <= MOST_NUMBERS && written <= MOST_NUMBERS);
    fill_reals(set, numbers, read, random);
    fill_nan(set, expected, written);
    box.from = number_at(set, place_numbers(&source, set, numbers, read, at), -from.least);
    void *copied = place_numbers(&target, set, expected, written, at);
    box.to = number_at(set, expected, -to.least);
    twin_of(set)->copy(&box);
    box.to = number_at(set, copied, -to.least);
    blame("copy of %s, %d bytes: %dx%dx%d, steps %d, %d and %d to %d and %d, odd ones %d further, "
          "against the %s",
          set->name, set->size, (int)box.planes, (int)box.rows, (int)box.columns,
          (int)box.from_plane, (int)box.from_row, (int)box.from_column, (int)box.to_plane,
          (int)box.to_row, (int)box.to_odd, name_of_edge(at));
    set->copy(&box);
    assert_same_numbers(set, copied, expected, written, "number");
}

static void check_boxes(const fal_kernels *set, prng *random)
{
    if (set->input_size != set->size) // elements.c
        return;
    static const int64_t steps[] = {1, 2, 3, 4, 5, -1, -2, 0};
    const int repeats = 4;
    for (int64_t columns = 1; columns <= 70; columns++)
        for (size_t i = 0; i < COUNT_OF(steps); i++)
            for (int repeat = 0; repeat < repeats * EDGES; repeat++)
                check_box(set, make_box(columns, steps[i], random), (edge)(repeat % EDGES), random);
}

void boxes_of_any_shape_are_copied(void **state)
{
    (void)state;
    check_each_set(check_boxes);
}

// Sums that follow each other, or one that stands for many, to an output of any strides.
static fal_rows make_rows(int64_t columns, int64_t step, prng *random)
{
    fal_rows r = {.columns = columns, .to_column = step};
    r.from_column = random_between(random, 0, 3) > 0;
    r.rows = random_between(random, 1, 4);
    r.from_row = r.from_column * (columns + random_between(random, 0, 3));
    r.to_row = (columns * (step < 0 ? -step : step) + random_between(random, 0, 5)) *
               (random_between(random, 0, 1) ? 1 : -1);
    return r;
}

static void check_rows_of(const fal_kernels *set, fal_rows rows, edge at, prng *random)
{
    static double numbers[MOST_NUMBERS], added[MOST_NUMBERS], expected[MOST_NUMBERS];
    extent from = stretch((extent){0, 1}, rows.columns, rows.from_column);
    extent to = stretch((extent){0, 1}, rows.columns, rows.to_column);
    from = stretch(from, rows.rows, rows.from_row);
    to = stretch(to, rows.rows, rows.to_row);
    int64_t read = from.past - from.least, written = to.past - to.least;
    fal_finish finish;
    assert_true(read <= MOST_NUMBERS && written <= MOST_NUMBERS);
    fill_reals(set, numbers, read, random);
    fill_reals(set, added, written, random);
    fill_nan(set, expected, written);
    rows.from = number_at(set, place_numbers(&source, set, numbers, read, at), -from.least);
    char *found = place_numbers(&target, set, expected, written, at);
    rows.to = number_at(set, expected, -to.least);
    rows.finish = random_finish(set, &finish, (char *)added - (char *)expected, random);
    twin_of(set)->write_rows(&rows);
    rows.to = number_at(set, found, -to.least);
    finish.residual = (char *)place_numbers(&residual, set, added, written, at) - found;
    blame("rows of %s, %d bytes: %dx%d, steps %d and %d to %d and %d, finish %d, against the %s",
          set->name, set->size, (int)rows.rows, (int)rows.columns, (int)rows.from_row,
          (int)rows.from_column, (int)rows.to_row, (int)rows.to_column, rows.finish != NULL,
          name_of_edge(at));
    set->write_rows(&rows);
    assert_same_numbers(set, found, expected, written, "number");
}

static void check_rows(const fal_kernels *set, prng *random)
{
    static const int64_t steps[] = {1, 2, 3, -1};
    const int repeats = 4;
    for (int64_t columns = 1; columns <= 70; columns++)
        for (size_t i = 0; i < COUNT_OF(steps); i++)
            for (int repeat = 0; repeat < repeats * EDGES; repeat++)
                check_rows_of(set, make_rows(columns, steps[i], random), (edge)(repeat % EDGES),
                              random);
}

void rows_of_sums_are_finished_and_written(void **state)
{
    (void)state;
    check_each_set(check_rows);
}

static void check_finite(const fal_kernels *set, const void *numbers, int64_t count, bool expected)
{
    for (int at = 0; at < EDGES; at++) {
        const void *from = place_numbers(&source, set, numbers, count, (edge)at);
        blame("%d finite numbers of %s, %d bytes", (int)count, set->name, set->size);
        assert_int_equal(set->are_finite(from, count), expected);
    }
}

static void check_strange(const fal_kernels *set, prng *random)
{
    static const double strange[] = {NAN, INFINITY, -INFINITY};
    static double numbers[MOST_NUMBERS];
    if (set->dtype == FALTUNG_I8)
        return;
    const double huge = set->dtype == FALTUNG_F64 ? 0x1.fffffffffffffp1023 : 0x1.fffffep127;
    for (int64_t count = 0; count <= 70; count++) {
        fill_reals(set, numbers, count, random);
        check_finite(set, numbers, count, true);
        for (int64_t i = 0; i < count; i++) {
            for (size_t j = 0; j < COUNT_OF(strange); j++) {
                set_number(set, numbers, i, strange[j]);
                check_finite(set, numbers, count, false);
            }
            set_number(set, numbers, i, i % 3 == 0 ? -0.0 : i % 3 == 1 ? huge : -huge);
        }
        check_finite(set, numbers, count, true);
    }
}

void what_is_not_finite_is_found_anywhere(void **state)
{
    (void)state;
    check_each_set(check_strange);
}

int make_copy_arenas(void **state)
{
    (void)state;
    arena_make(&source, MOST_NUMBERS * sizeof(double));
    arena_make(&residual, MOST_NUMBERS * sizeof(double));
    arena_make(&target, MOST_NUMBERS * sizeof(double));
    return 0;
}

int free_copy_arenas(void **state)
{
    (void)state;
    arena_free(&source);
    arena_free(&residual);
    arena_free(&target);
    return 0;
}
