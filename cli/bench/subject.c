// SPDX-License-Identifier: Apache-2.0
#include "bench/subject.h"

#include "files/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

// A byte that, repeated, is a NaN of every type.
enum { NAN_BYTE = 0xff };

// At least `size` bytes, all of them NAN_BYTE.
static void *take_memory(size_t size, const char *what, faltung_message *message)
{
    void *memory = size < SIZE_MAX - ALIGNMENT
                       ? aligned_alloc(ALIGNMENT, (size / ALIGNMENT + 1) * ALIGNMENT)
                       : NULL;
    if (memory)
        memset(memory, NAN_BYTE, size);
    else
        snprintf(message->text, sizeof message->text, "out of memory: %zu bytes for the %s", size,
                 what);
    return memory;
}

static bool take_tensor(faltung_tensor *tensor, const char *what, faltung_message *message)
{
    int64_t count;
    if (faltung_tensor_count(tensor, &count, message))
        return false;
    tensor->data = take_memory((size_t)count * faltung_dtype_size(tensor->dtype), what, message);
    return tensor->data;
}

// Complex numbers as twice as many real ones.
static bool fill_parts(faltung_generator *generator, const faltung_tensor *tensor,
                       faltung_message *message)
{
    int64_t count;
    faltung_tensor_count(tensor, &count, NULL);
    const int64_t parts[] = {count, 2};
    const faltung_dtype dtype = tensor->dtype == FALTUNG_C64 ? FALTUNG_F32 : FALTUNG_F64;
    const faltung_tensor real = {tensor->data, dtype, 2, parts, NULL};
    return !faltung_randn(generator, &real, message);
}

// Integers use about the range of 8 bits.
static void widen(const faltung_tensor *wide)
{
    int64_t count;
    float *numbers = wide->data;
    faltung_tensor_count(wide, &count, NULL);
    for (int64_t i = 0; i < count; i++)
        numbers[i] *= 40;
}

// faltung_randn draws f32 and f64: the others are rounded from f32.
static bool fill(faltung_generator *generator, const faltung_tensor *tensor,
                 faltung_message *message)
{
    if (tensor->dtype == FALTUNG_F32 || tensor->dtype == FALTUNG_F64)
        return !faltung_randn(generator, tensor, message);
    if (is_complex(tensor->dtype))
        return fill_parts(generator, tensor, message);
    faltung_tensor wide = *tensor;
    wide.dtype = FALTUNG_F32;
    if (!take_tensor(&wide, "numbers", message))
        return false;
    bool done = !faltung_randn(generator, &wide, message);
    if (done && is_integer(tensor->dtype))
        widen(&wide);
    done = done && !faltung_tensor_copy(&wide, tensor, message);
    free(wide.data);
    return done;
}

static bool take_operands(subject *u, faltung_message *message)
{
    faltung_generator generator;
    return !faltung_manual_seed(&generator, 0, message) &&
           take_tensor(&u->input, "input", message) && fill(&generator, &u->input, message) &&
           take_tensor(&u->weight, "weight", message) && fill(&generator, &u->weight, message) &&
           take_tensor(&u->output, "output", message);
}

static bool plan(subject *u, faltung_message *message)
{
    if (faltung_plan_create(&u->call.conv, &u->input, &u->weight, NULL, &u->plan, message))
        return false;
    size_t workspace = faltung_plan_workspace(u->plan);
    u->workspace = workspace ? take_memory(workspace, "workspace", message) : NULL;
    return (u->workspace || !workspace) && !faltung_plan_explain(u->plan, &u->explanation, message);
}

// Lays the operands, which are filled, and the result out as the problem says: any numbers will do.
static void lay_out(subject *u)
{
    u->input.strides = u->call.input_strides;
    u->weight.strides = u->call.weight_strides;
    u->output.strides = u->call.output_strides;
}

bool subject_make(subject *u, const faltung_problem *problem, faltung_message *message)
{
    *u = (subject){.problem = *problem};
    const faltung_call *c = &u->call;
    // Before any memory is taken, whether it can be computed at all.
    if (faltung_problem_call(problem, &u->call, message))
        return false;
    u->input = (faltung_tensor){NULL, c->dtype, c->input_rank, c->input_shape, NULL};
    u->weight = (faltung_tensor){NULL, c->weight_dtype, c->weight_rank, c->weight_shape, NULL};
    u->output = (faltung_tensor){NULL, c->output_dtype, c->output_rank, c->output_shape, NULL};
    if (faltung_explain(&c->conv, &u->input, &u->weight, &u->explanation, message))
        return false;
    if (take_operands(u, message)) {
        lay_out(u);
        if (plan(u, message))
            return true;
    }
    subject_free(u);
    return false;
}

void subject_free(subject *u)
{
    faltung_plan_destroy(u->plan);
    free(u->workspace);
    free(u->input.data);
    free(u->weight.data);
    free(u->output.data);
    *u = (subject){0};
}

static bool is_of_weight(const subject *u)
{
    return u->call.conv.operation == FALTUNG_CONV_WEIGHT ||
           u->call.conv.operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
}

bool subject_run(const subject *u, faltung_message *message)
{
    return !(is_of_weight(u)
                 ? faltung_plan_run_weight(u->plan, &u->input, &u->weight, &u->output, u->workspace,
                                           message)
                 : faltung_plan_run(u->plan, &u->input, &u->output, u->workspace, message));
}
