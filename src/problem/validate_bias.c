// SPDX-License-Identifier: Apache-2.0
#include "problem/validate.h"

#include "base/fail.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

#include <inttypes.h>

static faltung_status check_grad_output(const faltung_conv *conv, const faltung_tensor *tensor,
                                        faltung_message *message)
{
    int axes = conv->axes;
    fal_list list;
    if (fal_is_integer(tensor->dtype))
        return fal_fail(message, FALTUNG_ERROR_DTYPE,
                        "only floating-point and complex numbers have gradients, not %s",
                        faltung_dtype_name(tensor->dtype));
    if (tensor->rank != axes + 1 && tensor->rank != axes + 2)
        return fal_fail(message, FALTUNG_ERROR_RANK,
                        "grad_output of size %s, expected are %d (unbatched) or %d (batched) "
                        "dimensions",
                        fal_list_write(&list, tensor->rank, tensor->shape), axes + 1, axes + 2);
    for (int i = tensor->rank - axes - 1; i < tensor->rank; i++)
        if (tensor->shape[i] == 0)
            return fal_fail(message, FALTUNG_ERROR_EMPTY,
                            "grad_output of size %s is no convolution's: only its batch may be 0",
                            fal_list_write(&list, tensor->rank, tensor->shape));
    return fal_tensor_check_data(tensor, "grad_output", message);
}

static faltung_status check_grad_bias(const faltung_tensor *grad_output, int axes,
                                      const faltung_tensor *grad_bias, faltung_message *message)
{
    int64_t channels = grad_output->shape[grad_output->rank - axes - 1];
    fal_list list;
    if (grad_bias->dtype != grad_output->dtype)
        return fal_fail(message, FALTUNG_ERROR_DTYPE, "grad_bias has type %s, expected is %s",
                        faltung_dtype_name(grad_bias->dtype),
                        faltung_dtype_name(grad_output->dtype));
    if (grad_bias->rank != 1 || grad_bias->shape[0] != channels)
        return fal_fail(message, grad_bias->rank == 1 ? FALTUNG_ERROR_SHAPE : FALTUNG_ERROR_RANK,
                        "grad_bias has size %s, expected is [%" PRId64 "]",
                        fal_list_write(&list, grad_bias->rank, grad_bias->shape), channels);
    faltung_status status = fal_tensor_check_data(grad_bias, "grad_bias", message);
    if (!status)
        status = fal_tensor_check_self(grad_bias, "grad_bias", message);
    return status ? status
                  : fal_tensor_check_apart(grad_bias, "grad_bias", grad_output, "grad_output",
                                           message);
}

faltung_status fal_validate_bias_gradient(const faltung_conv *conv,
                                          const faltung_tensor *grad_output,
                                          const faltung_tensor *grad_bias, faltung_message *message)
{
    int64_t count;
    if (!conv)
        return fal_fail(message, FALTUNG_ERROR_NULL, "conv is NULL");
    faltung_status status = fal_validate_axes(conv, message);
    if (!status)
        status = fal_validate_options(conv, message);
    if (!status)
        status = fal_tensor_check(grad_output, "grad_output", &count, message);
    if (!status)
        status = fal_tensor_check(grad_bias, "grad_bias", &count, message);
    if (!status)
        status = check_grad_output(conv, grad_output, message);
    return status ? status : check_grad_bias(grad_output, conv->axes, grad_bias, message);
}
