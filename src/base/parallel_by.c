// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include "base/shares.h"

#include <fenv.h>

typedef struct job {
    fal_share *shares;
    int workers;
    fal_body *body;
    void *context;
    fenv_t environment;
} job;

// One worker: takes indexes until there are none left. The thread is not ours, so it gets back its
// rounding mode.
static void work(void *argument, int worker)
{
    job *j = argument;
    fenv_t own;
    fegetenv(&own);
    fesetenv(&j->environment);
    int at = worker;
    for (int64_t index; (index = fal_take_index(j->shares, j->workers, worker, &at)) >= 0;)
        j->body(j->context, index, worker);
    fesetenv(&own);
}

void fal_parallel_by(const faltung_parallel *parallel, int threads, int64_t count, fal_body *body,
                     void *context)
{
    if (!parallel) {
        fal_parallel(threads, count, body, context);
        return;
    }
    const int workers = fal_parallel_limit(threads, count);
    fal_share shares[FAL_MOST_THREADS];
    fal_share_out(shares, workers, count);
    job j = {.shares = shares, .workers = workers, .body = body, .context = context};
    fegetenv(&j.environment);
    parallel->run(parallel->context, workers, work, &j);
}
