// SPDX-License-Identifier: Apache-2.0
//
// Convolutions against PyTorch's own results, recorded by tests/vectors/record.py.
#include "vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A tensor and the memory that it looks at.
typedef struct array {
    faltung_tensor tensor;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    int64_t strides[FALTUNG_MAX_AXES + 2];
    int64_t count;
    char *memory;
} array;

// One case with its operands, ready to be computed.
typedef struct trial {
    const vector_case *recorded;
    faltung_problem problem;
    faltung_call call;
    array input, weight, bias, output; // bias: of no elements if there is none
} trial;

static vector_file vectors;

static void require(faltung_status status, const faltung_message *message, const char *problem)
{
    if (status)
        fail_msg("%s: %s: %s", problem, faltung_status_name(status), message->text);
}

// ---------------------------------------------------------------------------------------- arrays

// A contiguous array. Every second element of its memory is spare, for make_strided; its bytes are
// set, so that an output that is not written shows.
static void make(array *a, faltung_dtype dtype, int rank, const int64_t *shape)
{
    a->count = 1;
    for (int i = 0; i < rank; i++)
        a->count *= a->shape[i] = shape[i];
    size_t bytes = 2 * (size_t)a->count * faltung_dtype_size(dtype);
    a->memory = malloc(bytes + 1);
    assert_non_null(a->memory);
    memset(a->memory, 0x55, bytes);
    a->tensor = (faltung_tensor){a->memory, dtype, rank, a->shape, NULL};
}

static void release(array *a)
{
    free(a->memory);
    a->memory = NULL;
}

// An array of the type and shape of `original`, channels last, with gaps between the channels, and
// its last axis backwards.
static void make_strided(array *a, const array *original, int channel)
{
    const faltung_tensor *tensor = &original->tensor;
    make(a, tensor->dtype, tensor->rank, original->shape);
    int64_t step = 2;
    a->strides[channel] = step;
    step *= a->shape[channel];
    for (int i = tensor->rank - 1; i >= 0; i--) {
        if (i == channel)
            continue;
        a->strides[i] = step;
        step *= a->shape[i];
    }
    int last = tensor->rank - 1;
    if (a->count)
        a->tensor.data = a->memory + (a->shape[last] - 1) * a->strides[last] *
                                         (int64_t)faltung_dtype_size(tensor->dtype);
    a->strides[last] = -a->strides[last];
    a->tensor.strides = a->strides;
}

static void copy_strided(array *a, const array *original, int channel)
{
    faltung_message message;
    make_strided(a, original, channel);
    require(faltung_tensor_copy(&original->tensor, &a->tensor, &message), &message, "a copy");
}

static bool is_complex(faltung_dtype dtype)
{
    return dtype == FALTUNG_C64 || dtype == FALTUNG_C128;
}

// The magnitudes of the elements, in f64: of complex ones at most the sum of those of their parts.
static void copy_magnitudes(array *a, const array *original)
{
    faltung_message message;
    array pairs;
    make(&pairs, FALTUNG_C128, original->tensor.rank, original->shape);
    make(a, FALTUNG_F64, original->tensor.rank, original->shape);
    require(faltung_tensor_copy(&original->tensor, &pairs.tensor, &message), &message, "a copy");
    const double *parts = pairs.tensor.data;
    double *values = a->tensor.data;
    for (int64_t i = 0; i < a->count; i++)
        values[i] = fabs(parts[2 * i]) + fabs(parts[2 * i + 1]);
    release(&pairs);
}

static void assert_same_bits(const array *a, const array *b, const char *what, const char *problem)
{
    size_t size = faltung_dtype_size(a->tensor.dtype);
    assert_int_equal(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++)
        if (memcmp(a->memory + i * (int64_t)size, b->memory + i * (int64_t)size, size) != 0)
            fail_msg("%s: element %" PRId64 " has other bits %s", problem, i, what);
}

// ---------------------------------------------------------------------------------------- trials

static bool is_of_weight(const trial *t)
{
    return t->call.conv.operation == FALTUNG_CONV_WEIGHT ||
           t->call.conv.operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
}

