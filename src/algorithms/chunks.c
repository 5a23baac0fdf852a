// SPDX-License-Identifier: Apache-2.0
#include "algorithms/chunks.h"

#include "base/checked.h"

int64_t fal_chunk_size(int64_t count, int64_t products)
{
    const double length = 384;
    double nearest = (double)count * (double)products / length + 0.5; // rounded down below
    int64_t chunks = nearest < (double)count ? (int64_t)nearest : count;
    return fal_ceil_divide(count, fal_most(1, chunks));
}

int64_t fal_round_to_odd_lines(int64_t numbers, int64_t size)
{
    const int64_t line = 64 / size;
    return (fal_ceil_divide(numbers, line) | 1) * line;
}
