// SPDX-License-Identifier: Apache-2.0
//
// Plans: the same bits as one call, as often, from as many threads and with whatever strides.
#include "oracle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// A random convolution, planned, and its output from one call.
typedef struct fixture {
    sample s;
    faltung_conv conv;
    operands o;
    array once; // the output of faltung_convolve
    faltung_plan *plan;
} fixture;

static void set_up(fixture *f, prng *random, int i, faltung_dtype dtype)
{
    faltung_message message = {""};
    f->s = sample_random(random, i % 2, i / 2 % 3 + 1);
    f->conv = sample_conv(&f->s);
    operands_make(&f->o, &f->s, dtype);
    operands_fill_reals(&f->o, random);
    array_make(&f->once, dtype, f->o.output.tensor.rank, f->o.output.shape);
    assert_ok(faltung_convolve(&f->conv, &f->o.input.tensor, &f->o.weight.tensor, &f->o.bias.tensor,
                               &f->once.tensor, &message),
              &message);
    assert_ok(faltung_plan_create(&f->conv, &f->o.input.tensor, &f->o.weight.tensor,
                                  &f->o.bias.tensor, &f->plan, &message),
              &message);
    assert_non_null(f->plan);
}

static void tear_down(fixture *f)
{
    faltung_plan_destroy(f->plan);
    array_free(&f->once);
    operands_free(&f->o);
}

// Runs the plan into an output that was never written.
static void run(fixture *f, const faltung_tensor *input, void *workspace)
{
    faltung_message message = {""};
    array_fill_bytes(&f->o.output, 0xff);
    assert_ok(faltung_plan_run(f->plan, input, &f->o.output.tensor, workspace, &message), &message);
}

static void a_plan_gives_the_bits_of_one_call(void **state)
{
    (void)state;
    prng random = {18};
    static const faltung_dtype dtypes[] = {FALTUNG_F32, FALTUNG_F64, FALTUNG_F16};
    for (int i = 0; i < 240; i++) {
        fixture f;
        set_up(&f, &random, i, dtypes[i / 6 % 3]);
        for (int again = 0; again < 2; again++) {
            run(&f, &f.o.input.tensor, NULL);
            assert_true(array_same_bits(&f.o.output, &f.once));
        }
        tear_down(&f);
    }
}

static void a_plan_without_a_bias_adds_none(void **state)
{
    (void)state;
    prng random = {19};
    fixture f;
    set_up(&f, &random, 2, FALTUNG_F32);
    faltung_message message = {""};
    faltung_plan *plan = NULL;
    assert_ok(
        faltung_plan_create(&f.conv, &f.o.input.tensor, &f.o.weight.tensor, NULL, &plan, &message),
        &message);
    assert_ok(faltung_convolve(&f.conv, &f.o.input.tensor, &f.o.weight.tensor, NULL, &f.once.tensor,
                               &message),
              &message);
    assert_ok(faltung_plan_run(plan, &f.o.input.tensor, &f.o.output.tensor, NULL, &message),
              &message);
    assert_true(array_same_bits(&f.o.output, &f.once));
    faltung_plan_destroy(plan);
    tear_down(&f);
}

static void a_plan_keeps_copies(void **state)
{
    (void)state;
    prng random = {20};
    for (int i = 0; i < 30; i++) {
        fixture f;
        set_up(&f, &random, i, FALTUNG_F32);
        // Everything that the plan was made from, but the numbers to run it on, is gone.
        array_free(&f.o.weight);
        array_free(&f.o.bias);
        memset(&f.conv, 0x55, sizeof f.conv);
        run(&f, &f.o.input.tensor, NULL);
        assert_true(array_same_bits(&f.o.output, &f.once));
        tear_down(&f);
    }
}

static void inputs_may_change_their_strides_and_numbers(void **state)
{
    (void)state;
    prng random = {21};
    for (int i = 0; i < 60; i++) {
        fixture f;
        set_up(&f, &random, i, FALTUNG_F64);
        // The same numbers with their first and last axis exchanged in memory.
        int rank = f.o.input.tensor.rank;
        array turned;
        array_make(&turned, FALTUNG_F64, 1, &f.o.input.count);
        int64_t strides[5];
        int64_t step = 1;
        for (int a = 0; a < rank; a++) {
            strides[a] = step;
            step *= f.o.input.shape[a];
        }
        faltung_tensor view = {turned.memory, FALTUNG_F64, rank, f.o.input.shape, strides};
        assert_int_equal(faltung_tensor_copy(&f.o.input.tensor, &view, NULL), FALTUNG_OK);
        run(&f, &view, NULL);
        assert_true(array_same_bits(&f.o.output, &f.once));

        array_fill_reals(&f.o.input, &random);
        faltung_message message = {""};
        assert_ok(faltung_convolve(&f.conv, &f.o.input.tensor, &f.o.weight.tensor, &f.o.bias.tensor,
                                   &f.once.tensor, &message),
                  &message);
        run(&f, &f.o.input.tensor, NULL);
        assert_true(array_same_bits(&f.o.output, &f.once));
        array_free(&turned);
        tear_down(&f);
    }
}

