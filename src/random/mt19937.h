// SPDX-License-Identifier: Apache-2.0
//
// The Mersenne Twister of Matsumoto and Nishimura (1998), and the uniform numbers that PyTorch
// makes of it.
#ifndef FAL_RANDOM_MT19937_H
#define FAL_RANDOM_MT19937_H

#include <faltung.h>

// The next 32 bits of a seeded generator.
uint32_t fal_random_bits(faltung_generator *generator);

// A multiple of 2^-24 in [0, 1), exact as a float. Uses up one output of the generator.
float fal_random_uniform_f32(faltung_generator *generator);

// A multiple of 2^-53 in [0, 1). Uses up two outputs of the generator.
double fal_random_uniform_f64(faltung_generator *generator);

#endif
