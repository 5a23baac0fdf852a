// SPDX-License-Identifier: Apache-2.0
//
// The gradient of a bias: against its documented order of summation, bit for bit, and against what
// PyTorch's autograd gave.
#include "support.h"
#include "vector_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------ the order in words

enum { CHUNK = 4096, LANES = 16 };

// Chunks in pairs, pairs in pairs, and so on: the left half is the greatest power of two below
// their number.
static double add_chunks(const double *chunk, int64_t count)
{
    int64_t left = 1;
    if (count == 1)
        return chunk[0];
    while (2 * left < count)
        left *= 2;
    return add_chunks(chunk, left) + add_chunks(chunk + left, count - left);
}

static double add_chunk(const double *value, int64_t count)
{
    double lane[LANES] = {0};
    for (int64_t i = 0; i < count; i++)
        lane[i % LANES] += value[i];
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            lane[i] += lane[half + i];
    return lane[0];
}

static double add_in_order(const double *value, int64_t count)
{
    int64_t chunks = (count + CHUNK - 1) / CHUNK;
    if (count == 0)
        return 0;
    double *chunk = malloc((size_t)chunks * sizeof *chunk);
    assert_non_null(chunk);
    for (int64_t i = 0; i < chunks; i++)
        chunk[i] = add_chunk(value + i * CHUNK, i + 1 < chunks ? CHUNK : count - i * CHUNK);
    double sum = add_chunks(chunk, chunks);
    free(chunk);
    return sum;
}

// The elements of a channel of a contiguous grad_output in the order of their indexes; to be freed.
static double *list_channel(const array *grad_output, int axis, int64_t channel, int64_t *count)
{
    int64_t images = axis ? grad_output->shape[0] : 1, space = 1;
    int64_t channels = grad_output->shape[axis];
    for (int i = axis + 1; i < grad_output->tensor.rank; i++)
        space *= grad_output->shape[i];
    double *values = malloc((size_t)(images * space) * sizeof *values + 1);
    assert_non_null(values);
    for (int64_t n = 0; n < images; n++)
        for (int64_t i = 0; i < space; i++)
            values[n * space + i] = array_get(grad_output, (n * channels + channel) * space + i);
    *count = images * space;
    return values;
}

// ------------------------------------------------------------------------------------------ trials

typedef struct trial {
    int axes, rank;
    faltung_dtype dtype;
    int64_t shape[5];
} trial;

static const trial trials[] = {
    {1, 3, FALTUNG_F64, {2, 3, 20}},      {1, 2, FALTUNG_F32, {5, 100000}},
    {1, 3, FALTUNG_F32, {9000, 37, 1}},   {2, 4, FALTUNG_F32, {0, 3, 4, 5}},
    {2, 4, FALTUNG_F64, {3, 20, 61, 67}}, {2, 4, FALTUNG_F32, {2, 64, 112, 112}},
    {2, 4, FALTUNG_F16, {3, 17, 50, 51}}, {2, 3, FALTUNG_F64, {3, 128, 96}},
    {2, 4, FALTUNG_F32, {1, 1, 1, 1}},    {3, 5, FALTUNG_F64, {2, 5, 9, 31, 33}},
    {3, 4, FALTUNG_F16, {4, 3, 40, 41}},  {3, 4, FALTUNG_F32, {33, 2, 1, 40}},
};

static int channel_axis(const trial *t)
{
    return t->rank - t->axes - 1;
}

// The same elements with other strides: channels last, the last axis backwards, and gaps.
static void copy_strided(const array *from, int channel, array *to)
{
    faltung_message message;
    const int rank = from->tensor.rank, last = rank - 1;
    int64_t length = 2 * from->count;
    array_make(to, from->tensor.dtype, 1, &length);
    memcpy(to->shape, from->shape, sizeof to->shape);
    int64_t step = 2 * to->shape[channel];
    to->strides[channel] = 2;
    for (int i = last; i >= 0; i--)
        if (i != channel) {
            to->strides[i] = step;
            step *= to->shape[i];
        }
    if (from->count && last != channel) {
        to->tensor.data = (char *)to->memory + (to->shape[last] - 1) * to->strides[last] *
                                                   (int64_t)faltung_dtype_size(to->tensor.dtype);
        to->strides[last] = -to->strides[last];
    }
    to->tensor.rank = rank;
    to->tensor.strides = to->strides;
    assert_ok(faltung_tensor_copy(&from->tensor, &to->tensor, &message), &message);
}

