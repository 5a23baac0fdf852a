// SPDX-License-Identifier: Apache-2.0
#include "tensor/float16.h"

#include <math.h>
#include <string.h>

// binary16 has 1 sign bit, 5 of exponent (biased by 15) and 10 of fraction; binary64 1, 11 (1023)
// and 52.
enum { FRACTION16 = 10, FRACTION64 = 52, BIAS16 = 15, BIAS64 = 1023, SPECIAL16 = 31 };

double fal_from_float16(uint16_t half)
{
    int exponent = (half >> FRACTION16) & SPECIAL16;
    int fraction = half & 0x3ff;
    double magnitude;
    if (exponent == SPECIAL16)
        magnitude = fraction ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        magnitude = ldexp(fraction, 1 - BIAS16 - FRACTION16);
    else
        magnitude = ldexp(fraction | 0x400, exponent - BIAS16 - FRACTION16);
    return half & 0x8000 ? -magnitude : magnitude;
}

// value >> shift, rounded to nearest even; 1 <= shift <= 63.
static uint64_t shift_to_nearest_even(uint64_t value, int shift)
{
    uint64_t quotient = value >> shift;
    uint64_t rest = value & ((UINT64_C(1) << shift) - 1);
    uint64_t half = UINT64_C(1) << (shift - 1);
    return quotient + (rest > half || (rest == half && (quotient & 1)));
}

uint16_t fal_to_float16(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000);
    int exponent = (int)(bits >> FRACTION64 & 0x7ff) - BIAS64;
    uint64_t fraction = bits & ((UINT64_C(1) << FRACTION64) - 1);

    if (isnan(value))
        return sign | 0x7e00;
    if (exponent > BIAS16)
        return sign | 0x7c00;
    if (exponent < -BIAS16 - FRACTION16)
        return sign; // below half of the least subnormal

    // The significand with its leading one, shifted to the place where binary16 keeps it. A carry
    // out of the fraction runs into the exponent, as it should, up to infinity.
    uint64_t significand = fraction | UINT64_C(1) << FRACTION64;
    int lowest = 1 - BIAS16;
    int shift = FRACTION64 - FRACTION16 + (exponent < lowest ? lowest - exponent : 0);
    uint64_t rounded = shift_to_nearest_even(significand, shift);
    if (exponent >= lowest)
        rounded += (uint64_t)(exponent - lowest) << FRACTION16;
    return sign | (uint16_t)rounded;
}
