// SPDX-License-Identifier: Apache-2.0
//
// Allocations that fail: each in turn, and nothing is lost or half done.
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

// An allocator that fails from its n-th allocation on and counts what it holds.
typedef struct ledger {
    int until_failure; // allocations that still succeed; -1: all do
    int held;
} ledger;

static long failures; // of allocations, over all tests

static void *allocate(void *context, size_t size, size_t alignment)
{
    ledger *l = context;
    assert_true(size > 0);
    assert_true(alignment > 0 && (alignment & (alignment - 1)) == 0);
    if (l->until_failure == 0) {
        failures++;
        return NULL;
    }
    l->until_failure -= l->until_failure > 0;
    void *memory = NULL;
    size_t least = sizeof(void *); // what posix_memalign asks for
    assert_int_equal(posix_memalign(&memory, alignment < least ? least : alignment, size), 0);
    memset(memory, 0xa5, size);
    l->held++;
    return memory;
}

static void release(void *context, void *memory)
{
    ledger *l = context;
    assert_non_null(memory);
    assert_true(l->held-- > 0);
    free(memory);
}

// A random convolution, or a gradient of one, that takes its memory from a ledger.
typedef struct fixture {
    ledger books;
    faltung_allocator allocator;
    faltung_conv conv;
    operands o;
    const faltung_tensor *first, *second, *bias; // what it is computed of
    array output;
    array once; // computed without failures
} fixture;

enum { EVERY_FIXTURE = 36 };

static sample sample_for(prng *random, int i, bool is_gradient)
{
    sample s;
    do // of a dilated input there are no gradients
        s = sample_random(random, i % 2, i / 2 % 3 + 1);
    while (is_gradient && sample_is_dilated(&s));
    return s;
}

// Makes a gradient of what has been a convolution.
static void differentiate(fixture *f, const sample *s, bool of_weight)
{
    f->conv.operation = of_weight
                            ? (s->transposed ? FALTUNG_CONV_TRANSPOSE_WEIGHT : FALTUNG_CONV_WEIGHT)
                            : (s->transposed ? FALTUNG_CONV_TRANSPOSE_INPUT : FALTUNG_CONV_INPUT);
    memset(f->conv.output_padding, 0, sizeof f->conv.output_padding);
    f->conv.has_output_size = true;
    for (int a = 0; a < s->axes; a++) {
        const faltung_axis *axis = &s->axis[3 - s->axes + a];
        f->conv.output_size[a] = of_weight ? axis->kernel : axis->input;
    }
    f->first = of_weight ? &f->o.input.tensor : &f->o.output.tensor;
    f->second = of_weight ? &f->o.output.tensor : &f->o.weight.tensor;
    f->bias = NULL;
}

static faltung_status convolve(const fixture *f, const array *output, faltung_message *message)
{
    return faltung_convolve(&f->conv, f->first, f->second, f->bias, &output->tensor, message);
}

// Every third is a convolution, the gradient of its input, or that of its weight.
static void set_up(fixture *f, prng *random, int i)
{
    faltung_message message = {""};
    const int kind = i / 6 % 3;
    sample s = sample_for(random, i, kind > 0);
    f->books = (ledger){-1, 0};
    f->allocator = (faltung_allocator){allocate, release, &f->books};
    f->conv = sample_conv(&s);
    operands_make(&f->o, &s, FALTUNG_F32);
    operands_fill_reals(&f->o, random);
    array_fill_reals(&f->o.output, random);
    f->first = &f->o.input.tensor;
    f->second = &f->o.weight.tensor;
    f->bias = &f->o.bias.tensor;
    if (kind > 0)
        differentiate(f, &s, kind == 2);
    const array *like[] = {&f->o.output, &f->o.input, &f->o.weight};
    array_make(&f->output, FALTUNG_F32, like[kind]->tensor.rank, like[kind]->shape);
    array_make(&f->once, FALTUNG_F32, like[kind]->tensor.rank, like[kind]->shape);
    array_fill_bytes(&f->output, 0xff);
    assert_ok(convolve(f, &f->once, &message), &message);
    f->conv.allocator = &f->allocator;
}

static void tear_down(fixture *f)
{
    assert_int_equal(f->books.held, 0);
    array_free(&f->once);
    array_free(&f->output);
    operands_free(&f->o);
}

static faltung_status create(fixture *f, faltung_plan **plan, faltung_message *message)
{
    return faltung_plan_create(&f->conv, f->first, f->second, f->bias, plan, message);
}

static faltung_status run(const fixture *f, const faltung_plan *plan, void *workspace,
                          faltung_message *message)
{
    if (f->second == &f->o.output.tensor)
        return faltung_plan_run_weight(plan, f->first, f->second, &f->output.tensor, workspace,
                                       message);
    return faltung_plan_run(plan, f->first, &f->output.tensor, workspace, message);
}

static void a_plan_takes_its_memory_from_the_allocator(void **state)
{
    (void)state;
    prng random = {24};
    for (int i = 0; i < EVERY_FIXTURE; i++) {
        fixture f;
        faltung_message message = {""};
        faltung_plan *plan = NULL;
        set_up(&f, &random, i);
        assert_ok(create(&f, &plan, &message), &message);
        assert_true(f.books.held > 0);
        // Everything that the plan was made from may go, the struct of the allocator included.
        memset(&f.conv, 0, sizeof f.conv);
        memset(&f.allocator, 0, sizeof f.allocator);
        int held = f.books.held;
        assert_ok(run(&f, plan, NULL, &message), &message);
        assert_true(array_same_bits(&f.output, &f.once));
        assert_int_equal(f.books.held, held);
        faltung_plan_destroy(plan);
        tear_down(&f);
    }
}

