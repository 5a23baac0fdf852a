// SPDX-License-Identifier: Apache-2.0
//
// Loops that do nothing but multiply and add in registers: what no computation can exceed.
#ifndef CLI_BENCH_FMA_LOOP_H
#define CLI_BENCH_FMA_LOOP_H

#include <stdint.h>

typedef struct fma_loop {
    int bits;          // of a vector
    int multiply_adds; // of one round
    // Runs so many rounds; the result means nothing, but that they were needed.
    double (*run)(int64_t rounds);
} fma_loop;

// One for each instruction set that the build knows and each type, from the list in CMakeLists.txt.
extern const fma_loop fma_avx512_f32, fma_avx512_f64, fma_avx2_f32, fma_avx2_f64, fma_neon_f32,
    fma_neon_f64, fma_scalar_f32, fma_scalar_f64;

#endif