// The axis of the channels, of input and output, but for a weight's gradient.
static int find_channel(const trial *t)
{
    return t->problem.input_rank - t->problem.conv.axes - 1;
}

static const faltung_tensor *find_bias(const trial *t)
{
    return t->recorded->has_bias ? &t->bias.tensor : NULL;
}

static void make_output(trial *t, faltung_message *message)
{
    const vector_case *recorded = t->recorded;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    require(
        faltung_output_shape(&t->call.conv, &t->input.tensor, &t->weight.tensor, shape, message),
        message, recorded->problem);
    assert_int_equal(recorded->rank, t->call.output_rank);
    assert_memory_equal(shape, recorded->shape, (size_t)recorded->rank * sizeof *shape);
    make(&t->output, t->problem.dtype, recorded->rank, shape);
}

// As record.py draws: halves are rounded from f32, complex numbers are two of their parts' type.
static void draw(faltung_generator *generator, const array *a, const char *problem)
{
    faltung_message message;
    const faltung_tensor *t = &a->tensor;
    const int64_t pairs[] = {a->count, 2};
    if (is_complex(t->dtype)) {
        faltung_dtype part = t->dtype == FALTUNG_C64 ? FALTUNG_F32 : FALTUNG_F64;
        const faltung_tensor real = {t->data, part, 2, pairs, NULL};
        require(faltung_randn(generator, &real, &message), &message, problem);
        return;
    }
    if (t->dtype == FALTUNG_F32 || t->dtype == FALTUNG_F64) {
        require(faltung_randn(generator, t, &message), &message, problem);
        return;
    }
    array wide;
    make(&wide, FALTUNG_F32, t->rank, a->shape);
    require(faltung_randn(generator, &wide.tensor, &message), &message, problem);
    require(faltung_tensor_copy(&wide.tensor, t, &message), &message, problem);
    release(&wide);
}

static void set_up(trial *t, const vector_case *recorded)
{
    faltung_message message;
    faltung_generator generator;
    faltung_problem *problem = &t->problem;
    t->recorded = recorded;
    require(faltung_problem_parse(recorded->problem, problem, &message), &message,
            recorded->problem);
    require(faltung_problem_call(problem, &t->call, &message), &message, recorded->problem);
    make(&t->input, problem->dtype, t->call.input_rank, t->call.input_shape);
    make(&t->weight, problem->dtype, t->call.weight_rank, t->call.weight_shape);
    make_output(t, &message);
    int64_t channels = recorded->has_bias ? t->output.shape[find_channel(t)] : 0;
    make(&t->bias, problem->dtype, 1, &channels);

    require(faltung_manual_seed(&generator, recorded->seed, &message), &message, "a seed");
    const array *drawn[] = {&t->input, &t->weight, &t->bias};
    for (int i = 0; i < 3; i++)
        draw(&generator, drawn[i], recorded->problem);
}

static void convolve(const trial *t)
{
    faltung_message message;
    require(faltung_convolve(&t->call.conv, &t->input.tensor, &t->weight.tensor, find_bias(t),
                             &t->output.tensor, &message),
            &message, t->recorded->problem);
}

static void tear_down(trial *t)
{
    release(&t->input);
    release(&t->weight);
    release(&t->bias);
    release(&t->output);
}

// ----------------------------------------------------------------------------------------- tests

// The same convolution of magnitudes: per output the sum of |x||w|, and |bias|.
static void sum_magnitudes(trial *sums, const trial *t)
{
    sums->recorded = t->recorded;
    sums->problem = t->problem;
    sums->call = t->call;
    copy_magnitudes(&sums->input, &t->input);
    copy_magnitudes(&sums->weight, &t->weight);
    copy_magnitudes(&sums->bias, &t->bias);
    make(&sums->output, FALTUNG_F64, t->output.tensor.rank, t->output.shape);
    convolve(sums);
}

// Products of an output, at most: of a weight's gradient the pixels of grad_output.
static int64_t count_products(const trial *t)
{
    return t->weight.count /
           (is_of_weight(t) ? t->weight.shape[find_channel(t)] : t->output.shape[find_channel(t)]);
}

