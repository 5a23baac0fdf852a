// SPDX-License-Identifier: Apache-2.0
#include "setting.h"

static void fill(array *a, prng *random)
{
    faltung_dtype dtype = a->tensor.dtype;
    if (dtype == FALTUNG_I8 || dtype == FALTUNG_U8 || dtype == FALTUNG_I32)
        array_fill_integers(a, random, -128, 255);
    else
        array_fill_reals(a, random);
}

void setting_make(setting *s, const char *text)
{
    faltung_message message;
    prng random = {1};
    faltung_problem *p = &s->problem;
    const faltung_call *c = &s->call;
    assert_ok(faltung_problem_parse(text, p, &message), &message);
    assert_ok(faltung_problem_call(p, &s->call, &message), &message);
    array_make(&s->input, c->dtype, c->input_rank, c->input_shape);
    array_make(&s->weight, c->weight_dtype, c->weight_rank, c->weight_shape);
    array_make(&s->output, c->output_dtype, c->output_rank, c->output_shape);
    s->has_bias = c->conv.operation <= FALTUNG_CONV_TRANSPOSE;
    array_make(&s->bias, c->output_dtype, 1, &c->output_shape[c->output_rank - c->conv.axes - 1]);
    fill(&s->input, &random);
    fill(&s->weight, &random);
    fill(&s->bias, &random);
}

void setting_free(setting *s)
{
    array_free(&s->input);
    array_free(&s->weight);
    array_free(&s->bias);
    array_free(&s->output);
}

static uint64_t hash_bytes(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

uint64_t setting_hash(const setting *s)
{
    return hash_bytes(s->output.memory,
                      (size_t)s->output.count * faltung_dtype_size(s->output.tensor.dtype));
}

uint64_t setting_compute(setting *s)
{
    faltung_message message;
    array_fill_bytes(&s->output, 0xff);
    assert_ok(faltung_convolve(&s->call.conv, &s->input.tensor, &s->weight.tensor,
                               s->has_bias ? &s->bias.tensor : NULL, &s->output.tensor, &message),
              &message);
    return setting_hash(s);
}

faltung_plan *setting_plan(const setting *s)
{
    faltung_message message;
    faltung_plan *plan = NULL;
    assert_ok(faltung_plan_create(&s->call.conv, &s->input.tensor, &s->weight.tensor,
                                  s->has_bias ? &s->bias.tensor : NULL, &plan, &message),
              &message);
    return plan;
}

const char *setting_algorithm(const char *problem, faltung_accuracy accuracy)
{
    setting s;
    faltung_message message;
    faltung_explanation e;
    setting_make(&s, problem);
    s.call.conv.accuracy = accuracy;
    assert_ok(faltung_explain(&s.call.conv, &s.input.tensor, &s.weight.tensor, &e, &message),
              &message);
    setting_free(&s);
    return e.algorithm[e.chosen];
}

bool has_instruction_set(const char *name)
{
    setting s;
    faltung_explanation e;
    setting_make(&s, "conv1d:1x1x8,1x1x3");
    s.call.conv.instruction_set = name;
    faltung_status status =
        faltung_explain(&s.call.conv, &s.input.tensor, &s.weight.tensor, &e, NULL);
    setting_free(&s);
    return status == FALTUNG_OK;
}
