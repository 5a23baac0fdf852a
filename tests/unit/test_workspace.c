// SPDX-License-Identifier: Apache-2.0
//
// A limit on a run's workspace: it is kept, whatever it is, and changes bits only where another
// algorithm has to be taken, as the explanation says.
#include "setting.h"

#include <stdlib.h>
#include <string.h>

static const char *const problems[] = {
    "conv2d:1x32x28x28,24x32x3x3,padding=1",
    "conv2d:2x3x64x64,16x3x5x5,stride=2",
    "conv2d:1x64x28x28,48x64x1x1",
    "conv2d:1x32x40x40,32x1x5x5,padding=2,groups=32",
    "conv3d:1x8x8x9x10,16x8x3x3x3,padding=1,dtype=f64",
    "conv_transpose2d:1x16x20x20,16x16x4x4,stride=2,padding=1",
    "conv2d_input:1x24x20x20,24x24x3x3,padding=1",
    "conv2d_weight:2x24x20x20,16x24x3x3,padding=1",
    "conv2d:1x8x20x20,8x8x3x3,dtype=f16",
    "conv2d:1x24x30x30,24x24x5x5,padding=2",
    "conv2d:1x2x200x200,2x2x21x21",
};

static faltung_explanation explain(const setting *s)
{
    faltung_explanation e;
    faltung_message m;
    assert_ok(faltung_explain(&s->call.conv, &s->input.tensor, &s->weight.tensor, &e, &m), &m);
    return e;
}

// Bytes that are taken at once, at most, and those taken now.
typedef struct account {
    size_t most, now;
} account;

static void *take(void *context, size_t size, size_t alignment)
{
    account *a = context;
    size_t whole = (size + 2 * alignment - 1) / alignment * alignment;
    char *memory = aligned_alloc(alignment, whole + alignment);
    if (!memory)
        return NULL;
    memcpy(memory, &size, sizeof size);
    a->now += size;
    a->most = a->now > a->most ? a->now : a->most;
    return memory + alignment;
}

static void give_back(void *context, void *memory)
{
    account *a = context;
    size_t size;
    char *begin = (char *)memory - 64; // what the library aligns to
    memcpy(&size, begin, sizeof size);
    a->now -= size;
    free(begin);
}

// Computes it within a limit, by a call and by a plan; fails unless both keep to it and agree.
static uint64_t compute(setting *s, size_t limit)
{
    faltung_message m;
    faltung_plan *plan;
    account a = {0, 0};
    const faltung_allocator allocator = {take, give_back, &a};
    const bool of_weight = s->call.conv.operation == FALTUNG_CONV_WEIGHT;
    s->call.conv.workspace_limit = limit;
    faltung_explanation e = explain(s);
    assert_true(limit == 0 || e.workspace_bytes <= limit);
    s->call.conv.allocator = &allocator;
    uint64_t hash = setting_compute(s);
    const size_t expected = e.workspace_bytes + e.packed_bytes, alignment = 64;
    assert_true(a.most <= expected + alignment && a.most >= expected && a.now == 0);
    s->call.conv.allocator = NULL;
    array again;
    array_make(&again, s->call.dtype, s->call.output_rank, s->call.output_shape);
    plan = setting_plan(s);
    assert_true(limit == 0 || faltung_plan_workspace(plan) <= limit);
    assert_ok(of_weight ? faltung_plan_run_weight(plan, &s->input.tensor, &s->weight.tensor,
                                                  &again.tensor, NULL, &m)
                        : faltung_plan_run(plan, &s->input.tensor, &again.tensor, NULL, &m),
              &m);
    assert_true(array_same_bits(&again, &s->output));
    array_free(&again);
    faltung_plan_destroy(plan);
    return hash;
}

static void a_limit_is_kept_and_changes_no_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        setting s;
        setting_make(&s, problems[i]);
        s.call.conv.threads = 5;
        const faltung_explanation free_of_it = explain(&s);
        assert_true(free_of_it.workspace_wanted == free_of_it.workspace_bytes);
        const uint64_t bits = compute(&s, 0);
        bool was_chosen = true;
        for (size_t limit = free_of_it.workspace_bytes + 100; limit && was_chosen;
             limit -= (limit + 2) / 3) {
            uint64_t limited = compute(&s, limit);
            faltung_explanation e = explain(&s);
            bool is_chosen = e.chosen == free_of_it.chosen;
            assert_true(!is_chosen || limited == bits);
            assert_true(e.workspace_wanted == free_of_it.workspace_bytes);
            was_chosen = is_chosen;
            if (!is_chosen)
                assert_string_equal(e.reason[free_of_it.chosen],
                                    "its workspace would be over the limit");
        }
        assert_true(!was_chosen || free_of_it.workspace_bytes == 0);
        setting_free(&s);
    }
}

// Whatever computes them, but for transforms, whole numbers are exact.
static void any_algorithm_gives_the_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        setting s;
        prng random = {5};
        setting_make(&s, problems[i]);
        s.call.conv.accuracy = FALTUNG_ACCURACY_EXACT;
        array_fill_integers(&s.input, &random, -2, 2);
        array_fill_integers(&s.weight, &random, -2, 2);
        array_fill_integers(&s.bias, &random, -2, 2);
        const uint64_t bits = compute(&s, 0);
        assert_true(compute(&s, 1) == bits);
        setting_free(&s);
    }
}

// Bands shrink before threads are given up, and threads are given up before the algorithm is.
static void threads_and_bands_make_do(void **state)
{
    (void)state;
    setting s;
    setting_make(&s, "conv2d:1x64x112x112,64x64x5x5,padding=2");
    s.call.conv.threads = 4;
    const faltung_explanation whole = explain(&s);
    assert_int_equal(whole.threads, 4);
    s.call.conv.workspace_limit = whole.workspace_bytes - 1;
    assert_int_equal(explain(&s).threads, 4);
    assert_int_equal(explain(&s).chosen, whole.chosen);
    s.call.conv.workspace_limit = whole.workspace_bytes / 5;
    faltung_explanation less = explain(&s);
    assert_true(less.threads < 4 && less.chosen == whole.chosen);
    setting_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_kept_and_changes_no_bit),
        cmocka_unit_test(any_algorithm_gives_the_result),
        cmocka_unit_test(threads_and_bands_make_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