// The distance from 1 to the next number of the type that is summed in, and of the one that is
// stored; the latter is 0 where they are the same.
static void find_steps(faltung_dtype dtype, double *summed, double *stored)
{
    bool single = dtype != FALTUNG_F64 && dtype != FALTUNG_C128;
    *summed = single ? (double)FLT_EPSILON : DBL_EPSILON;
    *stored = dtype == FALTUNG_F16 ? 0x1p-10 : dtype == FALTUNG_BF16 ? 0x1p-7 : 0;
}

// Both results are sums of n products, a bias counted as one more, in some order: each is within
// n eps sum|x||w| of the truth, so they are within twice that of each other. Of complex numbers
// each part has twice as many products, and PyTorch's, by three real convolutions for four, sums of
// up to four such parts; halves are rounded, by PyTorch before and after the bias is added. Returns
// the largest part of it that was needed.
static double compare(const trial *t, const trial *sums)
{
    const vector_case *recorded = t->recorded;
    const faltung_dtype dtype = t->problem.dtype;
    const int parts = is_complex(dtype) ? 2 : 1;
    const double *sum = sums->output.tensor.data;
    int64_t n = (count_products(t) + recorded->has_bias) * parts * parts * parts;
    double worst = 0, eps, stored;
    find_steps(dtype, &eps, &stored);
    array values; // as pairs, whatever they are
    faltung_message message;
    make(&values, FALTUNG_C128, t->output.tensor.rank, t->output.shape);
    require(faltung_tensor_copy(&t->output.tensor, &values.tensor, &message), &message, "a copy");
    for (int64_t i = 0; i < recorded->count; i++) {
        double value = ((const double *)values.tensor.data)[parts == 1 ? 2 * i : i];
        double error = fabs(value - recorded->expected[i]);
        double bound = 2 * (double)n * eps * sum[i / parts] + 2 * stored * sum[i / parts];
        if (!(error <= bound))
            fail_msg("%s: element %" PRId64 " is %a, recorded was %a, %g times the bound away",
                     recorded->problem, i, value, recorded->expected[i], error / bound);
        if (error > 0)
            worst = fmax(worst, error / bound);
    }
    release(&values);
    return worst;
}

static void outputs_are_pytorchs(void **state)
{
    (void)state;
    double worst = 0;
    const char *where = "no case";
    for (int i = 0; i < vectors.count; i++) {
        trial t, sums;
        set_up(&t, &vectors.cases[i]);
        convolve(&t);
        sum_magnitudes(&sums, &t);
        double part = compare(&t, &sums);
        if (part > worst) {
            worst = part;
            where = vectors.cases[i].problem;
        }
        tear_down(&t);
        tear_down(&sums);
    }
    print_message("%d cases, the largest error is %.3g of its bound: %s\n", vectors.count, worst,
                  where);
}

static void run_plan(const trial *t, const faltung_plan *plan, void *workspace)
{
    faltung_message message;
    array output;
    make(&output, t->problem.dtype, t->output.tensor.rank, t->output.shape);
    faltung_status status =
        is_of_weight(t)
            ? faltung_plan_run_weight(plan, &t->input.tensor, &t->weight.tensor, &output.tensor,
                                      workspace, &message)
            : faltung_plan_run(plan, &t->input.tensor, &output.tensor, workspace, &message);
    require(status, &message, t->recorded->problem);
    assert_same_bits(&output, &t->output, "by a plan", t->recorded->problem);
    release(&output);
}

static void plans_give_the_same_bits(void **state)
{
    (void)state;
    for (int i = 0; i < vectors.count; i++) {
        trial t;
        faltung_plan *plan;
        faltung_message message;
        set_up(&t, &vectors.cases[i]);
        convolve(&t);
        require(faltung_plan_create(&t.call.conv, &t.input.tensor, &t.weight.tensor, find_bias(&t),
                                    &plan, &message),
                &message, t.recorded->problem);
        // aligned_alloc wants a multiple of the alignment.
        void *workspace = aligned_alloc(64, (faltung_plan_workspace(plan) / 64 + 1) * 64);
        assert_non_null(workspace);
        run_plan(&t, plan, NULL);
        run_plan(&t, plan, workspace);
        free(workspace);
        faltung_plan_destroy(plan);
        tear_down(&t);
    }
}

