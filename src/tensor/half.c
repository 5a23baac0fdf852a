// SPDX-License-Identifier: Apache-2.0
#include "tensor/half.h"

#include <math.h>

// 1 sign bit, then the exponent, of twice the bias at most, and then the fraction.
typedef struct format {
    int bias, fraction; // of the latter how many bits
} format;

static const format binary16 = {15, 10}, bfloat16 = {127, 7};

enum { FRACTION64 = 52, BIAS64 = 1023 };

// value >> shift, rounded to nearest even; 1 <= shift <= 63.
static uint64_t shift_to_nearest_even(uint64_t value, int shift)
{
    uint64_t quotient = value >> shift;
    uint64_t rest = value & ((UINT64_C(1) << shift) - 1);
    uint64_t half = UINT64_C(1) << (shift - 1);
    return quotient + (rest > half || (rest == half && (quotient & 1)));
}

static uint16_t narrow(format f, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000);
    int exponent = (int)(bits >> FRACTION64 & 0x7ff) - BIAS64;
    uint64_t fraction = bits & ((UINT64_C(1) << FRACTION64) - 1);
    uint16_t infinity = (uint16_t)((2 * f.bias + 1) << f.fraction);

    if (isnan(value))
        return sign | infinity | (uint16_t)(1 << (f.fraction - 1));
    if (exponent > f.bias)
        return sign | infinity;
    if (exponent < -f.bias - f.fraction)
        return sign; // below half of the least subnormal

    // The significand with its leading one, shifted to the place where the format keeps it. A carry
    // out of the fraction runs into the exponent, as it should, up to infinity.
    uint64_t significand = fraction | UINT64_C(1) << FRACTION64;
    int lowest = 1 - f.bias;
    int shift = FRACTION64 - f.fraction + (exponent < lowest ? lowest - exponent : 0);
    uint64_t rounded = shift_to_nearest_even(significand, shift);
    if (exponent >= lowest)
        rounded += (uint64_t)(exponent - lowest) << f.fraction;
    return sign | (uint16_t)rounded;
}

uint16_t fal_to_float16(double value)
{
    return narrow(binary16, value);
}

uint16_t fal_to_bfloat16(double value)
{
    return narrow(bfloat16, value);
}
