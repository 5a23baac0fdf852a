// SPDX-License-Identifier: Apache-2.0
//
// Logarithm, sine and cosine in single precision: the polynomials of the Cephes library, evaluated
// in the order, and with the fused operations, of PyTorch's vector code on x86-64. They are within
// a few units in the last place of the truth; what counts here is that every bit agrees with
// PyTorch's, which the C library's functions do not give.
#ifndef FAL_RANDOM_CEPHES_H
#define FAL_RANDOM_CEPHES_H

// The natural logarithm of a positive, normal number.
float fal_cephes_log(float x);

// Sine and cosine of x in [0, 8192].
void fal_cephes_sincos(float x, float *sine, float *cosine);

#endif
