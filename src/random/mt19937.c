// SPDX-License-Identifier: Apache-2.0
#include "random/mt19937.h"

#include "base/fail.h"

enum {
    WORDS = 624, // of the state
    SHIFT = 397, // between a word and the one it is mixed with
};

faltung_status faltung_manual_seed(faltung_generator *generator, uint64_t seed,
                                   faltung_message *message)
{
    if (!generator)
        return fal_fail(message, FALTUNG_ERROR_NULL, "generator is NULL");
    uint32_t word = (uint32_t)seed;
    for (uint32_t i = 0; i < WORDS; i++) {
        generator->state[i] = word;
        word = 1812433253u * (word ^ word >> 30) + i + 1;
    }
    generator->next = WORDS;
    generator->has_spare = false;
    generator->spare = 0;
    return FALTUNG_OK;
}

// Replaces the state by the next one, in place: each word from itself, its neighbour and the word
// SHIFT further on.
static void advance(uint32_t *state)
{
    for (int i = 0; i < WORDS; i++) {
        uint32_t joined = (state[i] & 0x80000000u) | (state[(i + 1) % WORDS] & 0x7fffffffu);
        uint32_t twist = joined & 1 ? 0x9908b0dfu : 0;
        state[i] = state[(i + SHIFT) % WORDS] ^ joined >> 1 ^ twist;
    }
}

uint32_t fal_random_bits(faltung_generator *generator)
{
    if (generator->next == WORDS) {
        advance(generator->state);
        generator->next = 0;
    }
    uint32_t bits = generator->state[generator->next++];
    bits ^= bits >> 11;
    bits ^= bits << 7 & 0x9d2c5680u;
    bits ^= bits << 15 & 0xefc60000u;
    return bits ^ bits >> 18;
}

float fal_random_uniform_f32(faltung_generator *generator)
{
    return (float)(fal_random_bits(generator) & 0xffffff) * 0x1p-24f;
}

double fal_random_uniform_f64(faltung_generator *generator)
{
    uint64_t high = fal_random_bits(generator);
    uint64_t bits = high << 32 | fal_random_bits(generator);
    return (double)(bits & 0x1fffffffffffff) * 0x1p-53;
}
