// SPDX-License-Identifier: Apache-2.0
//
// unfold and fold: against PyTorch's own results, and against each other's definition.
#include "support.h"
#include "vector_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A picture, its columns, and how blocks slide.
typedef struct trial {
    faltung_conv conv;
    int64_t kernel[3];
    array picture, columns;
} trial;

// Makes both, from the picture's shape.
static void make(trial *t, faltung_dtype dtype, int rank, const int64_t *shape)
{
    int64_t columns[3], again[5];
    faltung_message message;
    array_make(&t->picture, dtype, rank, shape);
    assert_ok(faltung_unfold_shape(&t->conv, t->kernel, &t->picture.tensor, columns, &message),
              &message);
    array_make(&t->columns, dtype, rank == t->conv.axes + 2 ? 3 : 2, columns);
    t->conv.has_output_size = true;
    memcpy(t->conv.output_size, shape + rank - t->conv.axes,
           (size_t)t->conv.axes * sizeof *t->conv.output_size);
    assert_ok(faltung_fold_shape(&t->conv, t->kernel, &t->columns.tensor, again, &message),
              &message);
    assert_memory_equal(again, shape, (size_t)rank * sizeof *shape);
}

static void release(trial *t)
{
    array_free(&t->picture);
    array_free(&t->columns);
}

static void make_random(trial *t, prng *random, faltung_dtype dtype)
{
    int64_t shape[5];
    int axes = (int)random_between(random, 1, 3), rank = 0;
    t->conv = (faltung_conv)FALTUNG_DEFAULTS(FALTUNG_CONV, axes);
    if (random_between(random, 0, 2))
        shape[rank++] = random_between(random, 0, 3);
    shape[rank++] = random_between(random, 1, axes == 1 ? 40 : 4);
    for (int i = 0; i < axes; i++) {
        int64_t size = random_between(random, 1, axes == 1 ? 1500 : 14);
        t->kernel[i] = random_between(random, 1, 4);
        t->conv.stride[i] = random_between(random, 1, 3);
        t->conv.dilation[i] = random_between(random, 1, 3);
        t->conv.padding[i].begin = random_between(random, 0, 5);
        int64_t extent = (t->kernel[i] - 1) * t->conv.dilation[i] + 1;
        int64_t least = extent - size - t->conv.padding[i].begin;
        t->conv.padding[i].end = random_between(random, least > 0 ? least : 0, 12);
        shape[rank++] = size;
    }
    make(t, dtype, rank, shape);
}

// ----------------------------------------------------------------------------------- definitions

// Where an element of the columns lies in the picture; -1: beside it.
static int64_t find_source(const trial *t, int64_t index)
{
    const int axes = t->conv.axes;
    const int64_t *size = t->picture.shape + t->picture.tensor.rank - axes;
    const int rank = t->columns.tensor.rank;
    int64_t block = index % t->columns.shape[rank - 1], step = 1, source = 0;
    int64_t row = index / t->columns.shape[rank - 1]; // of all images
    bool inside = true;
    for (int i = axes - 1; i >= 0; i--) {
        const faltung_padding p = t->conv.padding[i];
        int64_t extent = (t->kernel[i] - 1) * t->conv.dilation[i] + 1;
        int64_t blocks = (size[i] + p.begin + p.end - extent) / t->conv.stride[i] + 1;
        int64_t x =
            block % blocks * t->conv.stride[i] + row % t->kernel[i] * t->conv.dilation[i] - p.begin;
        block /= blocks;
        row /= t->kernel[i];
        inside = inside && x >= 0 && x < size[i];
        source += x * step;
        step *= size[i];
    }
    return inside ? row * step + source : -1;
}

