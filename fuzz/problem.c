// SPDX-License-Identifier: Apache-2.0
//
// Problem strings. Whatever is read is written as a string that is read as the same, and written
// again the same; and the problem can be asked for its operands and explained, or is refused.
#include <faltung.h>

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 600, WRITTEN = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

// A refusal has one line of text, all else has none.
static bool is_done(faltung_status status, faltung_message *message)
{
    require((status != FALTUNG_OK) == (message->text[0] != 0));
    require(!strchr(message->text, '\n'));
    message->text[0] = 0;
    return status == FALTUNG_OK;
}

static void require_round_trip(const faltung_problem *problem)
{
    faltung_message message = {""};
    faltung_problem again;
    char first[WRITTEN], second[WRITTEN];
    if (!is_done(faltung_problem_format(problem, first, sizeof first, &message), &message))
        abort();
    if (!is_done(faltung_problem_parse(first, &again, &message), &message))
        abort();
    if (!is_done(faltung_problem_format(&again, second, sizeof second, &message), &message))
        abort();
    require(strcmp(first, second) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[LONGEST + 1];
    faltung_message message = {""};
    faltung_problem problem;
    faltung_call c;
    if (size > LONGEST)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    if (!is_done(faltung_problem_parse(text, &problem, &message), &message))
        return 0;
    require_round_trip(&problem);
    if (!is_done(faltung_problem_call(&problem, &c, &message), &message))
        return 0;
    faltung_explanation explanation;
    const faltung_tensor input = {NULL, c.dtype, c.input_rank, c.input_shape, c.input_strides};
    const faltung_tensor weight = {NULL, c.weight_dtype, c.weight_rank, c.weight_shape,
                                   c.weight_strides};
    is_done(faltung_explain(&c.conv, &input, &weight, &explanation, &message), &message);
    return 0;
}
