// SPDX-License-Identifier: Apache-2.0
#include "twin.h"

#include <math.h>

int64_t wide_pixel(const fal_wide_kernel *kernel, const fal_wide_strip *strip, int tile, int pixel)
{
    int at = tile * kernel->pixels + pixel;
    return strip->run[at / kernel->run] + at % kernel->run * strip->step;
}

bool is_taken(const fal_wide_kernel *kernel, const fal_stretch *stretch, int pixel)
{
    return !(kernel->skips[stretch->skip] >> pixel & 1);
}

const fal_piece *piece_of(const fal_long_kernel *kernel, const fal_piece *vector, int lane)
{
    if (kernel->pieces == 1)
        return vector;
    for (int i = 0; i < kernel->pieces; i++)
        if (vector[i].lanes >> lane & 1)
            return &vector[i];
    return NULL;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void plane_rows(const fal_plane_kernel *kernel, const fal_plane_strip *strip, int64_t row,
                int64_t *first, int64_t *past)
{
    int64_t top = row * kernel->stride;
    *first = greater(top, strip->first_row);
    *past = -greater(-top - strip->rows, -strip->past_row);
}

bool plane_reads(const fal_plane_kernel *kernel, int lanes, const fal_plane_strip *strip,
                 int64_t column, int64_t i)
{
    uint32_t vector = strip->lanes[column * kernel->vectors + i / lanes];
    return vector >> i % lanes * kernel->stride & 1;
}

bool plane_writes(const fal_plane_kernel *kernel, int lanes, const fal_plane_strip *strip,
                  int64_t i)
{
    const int64_t pixels = (int64_t)lanes * kernel->phases;
    return i / pixels < kernel->vectors - 1 || (strip->output_lanes >> i % pixels & 1);
}

#define REAL      float
#define FMA       fmaf
#define TWIN(tag) tag##_f32
#include "twin.inc.c"

#define REAL      double
#define FMA       fma
#define TWIN(tag) tag##_f64
#include "twin.inc.c"

// Two products of 16 bits; the numbers here are small enough for the sum.
static int32_t multiply_pairs(int32_t a, int32_t b, int32_t c)
{
    return (int16_t)a * (int16_t)b + (a >> 16) * (b >> 16) + c;
}

#define REAL      int32_t
#define FMA       multiply_pairs
#define TWIN(tag) tag##_pairs
#include "twin.inc.c"

const twin *twin_of(const fal_kernels *set)
{
    return set->dtype == FALTUNG_I8    ? &twin_pairs
           : set->dtype == FALTUNG_F64 ? &twin_f64
                                       : &twin_f32;
}
