// SPDX-License-Identifier: Apache-2.0
//
// The formulas are those of torch.nn.functional. Where one of them would subtract what is nearly
// equal, as 1 + erf does far below zero, it is written so that it does not.
#include "base/activation.h"

#include <math.h>

fal_activation fal_make_activation(const faltung_conv *conv)
{
    switch (conv->activation) {
    case FALTUNG_ACTIVATION_RELU:
        return (fal_activation){.kind = FALTUNG_ACTIVATION_CLAMP, .low = 0, .high = HUGE_VAL};
    case FALTUNG_ACTIVATION_RELU6:
        return (fal_activation){.kind = FALTUNG_ACTIVATION_CLAMP, .low = 0, .high = 6};
    case FALTUNG_ACTIVATION_CLAMP:
        return (fal_activation){
            .kind = conv->activation, .low = conv->clamp_min, .high = conv->clamp_max};
    default:
        return (fal_activation){.kind = conv->activation, .slope = conv->negative_slope};
    }
}

// NaN is neither below nor above.
static double clamp(double x, double low, double high)
{
    double raised = low > x ? low : x;
    return high < raised ? high : raised;
}

static double sigmoid(double x)
{
    double z = exp(-fabs(x));
    return (x < 0 ? z : 1) / (1 + z);
}

double fal_activate(const fal_activation *a, double x)
{
    const double half_root = 0.70710678118654752440;   // sqrt(1/2)
    const double twice_root_2_pi = 1.5957691216057308; // 2*sqrt(2/pi)
    switch (a->kind) {
    case FALTUNG_ACTIVATION_LEAKY_RELU:
        return x > 0 ? x : x * a->slope;
    case FALTUNG_ACTIVATION_SIGMOID:
        return sigmoid(x);
    case FALTUNG_ACTIVATION_SILU:
        return x * sigmoid(x);
    case FALTUNG_ACTIVATION_GELU:
        return x * (0.5 * erfc(-x * half_root));
    case FALTUNG_ACTIVATION_GELU_TANH: // (1 + tanh(u))/2 is sigmoid(2*u)
        return x * sigmoid(twice_root_2_pi * (x + 0.044715 * x * x * x));
    case FALTUNG_ACTIVATION_HARDSWISH:
        return x * clamp(x + 3, 0, 6) / 6;
    case FALTUNG_ACTIVATION_CLAMP: // relu and relu6, too
        return clamp(x, a->low, a->high);
    default:
        return x;
    }
}
