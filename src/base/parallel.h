// SPDX-License-Identifier: Apache-2.0
//
// Work shared out over threads, by a small pool of the library's own.
#ifndef FAL_BASE_PARALLEL_H
#define FAL_BASE_PARALLEL_H

#include <faltung.h>

#include <stdbool.h>

// The most threads that a call ever uses, the calling one included.
#define FAL_MOST_THREADS 256

// One piece of work. `worker` is from 0 to one less than what fal_parallel_limit gives, and no two
// calls with the same worker run at once, so it may index scratch memory. It runs with the caller's
// rounding mode and its treatment of subnormals; status flags that it raises may stay with the
// worker. It needs no more than 256 KiB of stack, and neither forks nor leaves but by returning.
typedef void fal_body(void *context, int64_t index, int worker);

// Calls body(context, index, worker) once for every index from 0 to count - 1, on at most `threads`
// threads (0: as many as OMP_NUM_THREADS says or, without it, as there are CPUs for this process),
// of which the calling one is one. Returns when all calls have returned, and whatever they wrote
// can be read then. Each thread takes neighbours, one at a time and in order, and then what is left
// of others' (shares.h).
//
// It always succeeds: with fewer threads when the system grants no more, down to the caller's own.
// A body that calls it again runs that work on its own thread. Any number of threads may call it at
// once, also after a fork; they share the workers. A thread is not cancelled while in it.
void fal_parallel(int threads, int64_t count, fal_body *body, void *context);

// The same on threads that the caller of the library provides: it is asked for as many calls as
// workers may be. It makes no difference how many of them it makes at once. NULL: fal_parallel.
void fal_parallel_by(const faltung_parallel *parallel, int threads, int64_t count, fal_body *body,
                     void *context);

// The number of workers that fal_parallel(threads, count, ...) would use at most, at least 1. The
// answer for 0 threads may change from call to call: to size scratch memory by it, give the answer
// to fal_parallel in place of the 0.
int fal_parallel_limit(int threads, int64_t count);

// Whether to share work of less than what waking a thread costs, some ten microseconds: a worker is
// awake and looks for work, as one does for a moment after it had some; or this is called again
// within that moment, so that a worker that is woken now will be there for what follows.
bool fal_parallel_is_warm(void);

#endif