static void compute(const trial *t, const faltung_tensor *grad_output, int threads, array *result)
{
    faltung_message message;
    faltung_conv conv = FALTUNG_DEFAULTS(FALTUNG_CONV, t->axes);
    conv.threads = threads;
    array_fill_bytes(result, 0xff);
    assert_ok(faltung_bias_gradient(&conv, grad_output, &result->tensor, &message), &message);
}

// ------------------------------------------------------------------------------------------- tests

static void sums_are_made_in_the_documented_order(void **state)
{
    (void)state;
    prng random = {70};
    for (size_t i = 0; i < COUNT_OF(trials); i++) {
        const trial *t = &trials[i];
        const int axis = channel_axis(t);
        array dy, db, expected, strided;
        array_make(&dy, t->dtype, t->rank, t->shape);
        array_make(&db, t->dtype, 1, &t->shape[axis]);
        array_make(&expected, t->dtype, 1, &t->shape[axis]);
        array_fill_reals(&dy, &random);
        for (int64_t c = 0; c < t->shape[axis]; c++) {
            int64_t count;
            double *values = list_channel(&dy, axis, c, &count);
            array_set(&expected, c, add_in_order(values, count));
            free(values);
        }
        copy_strided(&dy, axis, &strided);
        for (int threads = 1; threads <= 7; threads += 3) {
            compute(t, &dy.tensor, threads, &db);
            assert_true(array_same_bits(&db, &expected));
            compute(t, &strided.tensor, threads, &db);
            assert_true(array_same_bits(&db, &expected));
        }
        array_free(&dy);
        array_free(&db);
        array_free(&expected);
        array_free(&strided);
    }
}

// A chain of all elements would round to 2^24 from there on.
static void long_sums_lose_nothing(void **state)
{
    (void)state;
    float one = 1;
    float sums[2];
    faltung_message message;
    const faltung_conv conv = FALTUNG_CONV2D;
    const faltung_tensor dy = {&one, FALTUNG_F32, 3, (int64_t[]){2, 8192, 4099},
                               (int64_t[]){0, 0, 0}};
    const faltung_tensor db = {sums, FALTUNG_F32, 1, (int64_t[]){2}, NULL};
    assert_ok(faltung_bias_gradient(&conv, &dy, &db, &message), &message);
    assert_true(sums[0] == 8192 * 4099 && sums[1] == 8192 * 4099);
}

// Tasks of the caller's threads are counted, and run at once or one after the other.
static void run_backwards(void *context, int count, void (*task)(void *argument, int index),
                          void *argument)
{
    *(int *)context += count;
    for (int i = count - 1; i >= 0; i--)
        task(argument, i);
}

static void the_callers_threads_are_used(void **state)
{
    (void)state;
    int tasks = 0;
    prng random = {71};
    const int64_t shape[] = {40, 8, 30, 31};
    array dy, own, callers;
    faltung_message message;
    const faltung_parallel parallel = {run_backwards, &tasks};
    faltung_conv conv = FALTUNG_CONV2D;
    array_make(&dy, FALTUNG_F32, 4, shape);
    array_make(&own, FALTUNG_F32, 1, &shape[1]);
    array_make(&callers, FALTUNG_F32, 1, &shape[1]);
    array_fill_reals(&dy, &random);
    assert_ok(faltung_bias_gradient(&conv, &dy.tensor, &own.tensor, &message), &message);
    conv.threads = 3;
    conv.parallel = &parallel;
    assert_ok(faltung_bias_gradient(&conv, &dy.tensor, &callers.tensor, &message), &message);
    assert_int_equal(tasks, 3);
    assert_true(array_same_bits(&own, &callers));
    array_free(&dy);
    array_free(&own);
    array_free(&callers);
}