static void strides_do_not_change_the_bits(void **state)
{
    (void)state;
    for (int i = 0; i < vectors.count; i++) {
        trial t, strided;
        array output;
        faltung_message message;
        set_up(&t, &vectors.cases[i]);
        convolve(&t);
        strided.recorded = t.recorded;
        strided.problem = t.problem;
        strided.call = t.call;
        copy_strided(&strided.input, &t.input, find_channel(&t));
        copy_strided(&strided.weight, &t.weight, 1);
        copy_strided(&strided.bias, &t.bias, 0);
        make_strided(&strided.output, &t.output, is_of_weight(&t) ? 1 : find_channel(&t));
        convolve(&strided);

        make(&output, t.problem.dtype, t.output.tensor.rank, t.output.shape);
        require(faltung_tensor_copy(&strided.output.tensor, &output.tensor, &message), &message,
                t.recorded->problem);
        assert_same_bits(&output, &t.output, "of strided operands", t.recorded->problem);
        release(&output);
        tear_down(&t);
        tear_down(&strided);
    }
}

// A file that was cut or damaged must not pass for one with fewer cases.
static void damaged_files_are_refused(void **state)
{
    (void)state;
#define CASE "case conv1d:1x1x2,1x1x1 seed=1 bias=no output=1x1x2\n"
    static const char *const damaged[][2] = {
        {"# nothing\n", "ends early"},
        {"end 0\n", "0 cases"},
        {CASE "3f800000 40000000\n", "ends early"},
        {CASE "3f800000\nend 1\n", "too few"},
        {CASE "3f800000\n" CASE, "too few"},
        {CASE "3f800000 40000000 40000000\nend 1\n", "too many"},
        {CASE "3f800000 3ff0000000000000\nend 1\n", "different types"},
        {CASE "3f800000 4000000\nend 1\n", "not an element: 4000000"},
        {CASE "3f800000 x\nend 1\n", "not an element: x"},
        {CASE "3f800000 40000000\nend 2\n", "2 cases were announced, 1 read"},
        {CASE "3f800000 40000000\nend 1\n" CASE, "after the end"},
        {CASE "3f800000 40000000\n\nend 1\n", "empty line"},
        {"3f800000\nend 1\n", "too many"},
        {"case conv1d:1x1x2,1x1x1 seed=1 bias=no\n", "not a case"},
        {"case conv1d:1x1x2,1x1x1 seed=1 bias=2 output=1x1x2\n", "bias=2"},
        {"case conv1d:1x1x2,1x1x1 seed=1 bias=no output=1x1y\n", "output=1x1y"},
    };
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        vector_file file;
        vector_error error = {""};
        FILE *stream = fmemopen((void *)(uintptr_t)damaged[i][0], strlen(damaged[i][0]), "r");
        assert_non_null(stream);
        assert_false(vector_file_read(stream, &file, &error));
        if (!strstr(error.text, damaged[i][1]))
            fail_msg("\"%s\" was expected to say \"%s\"", error.text, damaged[i][1]);
        fclose(stream);
    }
#undef CASE
}

static int read_vectors(void **state)
{
    (void)state;
    vector_error error;
    FILE *stream = fopen(CONVOLUTIONS_FILE, "r");
    if (!stream) {
        print_error("%s cannot be opened\n", CONVOLUTIONS_FILE);
        return -1;
    }
    bool good = vector_file_read(stream, &vectors, &error);
    fclose(stream);
    if (!good)
        print_error("%s: %s\n", CONVOLUTIONS_FILE, error.text);
    return good ? 0 : -1;
}

static int free_vectors(void **state)
{
    (void)state;
    vector_file_free(&vectors);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_pytorchs),
        cmocka_unit_test(plans_give_the_same_bits),
        cmocka_unit_test(strides_do_not_change_the_bits),
        cmocka_unit_test(damaged_files_are_refused),
    };
    return cmocka_run_group_tests_name("convolutions recorded from PyTorch", tests, read_vectors,
                                       free_vectors);
}