// Gives both tensors other strides for the same elements: the picture has channels last, the
// columns have blocks before rows, and gaps; an axis of each runs backwards.
static void scatter(const array *from, int inner, array *to)
{
    faltung_message message;
    int64_t count = 3 * from->count, step = 3;
    array_make(to, from->tensor.dtype, 1, &count);
    memcpy(to->shape, from->shape, sizeof to->shape);
    to->tensor.rank = from->tensor.rank;
    to->strides[inner] = step;
    step *= to->shape[inner];
    for (int i = 0; i < to->tensor.rank; i++)
        if (i != inner) {
            to->strides[i] = step;
            step *= to->shape[i];
        }
    if (from->count) {
        to->tensor.data = (char *)to->memory + (to->shape[inner] - 1) * to->strides[inner] *
                                                   (int64_t)faltung_dtype_size(to->tensor.dtype);
        to->strides[inner] = -to->strides[inner];
    }
    to->tensor.strides = to->strides;
    assert_ok(faltung_tensor_copy(&from->tensor, &to->tensor, &message), &message);
}

// Whether a view holds the elements of a contiguous array, bit for bit.
static void assert_holds(const array *view, const array *expected)
{
    array copy;
    faltung_message message;
    array_make(&copy, expected->tensor.dtype, expected->tensor.rank, expected->shape);
    assert_ok(faltung_tensor_copy(&view->tensor, &copy.tensor, &message), &message);
    assert_true(array_same_bits(&copy, expected));
    array_free(&copy);
}

// ------------------------------------------------------------------------------------------ tests

static const faltung_dtype dtypes[] = {FALTUNG_F32, FALTUNG_F64, FALTUNG_F16};

static void unfold_copies_every_block(void **state)
{
    (void)state;
    prng random = {80};
    for (int i = 0; i < 600; i++) {
        trial t;
        array from, to;
        faltung_message m;
        make_random(&t, &random, dtypes[i % 3]);
        array_fill_reals(&t.picture, &random);
        array_fill_bytes(&t.columns, 0xff);
        t.conv.threads = i % 4;
        assert_ok(faltung_unfold(&t.conv, t.kernel, &t.picture.tensor, &t.columns.tensor, &m), &m);
        for (int64_t e = 0; e < t.columns.count; e++) {
            int64_t source = find_source(&t, e);
            assert_true(array_get(&t.columns, e) ==
                        (source < 0 ? 0 : array_get(&t.picture, source)));
        }
        scatter(&t.picture, t.picture.tensor.rank - t.conv.axes - 1, &from);
        scatter(&t.columns, t.columns.tensor.rank - 2, &to);
        array_fill_bytes(&to, 0xff);
        assert_ok(faltung_unfold(&t.conv, t.kernel, &from.tensor, &to.tensor, &m), &m);
        assert_holds(&to, &t.columns);
        array_free(&from);
        array_free(&to);
        release(&t);
    }
}

// The order in words: every element of the block in turn, in double.
static void fold_adds_in_the_documented_order(void **state)
{
    (void)state;
    prng random = {81};
    for (int i = 0; i < 600; i++) {
        trial t;
        array from, to;
        faltung_message m;
        make_random(&t, &random, dtypes[i % 3]);
        array_fill_reals(&t.columns, &random);
        double *sums = calloc((size_t)t.picture.count + 1, sizeof *sums);
        assert_non_null(sums);
        for (int64_t e = 0; e < t.columns.count; e++) // rows, and so elements of a block, in order
            if (find_source(&t, e) >= 0)
                sums[find_source(&t, e)] += array_get(&t.columns, e);
        array expected;
        array_make(&expected, t.picture.tensor.dtype, t.picture.tensor.rank, t.picture.shape);
        for (int64_t e = 0; e < expected.count; e++)
            array_set(&expected, e, sums[e]);
        array_fill_bytes(&t.picture, 0xff);
        t.conv.threads = i % 4;
        assert_ok(faltung_fold(&t.conv, t.kernel, &t.columns.tensor, &t.picture.tensor, &m), &m);
        assert_true(array_same_bits(&t.picture, &expected));
        scatter(&t.columns, t.columns.tensor.rank - 2, &from);
        scatter(&t.picture, t.picture.tensor.rank - t.conv.axes - 1, &to);
        array_fill_bytes(&to, 0xff);
        assert_ok(faltung_fold(&t.conv, t.kernel, &from.tensor, &to.tensor, &m), &m);
        assert_holds(&to, &expected);
        array_free(&from);
        array_free(&to);
        array_free(&expected);
        free(sums);
        release(&t);
    }
}

