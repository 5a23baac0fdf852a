// SPDX-License-Identifier: Apache-2.0
#include "errors/data.h"

// A stream of 53 random bits each (SplitMix64), as numbers from 0 to below 1.
static double next_uniform(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static void fill_normal(float *numbers, int64_t count, bool is_weight)
{
    faltung_generator generator;
    const faltung_tensor tensor = {numbers, FALTUNG_F32, 1, &count, NULL};
    faltung_manual_seed(&generator, is_weight, NULL);
    faltung_randn(&generator, &tensor, NULL);
}

// All of one sign: nothing cancels, and the sums grow.
static void fill_uniform(float *numbers, int64_t count, bool is_weight)
{
    uint64_t state = is_weight;
    for (int64_t i = 0; i < count; i++)
        numbers[i] = (float)next_uniform(&state);
}

// One number of the input is 2^12 times as large as the others.
static void fill_huge(float *numbers, int64_t count, bool is_weight)
{
    fill_normal(numbers, count, is_weight);
    if (!is_weight)
        numbers[count / 2] = 0x1p12F;
}

// Neighbours cancel but for a thousandth of them.
static void fill_alternating(float *numbers, int64_t count, bool is_weight)
{
    uint64_t state = is_weight;
    for (int64_t i = 0; i < count; i++) {
        double near_one = 1 + 1e-3 * next_uniform(&state);
        numbers[i] = (float)(is_weight || i % 2 ? near_one : -near_one);
    }
}

const data_kind data_kinds[] = {
    {"normal", fill_normal},
    {"uniform", fill_uniform},
    {"one huge", fill_huge},
    {"alternating", fill_alternating},
};
const int data_kind_count = sizeof data_kinds / sizeof *data_kinds;
