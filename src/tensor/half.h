// SPDX-License-Identifier: Apache-2.0
//
// Numbers of 16 bits without help from the compiler or the processor, which not all of them give:
// IEEE binary16, and bfloat16, the upper half of a binary32.
#ifndef FAL_TENSOR_HALF_H
#define FAL_TENSOR_HALF_H

#include <stdint.h>
#include <string.h>

static inline float fal_float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Exact. A NaN stays one. The exponents of binary16 are 112 less than those of binary32; a
// subnormal is so many times 2^-24.
static inline float fal_from_float16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
    if (magnitude < 0x400)
        return (half & 0x8000 ? -0x1p-24F : 0x1p-24F) * (float)magnitude;
    uint32_t exponent = magnitude < 0x7c00 ? 112 : 224; // infinities and NaN: 255
    return fal_float_of_bits(sign | ((magnitude << 13) + (exponent << 23)));
}

static inline float fal_from_bfloat16(uint16_t half)
{
    return fal_float_of_bits((uint32_t)half << 16);
}

// One rounding, to nearest even, from any double; too large becomes infinity. A NaN stays one.
uint16_t fal_to_float16(double value);
uint16_t fal_to_bfloat16(double value);

#endif
