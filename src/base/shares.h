// SPDX-License-Identifier: Apache-2.0
//
// Indexes shared out among workers. Each has neighbours, which it takes in order, so that what one
// of them leaves in its caches the next may use, and so that in a program that calls again and
// again two threads come back to the same data, as long as both are there in time. A worker that is
// through takes the last ones of another, so that one which is held up, or never comes, costs no
// more than one index.
#ifndef FAL_BASE_SHARES_H
#define FAL_BASE_SHARES_H

#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// A worker's share, alone on its cache line since all may write to it. Counters are unsigned, so
// that counting past the end of any count is harmless.
typedef struct fal_share {
    _Alignas(FAL_ALIGNMENT) _Atomic uint64_t taken; // of its indexes, from either end
    _Atomic uint64_t first, last;                   // of these, from its beginning and its end
    uint64_t begin, count;
} fal_share;

// Shares out `count` indexes, from 0 on, among so many workers.
void fal_share_out(fal_share *shares, int workers, int64_t count);

// Whether any index is left.
bool fal_shares_have_any(const fal_share *shares, int workers);

// The next index for a worker; negative: there are none left. `at` is the share that it looks at,
// its own at first.
int64_t fal_take_index(fal_share *shares, int workers, int worker, int *at);

#endif
