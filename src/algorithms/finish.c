// SPDX-License-Identifier: Apache-2.0
#include "algorithms/finish.h"

const fal_finish *fal_find_finish(const fal_task *task, const fal_operands *operands,
                                  fal_finish *finish)
{
    *finish = (fal_finish){
        .adds = operands->has_residual,
        .residual = operands->residual,
        .activation = task->problem.activation,
    };
    bool nothing = !finish->adds && finish->activation.kind == FALTUNG_ACTIVATION_NONE;
    return nothing ? NULL : finish;
}