static void gradients_are_those_of_autograd(void **state)
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
    for (int i = 0; i < file.count; i++) {
        const vector_case *v = &file.cases[i];
        const char *shape = strstr(v->problem, "_bias:");
        if (!shape)
            continue;
        trial t = {.axes = shape[-2] - '0', .dtype = v->type == 0 ? FALTUNG_F32 : v->type};
        shape += strlen("_bias:");
        for (char *end; t.rank < 5; shape = end + 1) {
            t.shape[t.rank++] = strtoll(shape, &end, 10);
            if (*end != 'x')
                break;
        }
        array dy, db;
        faltung_generator generator;
        array_make(&dy, t.dtype, t.rank, t.shape);
        array_make(&db, t.dtype, v->rank, v->shape);
        assert_int_equal(faltung_manual_seed(&generator, v->seed, NULL), FALTUNG_OK);
        assert_int_equal(faltung_randn(&generator, &dy.tensor, NULL), FALTUNG_OK);
        compute(&t, &dy.tensor, 1, &db);
        for (int64_t c = 0; c < db.count; c++) {
            int64_t count;
            double magnitude = 0, *values = list_channel(&dy, channel_axis(&t), c, &count);
            for (int64_t k = 0; k < count; k++)
                magnitude += fabs(values[k]);
            double unit = t.dtype == FALTUNG_F32 ? 0x1p-24 : 0x1p-53; // both have rounded
            double bound = 2 * (double)count * unit * magnitude;
            assert_true(fabs(array_get(&db, c) - v->expected[c]) <= bound);
            free(values);
        }
        tried++;
        array_free(&dy);
        array_free(&db);
    }
    assert_int_equal(tried, 13);
    vector_file_free(&file);
}

static void what_is_no_gradient_is_refused(void **state)
{
    (void)state;
    static float numbers[64];
    const int64_t sizes[] = {2, 3, 4, 2}, three[] = {3}, four[] = {4}, empty[] = {2, 3, 0, 2};
    faltung_conv conv = FALTUNG_CONV2D;
    const faltung_tensor dy = {numbers, FALTUNG_F32, 4, sizes, NULL};
    const faltung_tensor db = {numbers + 48, FALTUNG_F32, 1, three, NULL};
    faltung_message m = {""};
    faltung_tensor bad = dy;
    assert_refused(faltung_bias_gradient(NULL, &dy, &db, &m), FALTUNG_ERROR_NULL, &m, "conv", NULL);
    assert_refused(faltung_bias_gradient(&conv, NULL, &db, &m), FALTUNG_ERROR_NULL, &m,
                   "grad_output", NULL);
    assert_refused(faltung_bias_gradient(&conv, &dy, NULL, &m), FALTUNG_ERROR_NULL, &m, "grad_bias",
                   NULL);
    bad.data = NULL;
    assert_refused(faltung_bias_gradient(&conv, &bad, &db, &m), FALTUNG_ERROR_NULL, &m,
                   "the data of grad_output", NULL);
    bad = dy;
    bad.shape = empty;
    assert_refused(faltung_bias_gradient(&conv, &bad, &db, &m), FALTUNG_ERROR_EMPTY, &m,
                   "[2, 3, 0, 2]", NULL);
    bad.rank = 2;
    assert_refused(faltung_bias_gradient(&conv, &bad, &db, &m), FALTUNG_ERROR_RANK, &m,
                   "grad_output of size [2, 3]", "3 (unbatched) or 4 (batched)");
    bad = db;
    bad.shape = four;
    assert_refused(faltung_bias_gradient(&conv, &dy, &bad, &m), FALTUNG_ERROR_SHAPE, &m,
                   "grad_bias has size [4], expected is [3]", NULL);
    bad = db;
    bad.rank = 0;
    assert_refused(faltung_bias_gradient(&conv, &dy, &bad, &m), FALTUNG_ERROR_RANK, &m,
                   "grad_bias has size []", NULL);
    bad = db;
    bad.dtype = FALTUNG_F64;
    assert_refused(faltung_bias_gradient(&conv, &dy, &bad, &m), FALTUNG_ERROR_DTYPE, &m,
                   "grad_bias has type f64, expected is f32", NULL);
    bad = db;
    bad.data = numbers + 47;
    assert_refused(faltung_bias_gradient(&conv, &dy, &bad, &m), FALTUNG_ERROR_OVERLAP, &m,
                   "grad_bias shares memory with grad_output", NULL);
    bad = db;
    bad.strides = (int64_t[]){0};
    assert_refused(faltung_bias_gradient(&conv, &dy, &bad, &m), FALTUNG_ERROR_OVERLAP, &m,
                   "grad_bias overlaps itself", NULL);
    conv.threads = -1;
    assert_refused(faltung_bias_gradient(&conv, &dy, &db, &m), FALTUNG_ERROR_OPTION, &m,
                   "threads=-1", NULL);
    conv.threads = 0;
    conv.axes = 4;
    assert_refused(faltung_bias_gradient(&conv, &dy, &db, &m), FALTUNG_ERROR_OPTION, &m, "axes=4",
                   NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_made_in_the_documented_order),
        cmocka_unit_test(long_sums_lose_nothing),
        cmocka_unit_test(the_callers_threads_are_used),
        cmocka_unit_test(gradients_are_those_of_autograd),
        cmocka_unit_test(what_is_no_gradient_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
