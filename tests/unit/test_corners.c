// SPDX-License-Identifier: Apache-2.0
//
// Images of over 2^31 elements, by every algorithm that is fast: what lies in their last corner is
// what a small image gives that is nothing but this corner. They are zeros that the machine does
// not keep, but for the pages of the corner.
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROWS = 16, COLUMNS = 64, LAST_ROWS = 3, LAST_COLUMNS = 20 }; // of the corner, of its output

typedef struct image {
    float *memory; // NULL: there is no such address space
    size_t bytes;
    int64_t shape[4];
    faltung_tensor tensor;
} image;

static void image_make(image *m, const int64_t shape[4])
{
    int64_t count;
    memcpy(m->shape, shape, sizeof m->shape);
    m->tensor = (faltung_tensor){NULL, FALTUNG_F32, 4, m->shape, NULL};
    assert_int_equal(faltung_tensor_count(&m->tensor, &count, NULL), FALTUNG_OK);
    m->bytes = (size_t)count * sizeof(float);
    int zeros = open("/dev/zero", O_RDWR);
    assert_true(zeros >= 0);
    void *memory = mmap(NULL, m->bytes, PROT_READ, MAP_PRIVATE, zeros, 0);
    close(zeros);
    m->memory = m->tensor.data = memory == MAP_FAILED ? NULL : memory;
}

static void image_free(image *m)
{
    if (m->memory)
        munmap(m->memory, m->bytes);
}

// The last `columns` elements of a row, which lies `row` rows before the end of a channel; they can
// be written from now on.
static float *open_row_end(image *m, int64_t channel, int64_t row, int64_t columns)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int64_t rows = (channel + 1) * m->shape[2] - row;
    float *begin = m->memory + rows * m->shape[3] - columns;
    char *first = (char *)begin - (uintptr_t)begin % page;
    size_t length = (size_t)((char *)(begin + columns) - first);
    assert_int_equal(mprotect(first, length, PROT_READ | PROT_WRITE), 0);
    return begin;
}

// Copies all of a small image into the corner of a large one.
static void fill_corner(image *large, const array *small)
{
    for (int64_t c = 0; c < large->shape[1]; c++)
        for (int64_t r = 0; r < ROWS; r++)
            memcpy(open_row_end(large, c, ROWS - 1 - r, COLUMNS),
                   (float *)small->memory + (c * ROWS + r) * COLUMNS, COLUMNS * sizeof(float));
}

// The problem of the corner by itself, whose begin is no border of the image: that changes nothing
// in the last rows and columns of its output.
static void compute_small(const faltung_problem *p, const array *x, const array *w, array *y)
{
    faltung_message m;
    int64_t shape[5];
    assert_ok(faltung_output_shape(&p->conv, &x->tensor, &w->tensor, shape, &m), &m);
    array_make(y, FALTUNG_F32, 4, shape);
    assert_ok(faltung_convolve(&p->conv, &x->tensor, &w->tensor, NULL, &y->tensor, &m), &m);
}

static void compute_corner(faltung_problem *p, image *x, const array *w, image *y,
                           const char *algorithm)
{
    faltung_message m;
    faltung_plan *plan;
    faltung_explanation e;
    faltung_part part = {{0}, {1, y->shape[1], y->shape[2], y->shape[3]}};
    part.begin[2] = y->shape[2] - LAST_ROWS;
    part.begin[3] = y->shape[3] - LAST_COLUMNS;
    p->conv.threads = 1;
    for (int64_t c = 0; c < y->shape[1]; c++)
        for (int64_t r = 0; r < LAST_ROWS; r++)
            open_row_end(y, c, r, LAST_COLUMNS);
    assert_ok(faltung_plan_create(&p->conv, &x->tensor, &w->tensor, NULL, &plan, &m), &m);
    assert_ok(faltung_plan_explain(plan, &e, &m), &m);
    assert_string_equal(e.algorithm[e.chosen], algorithm);
    assert_ok(faltung_plan_run_part(plan, &x->tensor, &y->tensor, &part, NULL, &m), &m);
    faltung_plan_destroy(plan);
}

static void assert_same_corner(const image *y, const array *small)
{
    for (int64_t c = 0; c < y->shape[1]; c++)
        for (int64_t r = 1; r <= LAST_ROWS; r++) {
            const float *large = y->memory + ((c + 1) * y->shape[2] - r + 1) * y->shape[3];
            const float *expected =
                (float *)small->memory + ((c + 1) * small->shape[2] - r + 1) * small->shape[3];
            for (int64_t i = 1; i <= LAST_COLUMNS; i++)
                assert_true(large[-i] == expected[-i]);
        }
}

static void assert_corner(const char *problem, const char *algorithm)
{
    faltung_problem p;
    faltung_message m;
    int64_t shape[5];
    image x, y;
    array small, w, expected;
    prng random = {95};
    assert_ok(faltung_problem_parse(problem, &p, &m), &m);
    array_make(&w, FALTUNG_F32, 4, p.weight_shape);
    array_fill_integers(&w, &random, -9, 9);
    image_make(&x, p.input_shape);
    assert_true(x.bytes / sizeof(float) > INT64_C(1) << 31);
    assert_ok(faltung_output_shape(&p.conv, &x.tensor, &w.tensor, shape, &m), &m);
    image_make(&y, shape);
    if (!x.memory || !y.memory)
        skip();
    array_make(&small, FALTUNG_F32, 4, (int64_t[]){1, p.input_shape[1], ROWS, COLUMNS});
    array_fill_integers(&small, &random, -9, 9);
    fill_corner(&x, &small);
    compute_small(&p, &small, &w, &expected);
    compute_corner(&p, &x, &w, &y, algorithm);
    assert_same_corner(&y, &expected);
    array_free(&small);
    array_free(&w);
    array_free(&expected);
    image_free(&x);
    image_free(&y);
}

static void the_corners_of_large_images_are_right(void **state)
{
    (void)state;
    assert_corner("conv2d:1x1x66000x32800,2x1x3x3,padding=1", "direct");
    assert_corner("conv2d:1x2x66000x32800,2x2x1x1", "direct");
    assert_corner("conv2d:1x2x66000x32800,32x2x3x3,stride=2,padding=1", "direct");
    assert_corner("conv2d:1x2x66000x32800,32x2x5x5,padding=2", "direct");
    assert_corner("conv2d:1x2x66000x32800,2x1x5x5,padding=2,groups=2", "depthwise");
    assert_corner("conv2d:1x2x66000x32800,2x1x3x3,padding=1,stride=2,groups=2", "depthwise");
    assert_corner("conv_transpose2d:1x2x40000x32800,2x3x4x4,stride=2,padding=1", "phases");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corners_of_large_images_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
