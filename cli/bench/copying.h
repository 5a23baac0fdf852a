// SPDX-License-Identifier: Apache-2.0
//
// How many bytes a second this machine can move, by copying.
#ifndef CLI_BENCH_COPYING_H
#define CLI_BENCH_COPYING_H

#include <stdbool.h>
#include <stddef.h>

// Memory to copy from and to.
typedef struct copying {
    char *from, *to;
    size_t size; // of each
} copying;

// Room to move `bytes` bytes: half of them are read and half of them written. False if there is no
// memory for it; then, too, copying_free may be called.
bool copying_make(copying *c, double bytes);
void copying_free(copying *c);

// Bytes read and written per second when about `bytes` bytes are moved again and again, from the
// same place to the same place, by `threads` threads, as team_size gives them, for about `seconds`:
// what caches hold comes from them, as it does for a convolution that moves as much. `bytes` is at
// most what there is room for.
double copying_rate(const copying *c, double bytes, int threads, double seconds);

#endif