// <unfold(x), c> = <x, fold(c)>, exactly on whole numbers.
static void fold_is_the_adjoint_of_unfold(void **state)
{
    (void)state;
    prng random = {82};
    for (int i = 0; i < 200; i++) {
        trial t;
        array c, y;
        faltung_message m;
        make_random(&t, &random, dtypes[i % 2]);
        array_make(&c, t.columns.tensor.dtype, t.columns.tensor.rank, t.columns.shape);
        array_make(&y, t.picture.tensor.dtype, t.picture.tensor.rank, t.picture.shape);
        array_fill_integers(&t.picture, &random, -9, 9);
        array_fill_integers(&c, &random, -9, 9);
        assert_ok(faltung_unfold(&t.conv, t.kernel, &t.picture.tensor, &t.columns.tensor, &m), &m);
        assert_ok(faltung_fold(&t.conv, t.kernel, &c.tensor, &y.tensor, &m), &m);
        double left = 0, right = 0;
        for (int64_t e = 0; e < c.count; e++)
            left += array_get(&t.columns, e) * array_get(&c, e);
        for (int64_t e = 0; e < y.count; e++)
            right += array_get(&t.picture, e) * array_get(&y, e);
        assert_true(left == right);
        array_free(&c);
        array_free(&y);
        release(&t);
    }
}

// A convolution is its weight, as a matrix, times the columns.
static void columns_are_what_a_convolution_multiplies(void **state)
{
    (void)state;
    prng random = {83};
    const int64_t shape[] = {2, 3, 9, 10}, weight_shape[] = {4, 3, 3, 4};
    trial t = {.conv = FALTUNG_CONV2D, .kernel = {3, 4}};
    array w, y;
    faltung_message m;
    int64_t output[5];
    t.conv.stride[1] = 2;
    t.conv.padding_rule = FALTUNG_PADDING_SAME_UPPER;
    make(&t, FALTUNG_F64, 4, shape);
    t.conv.has_output_size = false;
    array_make(&w, FALTUNG_F64, 4, weight_shape);
    array_fill_integers(&t.picture, &random, -9, 9);
    array_fill_integers(&w, &random, -9, 9);
    assert_ok(faltung_output_shape(&t.conv, &t.picture.tensor, &w.tensor, output, &m), &m);
    array_make(&y, FALTUNG_F64, 4, output);
    assert_ok(faltung_convolve(&t.conv, &t.picture.tensor, &w.tensor, NULL, &y.tensor, &m), &m);
    assert_ok(faltung_unfold(&t.conv, t.kernel, &t.picture.tensor, &t.columns.tensor, &m), &m);
    const int64_t rows = t.columns.shape[1], blocks = t.columns.shape[2];
    for (int64_t e = 0; e < y.count; e++) {
        int64_t block = e % blocks, o = e / blocks % 4, n = e / blocks / 4;
        double sum = 0;
        for (int64_t r = 0; r < rows; r++)
            sum += array_get(&w, o * rows + r) *
                   array_get(&t.columns, (n * rows + r) * blocks + block);
        assert_true(array_get(&y, e) == sum);
    }
    array_free(&w);
    array_free(&y);
    release(&t);
}

// ---------------------------------------------------------------------------------------- PyTorch

// The values of an option such as "stride=2+1" of a recorded case.
static void read_option(const char *problem, const char *name, int64_t usual, int64_t values[2])
{
    char *end;
    const char *found = strstr(problem, name);
    values[0] = values[1] = usual;
    if (!found)
        return;
    values[0] = values[1] = strtoll(found + strlen(name), &end, 10);
    if (*end == '+')
        values[1] = strtoll(end + 1, NULL, 10);
}

