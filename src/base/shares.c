// SPDX-License-Identifier: Apache-2.0
#include "base/shares.h"

void fal_share_out(fal_share *shares, int workers, int64_t count)
{
    const int64_t each = count / workers, more = count % workers;
    int64_t begin = 0;
    for (int i = 0; i < workers; i++) {
        const int64_t own = each + (i < more);
        shares[i].begin = (uint64_t)begin;
        shares[i].count = (uint64_t)own;
        atomic_init(&shares[i].taken, 0);
        atomic_init(&shares[i].first, 0);
        atomic_init(&shares[i].last, 0);
        begin += own;
    }
}

static uint64_t count_up(_Atomic uint64_t *counter)
{
    return atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

// From a share, of which as many are taken from either end as there are indexes, so that both ends
// meet somewhere. No worker but the owner takes first ones.
static int64_t take(fal_share *s, bool owns)
{
    if (atomic_load_explicit(&s->taken, memory_order_relaxed) >= s->count ||
        count_up(&s->taken) >= s->count)
        return -1;
    return (int64_t)(owns ? s->begin + count_up(&s->first)
                          : s->begin + s->count - 1 - count_up(&s->last));
}

bool fal_shares_have_any(const fal_share *shares, int workers)
{
    for (int i = 0; i < workers; i++)
        if (atomic_load_explicit(&shares[i].taken, memory_order_relaxed) < shares[i].count)
            return true;
    return false;
}

int64_t fal_take_index(fal_share *shares, int workers, int worker, int *at)
{
    for (int i = 0; i < workers; i++) {
        const int64_t index = take(&shares[*at], *at == worker);
        if (index >= 0)
            return index;
        *at = *at + 1 < workers ? *at + 1 : 0;
    }
    return -1;
}
