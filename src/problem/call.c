// SPDX-License-Identifier: Apache-2.0
#include "base/fail.h"
#include "problem/operations.h"
#include "problem/validate.h"

#include <string.h>

// Fills in a rank and a shape.
#define SET_SHAPE(call, operand, rank, shape)                                                      \
    ((call)->operand##_rank = (rank),                                                              \
     memcpy((call)->operand##_shape, (shape), (size_t)(rank) * sizeof *(call)->operand##_shape))

// Lets a call compute a gradient, whose result has these spatial sizes.
static void ask_for_size(faltung_call *call, const int64_t *size)
{
    memset(call->conv.output_padding, 0, sizeof call->conv.output_padding);
    call->conv.has_output_size = true;
    memcpy(call->conv.output_size, size, (size_t)call->conv.axes * sizeof *size);
}

// Strides of a tensor without gaps, of which the axis `inner` is the fastest, or the last one for
// -1.
static void set_strides(int rank, const int64_t *shape, int inner, int64_t *strides)
{
    int64_t step = 1;
    for (int i = 0; i < rank; i++)
        step = shape[i] ? step : 0; // and so for all of nothing, whose sizes may have any product
    if (inner >= 0) {
        strides[inner] = step;
        step *= shape[inner];
    }
    for (int i = rank - 1; i >= 0; i--)
        if (i != inner) {
            strides[i] = step;
            step *= shape[i];
        }
}

static void lay_out(const fal_operation *operation, faltung_layout layout, faltung_call *call)
{
    const int channel = layout == FALTUNG_NHWC ? call->input_rank - call->conv.axes - 1 : -1;
    set_strides(call->input_rank, call->input_shape, channel, call->input_strides);
    set_strides(call->weight_rank, call->weight_shape, operation->of_weight ? channel : -1,
                call->weight_strides);
    set_strides(call->output_rank, call->output_shape, operation->of_weight ? -1 : channel,
                call->output_strides);
}

faltung_status faltung_problem_call(const faltung_problem *problem, faltung_call *call,
                                    faltung_message *message)
{
    if (!problem || !call)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", problem ? "call" : "problem");
    const fal_operation *operation = fal_find_operation(problem->conv.operation);
    if (!operation)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "operation=%d is no operation",
                        (int)problem->conv.operation);
    if ((unsigned)problem->layout > FALTUNG_NHWC)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "layout=%d is no layout",
                        (int)problem->layout);
    faltung_conv forward = problem->conv;
    forward.operation = operation->forward;
    const faltung_tensor input = {NULL, problem->dtype, problem->input_rank, problem->input_shape,
                                  NULL};
    const faltung_dtype of_weight = problem->weight_dtype ? problem->weight_dtype : problem->dtype;
    const faltung_tensor weight = {NULL, of_weight, problem->weight_rank, problem->weight_shape,
                                   NULL};
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_status status = faltung_output_shape(&forward, &input, &weight, shape, message);
    if (status)
        return status;
    *call = (faltung_call){.conv = problem->conv,
                           .dtype = problem->dtype,
                           .weight_dtype = of_weight,
                           .output_dtype = faltung_result_dtype(problem->dtype)};
    const int64_t *spatial = problem->input_shape + (problem->input_rank - forward.axes);
    SET_SHAPE(call, input, input.rank, problem->input_shape);
    SET_SHAPE(call, weight, weight.rank, problem->weight_shape);
    SET_SHAPE(call, output, input.rank, shape);
    if (operation->of_input) {
        SET_SHAPE(call, input, input.rank, shape);
        SET_SHAPE(call, output, input.rank, problem->input_shape);
        ask_for_size(call, spatial);
    }
    if (operation->of_weight) {
        SET_SHAPE(call, weight, input.rank, shape);
        SET_SHAPE(call, output, weight.rank, problem->weight_shape);
        ask_for_size(call, problem->weight_shape + 2);
    }
    lay_out(operation, problem->layout, call);
    return FALTUNG_OK;
}