static void compare_with_torch(const vector_case *v)
{
    const bool folds = strncmp(v->problem, "fold:", 5) == 0;
    faltung_conv conv = FALTUNG_CONV2D;
    int64_t kernel[2], padding[2], shape[4], found[5];
    int rank = 0;
    for (const char *c = strchr(v->problem, ':'); *c == ':' || *c == 'x';) {
        char *end;
        shape[rank++] = strtoll(c + 1, &end, 10);
        c = end;
    }
    read_option(v->problem, ",kernel=", 0, kernel);
    read_option(v->problem, ",padding=", 0, padding);
    read_option(v->problem, ",stride=", 1, conv.stride);
    read_option(v->problem, ",dilation=", 1, conv.dilation);
    read_option(v->problem, ",output_size=", 0, conv.output_size);
    conv.has_output_size = folds;
    for (int i = 0; i < 2; i++)
        conv.padding[i] = (faltung_padding){padding[i], padding[i]};
    array x, y, sizes;
    faltung_message m;
    faltung_generator generator;
    const faltung_dtype dtype = v->type == 0 ? FALTUNG_F32 : v->type;
    array_make(&x, dtype, rank, shape);
    assert_int_equal(faltung_manual_seed(&generator, v->seed, NULL), FALTUNG_OK);
    assert_int_equal(faltung_randn(&generator, &x.tensor, NULL), FALTUNG_OK);
    assert_ok(folds ? faltung_fold_shape(&conv, kernel, &x.tensor, found, &m)
                    : faltung_unfold_shape(&conv, kernel, &x.tensor, found, &m),
              &m);
    assert_memory_equal(found, v->shape, (size_t)v->rank * sizeof *found);
    array_make(&y, dtype, v->rank, v->shape);
    array_make(&sizes, dtype, v->rank, v->shape);
    if (!folds) {
        assert_ok(faltung_unfold(&conv, kernel, &x.tensor, &y.tensor, &m), &m);
    } else { // PyTorch rounds after every addition: the bound is by the magnitudes' sum
        assert_ok(faltung_fold(&conv, kernel, &x.tensor, &y.tensor, &m), &m);
        for (int64_t e = 0; e < x.count; e++)
            array_set(&x, e, fabs(array_get(&x, e)));
        assert_ok(faltung_fold(&conv, kernel, &x.tensor, &sizes.tensor, &m), &m);
    }
    double unit = dtype == FALTUNG_F32 ? 0x1p-24 : 0x1p-53;
    for (int64_t e = 0; e < y.count; e++) {
        double bound = (double)(kernel[0] * kernel[1]) * unit * array_get(&sizes, e);
        if (!(fabs(array_get(&y, e) - v->expected[e]) <= bound))
            fail_msg("%s: element %lld", v->problem, (long long)e);
    }
    array_free(&x);
    array_free(&y);
    array_free(&sizes);
}

static void results_are_those_of_torch(void **state)
{
    (void)state;
    vector_file file;
    vector_error error;
    int tried = 0;
    FILE *stream = fopen(OTHERS_FILE, "r");
    assert_non_null(stream);
    if (!vector_file_read(stream, &file, &error))
        fail_msg("%s", error.text);
    fclose(stream);
    for (int i = 0; i < file.count; i++)
        if (strstr(file.cases[i].problem, "fold:")) {
            compare_with_torch(&file.cases[i]);
            tried++;
        }
    assert_int_equal(tried, 15);
    vector_file_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unfold_copies_every_block),
        cmocka_unit_test(fold_adds_in_the_documented_order),
        cmocka_unit_test(fold_is_the_adjoint_of_unfold),
        cmocka_unit_test(columns_are_what_a_convolution_multiplies),
        cmocka_unit_test(results_are_those_of_torch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
