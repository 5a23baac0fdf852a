// SPDX-License-Identifier: Apache-2.0
//
// Pixels of an output in row-major order, images first, counted without channels: a span of them is
// what a piece computes, and sets of spans say what is done.
#ifndef CLI_PARTS_SPANS_H
#define CLI_PARTS_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// From `begin` up to, but not including, `end`.
typedef struct span {
    int64_t begin, end;
} span;

// Spans in rising order with gaps between them. All zeros is an empty set.
typedef struct spans {
    span *span;
    size_t count, room;
} spans;

// Adds a span, joined with those it meets; false without memory, and nothing is added.
bool spans_add(spans *set, span added);

// The first of `within` that is not in the set, up to where the set goes on; empty, at the end, if
// all of it is there.
span spans_first_missing(const spans *set, span within);

// How many of `within` are in the set.
int64_t spans_count(const spans *set, span within);

void spans_free(spans *set);

#endif
