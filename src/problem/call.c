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

faltung_status faltung_problem_call(const faltung_problem *problem, faltung_call *call,
                                    faltung_message *message)
{
    if (!problem || !call)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", problem ? "call" : "problem");
    const fal_operation *operation = fal_find_operation(problem->conv.operation);
    if (!operation)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "operation=%d is no operation",
                        (int)problem->conv.operation);
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
    return FALTUNG_OK;
}