// What the input's strides are is a matter of each run.
static void a_plan_does_not_look_at_strides(void **state)
{
    (void)state;
    const int64_t shape[] = {2, 3, 5};
    const int64_t kernel[] = {1, 3, 2};
    const int64_t absurd[] = {INT64_MIN, INT64_MAX, INT64_MIN};
    faltung_message message = {""};
    array weight;
    array_make(&weight, FALTUNG_F32, 3, kernel);
    const faltung_conv conv = FALTUNG_CONV1D;
    const faltung_tensor input = {NULL, FALTUNG_F32, 3, shape, absurd};
    faltung_plan *plan = NULL;
    assert_ok(faltung_plan_create(&conv, &input, &weight.tensor, NULL, &plan, &message), &message);
    faltung_plan_destroy(plan);
    array_free(&weight);
}

static void a_workspace_may_be_given(void **state)
{
    (void)state;
    prng random = {22};
    for (int i = 0; i < 60; i++) {
        fixture f;
        set_up(&f, &random, i, FALTUNG_F32);
        size_t bytes = faltung_plan_workspace(f.plan);
        void *workspace = NULL;
        assert_int_equal(posix_memalign(&workspace, 64, bytes ? bytes : 64), 0);
        memset(workspace, 0xff, bytes ? bytes : 64);
        run(&f, &f.o.input.tensor, workspace);
        assert_true(array_same_bits(&f.o.output, &f.once));
        free(workspace);
        tear_down(&f);
    }
}

// ---------------------------------------------------------------------------------------- threads

typedef struct runner {
    const faltung_plan *plan;
    const faltung_tensor *input;
    array output;
    const array *expected;
    int wrong; // cmocka may not be used from here
} runner;

static void *run_often(void *argument)
{
    runner *r = argument;
    for (int i = 0; i < 50; i++) {
        array_fill_bytes(&r->output, 0xff);
        if (faltung_plan_run(r->plan, r->input, &r->output.tensor, NULL, NULL) != FALTUNG_OK ||
            !array_same_bits(&r->output, r->expected))
            r->wrong++;
    }
    return NULL;
}

static void threads_may_share_a_plan(void **state)
{
    (void)state;
    prng random = {23};
    for (int i = 0; i < 12; i++) {
        fixture f;
        pthread_t threads[4];
        runner runners[4];
        set_up(&f, &random, i, FALTUNG_F32);
        for (int t = 0; t < 4; t++) {
            runners[t] = (runner){.plan = f.plan, .input = &f.o.input.tensor, .expected = &f.once};
            array_make(&runners[t].output, FALTUNG_F32, f.once.tensor.rank, f.once.shape);
            assert_int_equal(pthread_create(&threads[t], NULL, run_often, &runners[t]), 0);
        }
        for (int t = 0; t < 4; t++) {
            assert_int_equal(pthread_join(threads[t], NULL), 0);
            assert_int_equal(runners[t].wrong, 0);
            array_free(&runners[t].output);
        }
        tear_down(&f);
    }
}

// --------------------------------------------------------------------------------------- refusals

// A plan for a (2, 1, 5, 6) by (1, 1, 3, 3), and so of an output of (2, 1, 3, 4).
static faltung_plan *small_plan(array *input, array *weight, array *output)
{
    const int64_t shapes[][4] = {{2, 1, 5, 6}, {1, 1, 3, 3}, {2, 1, 3, 4}};
    const faltung_conv conv = FALTUNG_CONV2D;
    faltung_plan *plan = NULL;
    array_make(input, FALTUNG_F32, 4, shapes[0]);
    array_make(weight, FALTUNG_F32, 4, shapes[1]);
    array_make(output, FALTUNG_F32, 4, shapes[2]);
    assert_int_equal(faltung_plan_create(&conv, &input->tensor, &weight->tensor, NULL, &plan, NULL),
                     FALTUNG_OK);
    return plan;
}

