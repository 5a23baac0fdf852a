// SPDX-License-Identifier: Apache-2.0
#include "algorithms/numbers.h"

void fal_pack_biases(const fal_task *task, const fal_operands *operands, int64_t first,
                     int64_t count, void *to)
{
    const faltung_dtype dtype = task->problem.output_dtype;
    for (int64_t i = 0; i < count; i++) {
        int64_t at = (first + i) * operands->bias_stride;
        double bias = operands->bias ? fal_load(dtype, operands->bias, at) : 0;
        if (dtype == FALTUNG_F64)
            ((double *)to)[i] = bias + 0.0;
        else if (dtype == FALTUNG_I32)
            ((int32_t *)to)[i] = (int32_t)bias;
        else
            ((float *)to)[i] = (float)(bias + 0.0);
    }
}
