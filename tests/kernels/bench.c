// SPDX-License-Identifier: Apache-2.0
//
// The speed of every kernel with all it reads and writes in the cache, as a share of the
// multiply-adds that the machine can do at most. That ceiling moves with the clock and the
// neighbours, so it is measured just before and after each sample, and the sample counts only if
// the two agree; the median of those that do is shown.
#include "tests.h"

#include "subjects.h"

#include "bench/ceiling.h"
#include "bench/clock.h"
#include "bench/samples.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Few enough for weights and sums to lie in the first-level cache, and enough for the sums to be
// read and written rarely.
enum { PRODUCTS = 96 };

enum { SAMPLES = 15, MOST_ROUNDS = 300 };

static const double seconds = 1e-3; // of a sample

static const fma_loop *find_loop(const char *set)
{
    for (int i = 0; i < instruction_set_count; i++)
        if (strcmp(instruction_sets[i].name, set) == 0)
            return instruction_sets[i].f32;
    return NULL;
}

// Multiply-adds per second.
static double rate_of(const subject *s, const fal_strip *strip)
{
    double work = (double)strip->products * strip->tiles * s->pixels * s->shape->channels;
    double begin = clock_now(), done = 0, now;
    do {
        s->multiply(strip);
        done += work;
        now = clock_now();
    } while (now - begin < seconds);
    return done / (now - begin);
}

// The share of the ceiling; 0 if the machine never was at rest. *best is the greatest rate.
static double measure(const subject *s, const fal_strip *strip, double *best)
{
    const double disagreement = 0.02;
    const fma_loop *loop = find_loop(s->set->name);
    double share[SAMPLES], before = ceiling_rate(loop, 1, seconds);
    int count = 0;
    *best = 0;
    for (int i = 0; i < MOST_ROUNDS && count < SAMPLES; i++) {
        double rate = rate_of(s, strip), after = ceiling_rate(loop, 1, seconds);
        if (fabs(after - before) < disagreement * before)
            share[count++] = 2 * rate / (before + after);
        *best = fmax(*best, rate);
        before = after;
    }
    return count ? median_of(share, (size_t)count) : 0;
}

static void bench_strip(const subject *s, const fal_strip *strip)
{
    double best, share = measure(s, strip, &best);
    // The kernel's place in the program, for who looks for its machine code.
    uint64_t place = (uintptr_t)s->multiply - (uintptr_t)bench_kernels;
    printf("%-20s %4d %4d %10.1f %8.1f%%   0x%016" PRIx64 "\n", name_of(s).text, (int)strip->step,
           s->pixels * s->shape->channels / s->set->lanes, best / 1e9, 100 * share, place);
    fflush(stdout);
}

// Pixels one behind the other, and products a row apart, as in a plane of a band.
static void bench_subject(const subject *s, int64_t step)
{
    static int32_t run[1024], offset[PRODUCTS];
    int tiles = s->pixels == s->shape->pixels ? s->shape->strip : 1;
    int64_t pixels = (int64_t)tiles * s->pixels, pitch = pixels * step + 8;
    fal_strip strip = {
        .run = run, .offset = offset, .step = step, .products = PRODUCTS, .tiles = tiles};
    for (int64_t i = 0; i < pixels / s->shape->run; i++)
        run[i] = (int32_t)(i * s->shape->run * step);
    for (int k = 0; k < PRODUCTS; k++)
        offset[k] = (int32_t)(k / 9 % 2 * 3 * pitch + k / 3 % 3 * pitch + k % 3);
    size_t inputs = (size_t)(6 * pitch + 8), weights = (size_t)(PRODUCTS * s->shape->channels);
    size_t sums = (size_t)(pixels * s->shape->channels), floats[] = {inputs, weights, sums};
    float *memory[3];
    for (int i = 0; i < 3; i++) {
        size_t bytes = (floats[i] * sizeof(float) + 63) / 64 * 64;
        memory[i] = aligned_alloc(64, bytes);
        assert_non_null(memory[i]);
        memset(memory[i], 0, bytes);
    }
    strip.input = memory[0];
    strip.weight = memory[1];
    strip.sums = memory[2];
    bench_strip(s, &strip);
    for (int i = 0; i < 3; i++)
        free(memory[i]);
}

void bench_kernels(void)
{
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    printf("%-20s %4s %4s %10s %9s   %s\n", "kernel", "step", "fma", "GMAC/s", "share", "place");
    for (int i = 0; i < count; i++)
        for (int64_t step = 1; step <= (subjects[i].is_long ? 1 : 3); step++)
            bench_subject(&subjects[i], step);
}
