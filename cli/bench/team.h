// SPDX-License-Identifier: Apache-2.0
//
// The same work on several threads at once, and how fast it goes.
#ifndef CLI_BENCH_TEAM_H
#define CLI_BENCH_TEAM_H

// Works for about `seconds`, but does at least the smallest piece of work, and returns how much was
// done. `index` is 0 to threads - 1.
typedef double team_work(const void *context, int index, int threads, double seconds);

// How many threads can be kept busy at once, of those asked for: no more than there are processors.
int team_size(int threads);

// Work per second on `threads` threads, as many as team_size gives, of which the caller is one:
// what all have done, over the time from the first one's beginning to the last one's end. Each has
// done a smallest piece before. Threads that cannot be started are missing in the work.
double team_rate(int threads, team_work *work, const void *context, double seconds);

#endif
