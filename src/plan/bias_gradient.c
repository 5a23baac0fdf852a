// SPDX-License-Identifier: Apache-2.0
#include "algorithms/channel_sums.h"
#include "base/checked.h"
#include "base/parallel.h"
#include "problem/validate.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

// Of one of the parts that elements have.
static fal_channel_sums lower(const faltung_conv *conv, const faltung_tensor *grad_output,
                              const faltung_tensor *grad_bias, int part)
{
    int64_t strides[FALTUNG_MAX_RANK], output_step;
    const int channel = grad_output->rank - conv->axes - 1;
    const faltung_dtype dtype = fal_part_dtype(grad_output->dtype);
    const size_t size = faltung_dtype_size(dtype);
    const int parts = fal_is_complex(grad_output->dtype) ? 2 : 1;
    fal_tensor_strides(grad_output, strides);
    for (int i = 0; i < grad_output->rank; i++)
        strides[i] = grad_output->shape[i] > 1 ? parts * strides[i] : 0; // which is never taken
    fal_tensor_strides(grad_bias, &output_step);
    output_step = grad_bias->shape[0] > 1 ? parts * output_step : 0;
    fal_channel_sums sums = {
        .dtype = dtype,
        .input = (const char *)grad_output->data + (size_t)part * size,
        .channels = grad_output->shape[channel],
        .channel = strides[channel],
        .size = {1, 1, 1, 1},
        .output = (char *)grad_bias->data + (size_t)part * size,
        .output_step = output_step,
    };
    if (channel) {
        sums.size[0] = grad_output->shape[0];
        sums.step[0] = strides[0];
    }
    for (int i = 0; i < conv->axes; i++) {
        sums.size[FAL_SUM_AXES - conv->axes + i] = grad_output->shape[channel + 1 + i];
        sums.step[FAL_SUM_AXES - conv->axes + i] = strides[channel + 1 + i];
    }
    return sums;
}

static void sum_some(void *context, int64_t index, int worker)
{
    const fal_channel_sums *sums = context;
    const int64_t some = fal_channels_at_once(sums), first = index * some;
    (void)worker;
    fal_sum_channels(sums, first, fal_least(some, sums->channels - first));
}

faltung_status faltung_bias_gradient(const faltung_conv *conv, const faltung_tensor *grad_output,
                                     const faltung_tensor *grad_bias, faltung_message *message)
{
    const int64_t worth = 1 << 16; // elements that are worth a thread
    int64_t count;
    faltung_status status = fal_validate_bias_gradient(conv, grad_output, grad_bias, message);
    if (status)
        return status;
    faltung_tensor_count(grad_output, &count, NULL);
    const int64_t most = fal_least(count / worth + 1, FAL_MOST_THREADS);
    const int parts = fal_is_complex(grad_output->dtype) ? 2 : 1;
    for (int part = 0; part < parts; part++) {
        fal_channel_sums sums = lower(conv, grad_output, grad_bias, part);
        const int64_t tasks = fal_ceil_divide(sums.channels, fal_channels_at_once(&sums));
        fal_parallel_by(conv->parallel, fal_parallel_limit(conv->threads, most), tasks, sum_some,
                        &sums);
    }
    return FALTUNG_OK;
}