static void runs_on_other_shapes_and_types_are_refused(void **state)
{
    (void)state;
    faltung_message message = {""};
    array input, weight, output;
    faltung_plan *plan = small_plan(&input, &weight, &output);
    const int64_t smaller[] = {1, 1, 5, 6};
    const int64_t swapped[] = {2, 1, 6, 5};
    const int64_t wide[] = {2, 1, 3, 5};
    const faltung_tensor x = input.tensor;
    const faltung_tensor y = output.tensor;
    faltung_tensor t = x;
    t.shape = smaller;
    assert_refused(faltung_plan_run(plan, &t, &y, NULL, &message), FALTUNG_ERROR_SHAPE, &message,
                   "input", "[1, 1, 5, 6]");
    t.shape = swapped;
    assert_refused(faltung_plan_run(plan, &t, &y, NULL, &message), FALTUNG_ERROR_SHAPE, &message,
                   "input", "[2, 1, 6, 5]");
    t = x;
    t.rank = 3;
    t.shape = x.shape + 1;
    assert_refused(faltung_plan_run(plan, &t, &y, NULL, &message), FALTUNG_ERROR_RANK, &message,
                   "input", NULL);
    t = x;
    t.dtype = FALTUNG_F16;
    assert_refused(faltung_plan_run(plan, &t, &y, NULL, &message), FALTUNG_ERROR_DTYPE, &message,
                   "input", "f16");
    t = y;
    t.shape = wide;
    assert_refused(faltung_plan_run(plan, &x, &t, NULL, &message), FALTUNG_ERROR_SHAPE, &message,
                   "output", "[2, 1, 3, 5]");
    t = y;
    t.dtype = FALTUNG_F16;
    assert_refused(faltung_plan_run(plan, &x, &t, NULL, &message), FALTUNG_ERROR_DTYPE, &message,
                   "output", "f16");
    faltung_plan_destroy(plan);
    array_free(&input);
    array_free(&weight);
    array_free(&output);
}

static void outputs_that_overlap_are_refused(void **state)
{
    (void)state;
    faltung_message message = {""};
    array input, weight, output;
    faltung_plan *plan = small_plan(&input, &weight, &output);
    const faltung_conv conv = FALTUNG_CONV2D;
    const int64_t stacked[] = {0, 0, 4, 1};   // both batches in one place
    const int64_t running[] = {12, 12, 3, 1}; // rows that run together
    faltung_tensor y = output.tensor;
    const faltung_tensor *x = &input.tensor;
    for (int i = 0; i < 4; i++) {
        y = output.tensor;
        if (i == 0)
            y.strides = stacked;
        if (i == 1)
            y.strides = running;
        if (i == 2)
            y.data = input.memory;
        if (i == 3)
            y.data = (float *)input.memory + 36; // into the last element but 23
        assert_refused(faltung_plan_run(plan, x, &y, NULL, &message), FALTUNG_ERROR_OVERLAP,
                       &message, "output", NULL);
        assert_refused(faltung_convolve(&conv, x, &weight.tensor, NULL, &y, &message),
                       FALTUNG_ERROR_OVERLAP, &message, "output", NULL);
    }
    // The weight and the bias are operands of one call, too; a plan has its own.
    array bias;
    const int64_t one = 1;
    array_make(&bias, FALTUNG_F32, 1, &one);
    faltung_tensor weight_in_output = weight.tensor;
    faltung_tensor bias_in_output = bias.tensor;
    weight_in_output.data = bias_in_output.data = (float *)output.memory + 11;
    assert_refused(faltung_convolve(&conv, x, &weight_in_output, NULL, &output.tensor, &message),
                   FALTUNG_ERROR_OVERLAP, &message, "output", "weight");
    assert_refused(
        faltung_convolve(&conv, x, &weight.tensor, &bias_in_output, &output.tensor, &message),
        FALTUNG_ERROR_OVERLAP, &message, "output", "bias");
    array_free(&bias);
    faltung_plan_destroy(plan);
    array_free(&input);
    array_free(&weight);
    array_free(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_gives_the_bits_of_one_call),
        cmocka_unit_test(a_plan_without_a_bias_adds_none),
        cmocka_unit_test(a_plan_keeps_copies),
        cmocka_unit_test(inputs_may_change_their_strides_and_numbers),
        cmocka_unit_test(a_plan_does_not_look_at_strides),
        cmocka_unit_test(a_workspace_may_be_given),
        cmocka_unit_test(threads_may_share_a_plan),
        cmocka_unit_test(runs_on_other_shapes_and_types_are_refused),
        cmocka_unit_test(outputs_that_overlap_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
