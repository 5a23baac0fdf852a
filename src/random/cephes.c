// SPDX-License-Identifier: Apache-2.0
#include "random/cephes.h"

#include <math.h>
#include <stddef.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

// By Horner's rule, the highest power first. fmaf rounds once on every machine, in software where
// the processor has no such instruction; a product and a sum would not do.
static float evaluate(const float *coefficients, size_t count, float x)
{
    float sum = coefficients[0];
    for (size_t i = 1; i < count; i++)
        sum = fmaf(sum, x, coefficients[i]);
    return sum;
}

float fal_cephes_log(float x)
{
    static const float polynomial[] = {
        7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
        -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
        2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f,
    };
    const float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;

    // x = (1 + m) * 2^e with 1 + m between sqrt(1/2) and sqrt(2).
    int exponent;
    float m = frexpf(x, &exponent);
    if (m < 0.707106781186547524f) {
        exponent--;
        m += m;
    }
    m -= 1;
    float e = (float)exponent;

    float z = m * m;
    float y = evaluate(polynomial, LENGTH(polynomial), m) * m;
    y = fmaf(y, z, e * ln2_low);
    y = fmaf(-z, 0.5f, y);
    return fmaf(e, ln2_high, m + y);
}

void fal_cephes_sincos(float x, float *sine, float *cosine)
{
    static const float sine_polynomial[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
    static const float cosine_polynomial[] = {2.443315711809948e-5f, -1.388731625493765e-3f,
                                              4.166664568298827e-2f};
    // pi/4 in three parts, so that the reduced angle keeps its last bits.
    static const float quarter_pi[] = {0.78515625f, 2.4187564849853515625e-4f,
                                       3.77489497744594108e-8f};
    const float four_over_pi = 1.27323954473516f;

    // The nearest even multiple of pi/4, and what is left, between -pi/4 and pi/4.
    int octant = ((int)(x * four_over_pi) + 1) & ~1;
    float multiple = (float)octant;
    for (size_t i = 0; i < LENGTH(quarter_pi); i++)
        x = fmaf(multiple, -quarter_pi[i], x);

    float z = x * x;
    float c = evaluate(cosine_polynomial, LENGTH(cosine_polynomial), z) * z;
    c = fmaf(c, z, -(z * 0.5f)) + 1;
    float s = evaluate(sine_polynomial, LENGTH(sine_polynomial), z) * z;
    s = fmaf(s, x, x);

    int quadrant = octant >> 1 & 3;
    float sine_size = quadrant & 1 ? c : s;
    float cosine_size = quadrant & 1 ? s : c;
    *sine = quadrant & 2 ? -sine_size : sine_size;
    *cosine = quadrant == 1 || quadrant == 2 ? -cosine_size : cosine_size;
}
