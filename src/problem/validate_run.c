// SPDX-License-Identifier: Apache-2.0
//
// What is checked each time that a validated convolution runs.
#include "problem/validate.h"

#include "base/fail.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <string.h>

static faltung_status check_operand(const faltung_tensor *tensor, const char *name,
                                    faltung_dtype dtype, int rank, const int64_t *shape,
                                    faltung_message *message)
{
    int64_t count;
    fal_list expected, found;
    faltung_status status = fal_tensor_check(tensor, name, &count, message);
    if (status)
        return status;
    if (tensor->dtype != dtype)
        return fal_fail(message, FALTUNG_ERROR_DTYPE, "%s has type %s, expected is %s", name,
                        faltung_dtype_name(tensor->dtype), faltung_dtype_name(dtype));
    if (tensor->rank != rank || memcmp(tensor->shape, shape, (size_t)rank * sizeof *shape) != 0)
        return fal_fail(message, tensor->rank != rank ? FALTUNG_ERROR_RANK : FALTUNG_ERROR_SHAPE,
                        "%s has size %s, expected is %s", name,
                        fal_list_write(&found, tensor->rank, tensor->shape),
                        fal_list_write(&expected, rank, shape));
    return fal_tensor_check_data(tensor, name, message);
}

faltung_status fal_validate_slab(const fal_valid *valid, const faltung_tensor *input,
                                 const int64_t *input_shape, const faltung_tensor *output,
                                 const int64_t *output_shape, faltung_message *message)
{
    int64_t shape[FALTUNG_MAX_AXES + 2];
    int rank = fal_input_shape(valid, shape);
    faltung_status status = check_operand(input, "input", valid->dtype, rank, input_shape, message);
    rank = fal_output_shape(valid, shape);
    if (!status)
        status = check_operand(output, "output", valid->output_dtype, rank, output_shape, message);
    if (!status)
        status = fal_tensor_check_self(output, "output", message);
    if (!status)
        status = fal_tensor_check_apart(output, "output", input, "input", message);
    return status;
}

faltung_status fal_validate_run(const fal_valid *valid, const faltung_tensor *input,
                                const faltung_tensor *output, faltung_message *message)
{
    int64_t of_input[FALTUNG_MAX_AXES + 2], of_output[FALTUNG_MAX_AXES + 2];
    fal_input_shape(valid, of_input);
    fal_output_shape(valid, of_output);
    return fal_validate_slab(valid, input, of_input, output, of_output, message);
}

faltung_status fal_validate_weight_run(const fal_valid *valid, const faltung_tensor *input,
                                       const faltung_tensor *grad_output,
                                       const faltung_tensor *grad_weight, faltung_message *message)
{
    int64_t shape[FALTUNG_MAX_AXES + 2];
    int rank = fal_forward_shape(valid, shape);
    faltung_status status = fal_validate_run(valid, input, grad_weight, message);
    if (!status)
        status = check_operand(grad_output, "grad_output", valid->dtype, rank, shape, message);
    if (!status)
        status = fal_tensor_check_apart(grad_weight, "output", grad_output, "grad_output", message);
    return status;
}

// Axes along which there is one element or none may have any stride.
static bool has_strides_of(const faltung_tensor *a, const faltung_tensor *b)
{
    int64_t of_a[FALTUNG_MAX_RANK], of_b[FALTUNG_MAX_RANK];
    fal_tensor_strides(a, of_a);
    fal_tensor_strides(b, of_b);
    for (int i = 0; i < a->rank; i++)
        if (a->shape[i] > 1 && of_a[i] != of_b[i])
            return false;
    return true;
}

faltung_status fal_validate_residual(const fal_valid *valid, const faltung_tensor *residual,
                                     const faltung_tensor *output, faltung_message *message)
{
    if (!residual)
        return FALTUNG_OK;
    if (valid->of_weight)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "a weight's gradient has no residual");
    faltung_status status = check_operand(residual, "residual", valid->output_dtype, output->rank,
                                          output->shape, message);
    if (status)
        return status;
    if (!has_strides_of(residual, output))
        return fal_fail(message, FALTUNG_ERROR_SHAPE,
                        "residual has other strides than output, expected are the same");
    return residual->data == output->data
               ? FALTUNG_OK
               : fal_tensor_check_apart(output, "output", residual, "residual", message);
}

faltung_status fal_validate_part(const fal_valid *valid, const faltung_part *part,
                                 faltung_message *message)
{
    int64_t shape[FALTUNG_MAX_AXES + 2];
    int rank = fal_output_shape(valid, shape);
    for (int i = 0; i < rank; i++) {
        int64_t begin = part->begin[i], end = part->end[i];
        if (begin < 0 || end < begin || end > shape[i])
            return fal_fail(message, FALTUNG_ERROR_SHAPE,
                            "part goes from %" PRId64 " to %" PRId64
                            " along axis %d of the output, allowed is from 0 to %" PRId64
                            " in this order",
                            begin, end, i, shape[i]);
    }
    return FALTUNG_OK;
}

faltung_status fal_validate_apart(const faltung_tensor *output, const faltung_tensor *weight,
                                  const faltung_tensor *bias, faltung_message *message)
{
    faltung_status status = fal_tensor_check_apart(output, "output", weight, "weight", message);
    if (!status && bias)
        status = fal_tensor_check_apart(output, "output", bias, "bias", message);
    return status;
}
