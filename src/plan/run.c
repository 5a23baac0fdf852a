// SPDX-License-Identifier: Apache-2.0
//
// Dividing an output into pieces, and running them.
#include "plan/choose.h"

size_t fal_choice_packed_bytes(const fal_choice *choice)
{
    return choice->algorithm->packed_bytes ? choice->algorithm->packed_bytes(&choice->task) : 0;
}

size_t fal_choice_workspace(const fal_choice *choice)
{
    return choice->algorithm->workspace ? choice->algorithm->workspace(&choice->task) : 0;
}

static fal_part whole(const fal_problem *p)
{
    return (fal_part){
        .end = {p->batch, p->groups * p->output_channels, p->axis[0].output, p->axis[1].output,
                p->axis[2].output},
    };
}

void fal_run_choice(const fal_choice *choice, const fal_operands *operands, const void *packed,
                    void *workspace)
{
    const fal_part all = whole(&choice->task.problem);
    choice->algorithm->run(&choice->task, operands, packed, &all, workspace);
}
