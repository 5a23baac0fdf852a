// SPDX-License-Identifier: Apache-2.0
//
// What may be done to a sum before it is written.
#ifndef FAL_BASE_ACTIVATION_H
#define FAL_BASE_ACTIVATION_H

#include <faltung.h>

// An activation as kernels see it: relu and relu6 are clamps.
typedef struct fal_activation {
    faltung_activation kind;
    double low, high; // of a clamp
    double slope;     // of a leaky_relu
} fal_activation;

fal_activation fal_make_activation(const faltung_conv *conv);

// The activation of one number, in double. NaN stays NaN, and -0 stays -0 where 0 becomes 0.
double fal_activate(const fal_activation *activation, double x);

#endif
