// SPDX-License-Identifier: Apache-2.0
#include "algorithms/far.h"

bool fal_are_far(const fal_task *task)
{
    const double far = 5 << 20; // bytes of the input or the output
    const fal_problem *p = &task->problem;
    double input = (double)p->batch * (double)p->groups, output = input;
    input *= (double)p->input_channels * (double)task->kernels->input_size;
    output *= (double)p->output_channels * (double)task->kernels->output_size;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        input *= (double)p->axis[i].input;
        output *= (double)p->axis[i].output;
    }
    return input > far || output > far;
}
