// SPDX-License-Identifier: Apache-2.0
//
// The calls that plan on the spot and keep nothing.
#include "base/fail.h"
#include "base/memory.h"
#include "plan/choose.h"
#include "tensor/tensor.h"

faltung_status faltung_output_shape(const faltung_conv *conv, const faltung_tensor *input,
                                    const faltung_tensor *weight,
                                    int64_t shape[FALTUNG_MAX_AXES + 2], faltung_message *message)
{
    if (!shape)
        return fal_fail(message, FALTUNG_ERROR_NULL, "shape is NULL");
    fal_valid valid;
    faltung_status status = fal_validate(conv, input, weight, NULL, &valid, message);
    if (!status)
        fal_output_shape(&valid, shape);
    return status;
}

faltung_status faltung_explain(const faltung_conv *conv, const faltung_tensor *input,
                               const faltung_tensor *weight, faltung_explanation *explanation,
                               faltung_message *message)
{
    if (!explanation)
        return fal_fail(message, FALTUNG_ERROR_NULL, "explanation is NULL");
    fal_choice choice;
    faltung_status status = fal_choose(conv, input, weight, NULL, &choice, message);
    if (!status)
        fal_explain_choice(&choice, explanation);
    return status;
}

// Packs the weight and runs, in one piece of memory that is given back.
static faltung_status plan_and_run(const fal_choice *choice, const faltung_allocator *allocator,
                                   const fal_operands *operands, faltung_message *message)
{
    size_t bytes = fal_choice_packed_bytes(choice) + fal_choice_workspace(choice);
    char *memory = bytes ? fal_allocate(allocator, bytes) : NULL;
    if (bytes && !memory)
        return fal_fail(message, FALTUNG_ERROR_MEMORY,
                        "out of memory: %zu bytes of workspace for %s", bytes,
                        choice->algorithm->name);
    fal_pack_and_run(choice, operands, memory);
    fal_release(allocator, memory);
    return FALTUNG_OK;
}

faltung_status faltung_convolve(const faltung_conv *conv, const faltung_tensor *input,
                                const faltung_tensor *weight, const faltung_tensor *bias,
                                const faltung_tensor *output, faltung_message *message)
{
    return faltung_convolve_residual(conv, input, weight, bias, NULL, output, message);
}

faltung_status faltung_convolve_residual(const faltung_conv *conv, const faltung_tensor *input,
                                         const faltung_tensor *weight, const faltung_tensor *bias,
                                         const faltung_tensor *residual,
                                         const faltung_tensor *output, faltung_message *message)
{
    fal_choice choice;
    faltung_status status = fal_choose(conv, input, weight, bias, &choice, message);
    if (!status)
        status = fal_tensor_check_data(weight, "weight", message);
    if (!status && bias)
        status = fal_tensor_check_data(bias, "bias", message);
    if (!status)
        status = choice.valid.of_weight
                     ? fal_validate_weight_run(&choice.valid, input, weight, output, message)
                     : fal_validate_run(&choice.valid, input, output, message);
    if (!status)
        status = fal_validate_apart(output, weight, bias, message);
    if (!status)
        status = fal_validate_residual(&choice.valid, residual, output, message);
    if (status || (choice.valid.batch == 0 && !choice.valid.of_weight)) // nothing is to be computed
        return status;
    fal_operands operands = fal_choice_operands(&choice, input, weight, bias, output);
    fal_add_residual(&operands, residual);
    return plan_and_run(&choice, conv->allocator, &operands, message);
}
