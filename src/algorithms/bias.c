// SPDX-License-Identifier: Apache-2.0
#include "algorithms/bias.h"

void fal_pack_biases(const fal_task *task, const fal_operands *operands, int64_t first,
                     int64_t count, void *to)
{
    const void *bias = operands->bias;
    for (int64_t i = 0; i < count; i++) {
        int64_t at = (first + i) * operands->bias_stride;
        if (task->problem.dtype == FALTUNG_F64)
            ((double *)to)[i] = (bias ? ((const double *)bias)[at] : 0) + 0.0;
        else
            ((float *)to)[i] = (bias ? ((const float *)bias)[at] : 0) + 0.0F;
    }
}
