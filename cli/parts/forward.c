// SPDX-License-Identifier: Apache-2.0
#include "parts/forward.h"

static void cut(const parts_job *job, span left, piece *next)
{
    next->output = next->second = grid_next(&job->grid, left, &next->pixels);
    (void)faltung_plan_needed_input(job->plan, &next->output, &next->input, NULL); // it is within
}

static faltung_status compute(const parts_job *job, const piece *p, const faltung_tensor *input,
                              const faltung_tensor *second, const faltung_tensor *output,
                              void *workspace, faltung_message *message)
{
    return faltung_plan_run_slab(job->plan, input, second, output, &p->output, workspace, message);
}

const parts_work forward_work = {cut, compute};
