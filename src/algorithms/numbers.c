// SPDX-License-Identifier: Apache-2.0
#include "algorithms/numbers.h"

// Planes that go on as rows do are taken for rows, of which more are turned in registers at once;
// and rows that lie one before the other from the last one on, so that they lie one behind the
// other, as they have to for that.
void fal_take_weights(const fal_task *task, const fal_view *weight, int64_t at, const fal_box *box)
{
    fal_box taken = *box;
    if (box->from_plane == box->rows * box->from_row && box->to_plane == box->rows * box->to_row) {
        taken.rows *= box->planes;
        taken.planes = 1;
    }
    const int64_t last = taken.rows - 1;
    if (box->from_row == -1 && last >= 0) {
        at -= last;
        taken.from_row = 1;
        taken.to = (char *)box->to + last * box->to_row * task->kernels->size;
        taken.to_row = -box->to_row;
    }
    taken.from = (const char *)weight->data + at * task->kernels->input_size;
    task->kernels->copy(&taken);
}

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
