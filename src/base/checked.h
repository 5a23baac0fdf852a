// SPDX-License-Identifier: Apache-2.0
//
// int64 arithmetic. Functions that return bool say whether *result is the exact answer, or the sum,
// difference or product has overflowed.
#ifndef FAL_BASE_CHECKED_H
#define FAL_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool fal_add(int64_t a, int64_t b, int64_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

static inline bool fal_subtract(int64_t a, int64_t b, int64_t *result)
{
    return !__builtin_sub_overflow(a, b, result);
}

static inline bool fal_multiply(int64_t a, int64_t b, int64_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

// a / b rounded towards minus infinity, where C rounds towards zero; b > 0.
static inline int64_t fal_floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

// a / b rounded towards plus infinity; b > 0.
static inline int64_t fal_ceil_divide(int64_t a, int64_t b)
{
    return a / b + (a % b > 0);
}

static inline int64_t fal_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t fal_most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

// The least multiple of b that is at least a; a >= 0, b > 0, and it is representable.
static inline int64_t fal_round_up(int64_t a, int64_t b)
{
    return fal_ceil_divide(a, b) * b;
}

// The greatest common divisor of two numbers that are not negative.
static inline int64_t fal_common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
