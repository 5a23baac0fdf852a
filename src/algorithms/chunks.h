// SPDX-License-Identifier: Apache-2.0
//
// How long sums are cut, and how far apart in memory lies what is read in turn.
#ifndef FAL_ALGORITHMS_CHUNKS_H
#define FAL_ALGORITHMS_CHUNKS_H

#include <stdint.h>

// How many of `count` things of so many products each make a chunk, whose products are one chain:
// in chunks of equal size, as many of them as come nearest to 384 products, but at least 1 and no
// more than there are things. A chain of that length keeps errors of long sums down, and its
// weights in the first-level cache while a strip's tiles use them one after the other.
int64_t fal_chunk_size(int64_t count, int64_t products);

// An odd number of cache lines, as many at least: what lies so far apart is in different sets. In
// numbers of `size` bytes.
int64_t fal_round_to_odd_lines(int64_t numbers, int64_t size);

#endif
