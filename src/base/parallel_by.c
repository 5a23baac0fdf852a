// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include <fenv.h>
#include <stdatomic.h>

typedef struct job {
    _Atomic uint64_t next; // index to hand out; unsigned, so that counting past the end is harmless
    uint64_t count;
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
    for (uint64_t index; (index = atomic_fetch_add(&j->next, 1)) < j->count;)
        j->body(j->context, (int64_t)index, worker);
    fesetenv(&own);
}

void fal_parallel_by(const faltung_parallel *parallel, int threads, int64_t count, fal_body *body,
                     void *context)
{
    if (!parallel) {
        fal_parallel(threads, count, body, context);
        return;
    }
    job j = {.count = (uint64_t)count, .body = body, .context = context};
    fegetenv(&j.environment);
    parallel->run(parallel->context, fal_parallel_limit(threads, count), work, &j);
}