// A weight over no input channels has no elements: nothing is allocated for it.
static void a_plan_over_nothing_allocates_nothing_for_it(void **state)
{
    (void)state;
    ledger books = {-1, 0};
    const faltung_allocator allocator = {allocate, release, &books};
    faltung_message message = {""};
    sample s = sample_make(false, 2);
    s.channels_in = 0;
    assert_true(sample_measure(&s));
    operands o;
    operands_make(&o, &s, FALTUNG_F32);
    array_set(&o.bias, 0, 7);
    faltung_conv conv = sample_conv(&s);
    conv.allocator = &allocator;
    faltung_plan *plan = NULL;
    o.weight.tensor.data = o.input.tensor.data = NULL; // there is nothing to point at
    assert_ok(faltung_plan_create(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor, &plan,
                                  &message),
              &message);
    assert_ok(faltung_plan_run(plan, &o.input.tensor, &o.output.tensor, NULL, &message), &message);
    assert_true(array_get(&o.output, 0) == 7);
    faltung_plan_destroy(plan);
    assert_int_equal(books.held, 0);
    operands_free(&o);
}

// Fails the n-th allocation for every n until there is none left to fail.
static void every_failing_allocation_of_a_plan_is_reported(void **state)
{
    (void)state;
    prng random = {25};
    for (int i = 0; i < EVERY_FIXTURE; i++) {
        fixture f;
        faltung_plan *plan = NULL;
        faltung_message message = {""};
        set_up(&f, &random, i);
        int n = 0;
        for (;; n++) {
            assert_true(n < 100);
            plan = (faltung_plan *)&f;
            f.books = (ledger){n, 0};
            faltung_status status = create(&f, &plan, &message);
            if (status == FALTUNG_OK)
                break;
            assert_refused(status, FALTUNG_ERROR_MEMORY, &message, "", NULL);
            assert_null(plan);
            assert_int_equal(f.books.held, 0);
        }
        assert_true(n > 0);
        faltung_plan_destroy(plan);
        tear_down(&f);
    }
}

static void a_run_that_finds_no_memory_can_be_tried_again(void **state)
{
    (void)state;
    prng random = {26};
    for (int i = 0; i < EVERY_FIXTURE; i++) {
        fixture f;
        faltung_plan *plan = NULL;
        faltung_message message = {""};
        set_up(&f, &random, i);
        assert_ok(create(&f, &plan, &message), &message);
        int held = f.books.held;
        for (int n = 0;; n++) {
            assert_true(n < 100);
            f.books.until_failure = n;
            faltung_status status = run(&f, plan, NULL, &message);
            assert_int_equal(f.books.held, held);
            if (status == FALTUNG_OK)
                break;
            assert_refused(status, FALTUNG_ERROR_MEMORY, &message, "", NULL);
        }
        assert_true(array_same_bits(&f.output, &f.once));
        f.books.until_failure = -1;
        faltung_plan_destroy(plan);
        tear_down(&f);
    }
}

// With a workspace given, a run allocates nothing.
static void a_run_with_a_workspace_needs_no_memory(void **state)
{
    (void)state;
    prng random = {27};
    for (int i = 0; i < EVERY_FIXTURE; i++) {
        fixture f;
        faltung_plan *plan = NULL;
        faltung_message message = {""};
        set_up(&f, &random, i);
        assert_ok(create(&f, &plan, &message), &message);
        size_t bytes = faltung_plan_workspace(plan);
        void *workspace = NULL;
        assert_int_equal(posix_memalign(&workspace, 64, bytes ? bytes : 64), 0);
        f.books.until_failure = 0;
        assert_ok(run(&f, plan, workspace, &message), &message);
        assert_true(array_same_bits(&f.output, &f.once));
        free(workspace);
        faltung_plan_destroy(plan);
        tear_down(&f);
    }
}

static void every_failing_allocation_of_one_call_is_reported(void **state)
{
    (void)state;
    prng random = {28};
    for (int i = 0; i < EVERY_FIXTURE; i++) {
        fixture f;
        faltung_message message = {""};
        set_up(&f, &random, i);
        for (int n = 0;; n++) {
            assert_true(n < 100);
            f.books = (ledger){n, 0};
            faltung_status status = convolve(&f, &f.output, &message);
            assert_int_equal(f.books.held, 0);
            if (status == FALTUNG_OK)
                break;
            assert_refused(status, FALTUNG_ERROR_MEMORY, &message, "", NULL);
        }
        assert_true(array_same_bits(&f.output, &f.once));
        tear_down(&f);
    }
}

static void an_allocator_without_functions_is_refused(void **state)
{
    (void)state;
    prng random = {29};
    fixture f;
    faltung_message message = {""};
    faltung_plan *plan = NULL;
    set_up(&f, &random, 0);
    f.allocator.allocate = NULL;
    assert_refused(create(&f, &plan, &message), FALTUNG_ERROR_NULL, &message, "allocator->allocate",
                   NULL);
    f.allocator = (faltung_allocator){allocate, NULL, &f.books};
    assert_refused(create(&f, &plan, &message), FALTUNG_ERROR_NULL, &message, "allocator->release",
                   NULL);
    assert_null(plan);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_takes_its_memory_from_the_allocator),
        cmocka_unit_test(a_plan_over_nothing_allocates_nothing_for_it),
        cmocka_unit_test(every_failing_allocation_of_a_plan_is_reported),
        cmocka_unit_test(a_run_that_finds_no_memory_can_be_tried_again),
        cmocka_unit_test(a_run_with_a_workspace_needs_no_memory),
        cmocka_unit_test(every_failing_allocation_of_one_call_is_reported),
        cmocka_unit_test(an_allocator_without_functions_is_refused),
    };
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    print_message("counted: %ld failing allocations of the library\n", failures);
    return status;
}
