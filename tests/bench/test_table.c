// SPDX-License-Identifier: Apache-2.0
//
// The built-in table of layers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/problems.h"
#include "bench/table.h"

static void the_table_keeps_rows_that_cannot_be_computed_yet(void **state)
{
    (void)state;
    session s = {.out = stdout, .err = stderr, .command = "bench"};
    problem_list list = {0};
    assert_int_equal(problems_from_table(&s, &list), EXIT_DONE);
    assert_int_equal(list.count, layer_count);
    for (int i = 0; i < list.count; i++) {
        const wanted *w = &list.item[i];
        assert_string_equal(w->name, layers[i].name);
        assert_string_equal(w->text, layers[i].problem);
        assert_in_range(layers[i].target, 0, 400);
        assert_int_equal(w->target, layers[i].target);
        assert_true(w->understood || w->why.text[0]);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(layers[i].name, layers[j].name);
    }
    problems_free(&list);
}

static void what_the_table_has_and_is_understood_can_be_computed(void **state)
{
    (void)state;
    int understood = 0;
    for (int i = 0; i < layer_count; i++) {
        faltung_problem p;
        faltung_message message;
        faltung_explanation explanation;
        if (faltung_problem_parse(layers[i].problem, &p, NULL))
            continue;
        faltung_call c;
        if (faltung_problem_call(&p, &c, &message))
            fail_msg("%s: %s", layers[i].problem, message.text);
        const faltung_tensor input = {NULL, c.dtype, c.input_rank, c.input_shape, NULL};
        const faltung_tensor weight = {NULL, c.dtype, c.weight_rank, c.weight_shape, NULL};
        if (faltung_explain(&c.conv, &input, &weight, &explanation, &message))
            fail_msg("%s: %s", layers[i].problem, message.text);
        understood++;
    }
    assert_true(understood >= 41);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_keeps_rows_that_cannot_be_computed_yet),
        cmocka_unit_test(what_the_table_has_and_is_understood_can_be_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
