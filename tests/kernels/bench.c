// SPDX-License-Identifier: Apache-2.0
//
// The speed of every kernel with all it reads and writes in the cache, as a share of the
// multiply-adds that the machine can do at most. That ceiling moves with the clock and the
// neighbours, so it is measured just before and after each sample, and the sample counts only if
// the two agree. The upper quartile of the shares is shown: neighbours disturb caches, too, which
// no ceiling tells.
#include "tests.h"

#include "subjects.h"

#include "bench/ceiling.h"
#include "bench/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Few enough for weights and sums to lie in the first-level cache, and enough for the sums to be
// read and written rarely.
enum { PRODUCTS = 96 };

enum { SAMPLES = 20, MOST_ROUNDS = 300 };

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

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The share of the ceiling; 0 if the machine never was at rest. *best is the greatest rate.
static double measure(const subject *s, const fal_strip *strip, double *best)
{
    const double disagreement = 0.02;
    const fma_loop *loop = find_loop(s->set->name);
    double share[SAMPLES], before = ceiling_rate(loop, 1, seconds);
    size_t count = 0;
    *best = 0;
    for (int i = 0; i < MOST_ROUNDS && count < SAMPLES; i++) {
        double rate = rate_of(s, strip), after = ceiling_rate(loop, 1, seconds);
        if (fabs(after - before) < disagreement * before)
            share[count++] = 2 * rate / (before + after);
        *best = fmax(*best, rate);
        before = after;
    }
    qsort(share, count, sizeof *share, by_size);
    return count ? share[count * 3 / 4] : 0;
}

static void bench_strip(const subject *s, const fal_strip *strip)
{
    double best, share = measure(s, strip, &best);
    // The kernel's place in the program, for who looks for its machine code.
    uint64_t place = (uintptr_t)s->multiply - (uintptr_t)bench_kernels;
    printf("%-20s %4d %4d %4d %10.1f %8.1f%%   0x%016" PRIx64 "\n", name_of(s).text,
           (int)strip->step, (int)strip->columns, s->pixels * s->shape->channels / s->set->lanes,
           best / 1e9, 100 * share, place);
    fflush(stdout);
}

// Floats that a kernel reads and writes, of which it makes no difference what they are.
static float *make_floats(int64_t count)
{
    size_t bytes = ((size_t)count * sizeof(float) + 63) / 64 * 64;
    float *memory = aligned_alloc(64, bytes);
    assert_non_null(memory);
    return memset(memory, 0, bytes);
}

static void bench_memory(const subject *s, fal_strip *strip, int64_t inputs)
{
    float *input = make_floats(inputs);
    float *weight = make_floats(strip->products * s->shape->channels);
    strip->sums = make_floats((int64_t)strip->tiles * s->pixels * s->shape->channels);
    strip->input = input;
    strip->weight = weight;
    bench_strip(s, strip);
    free(input);
    free(weight);
    free(strip->sums);
}

// Pixels one behind the other, and products a row apart, as in a plane of a band.
static void bench_dense(const subject *s, int64_t step)
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
    bench_memory(s, &strip, 6 * pitch + 8);
}

// A strip of tiles one below the other, and a square kernel.
static void bench_rows(const subject *s, int64_t size)
{
    static int32_t run[1024], offset[1024];
    int64_t runs = s->pixels / s->shape->run, row = runs / FAL_TILE_ROWS;
    int64_t pitch = row * s->shape->run + size - 1;
    fal_strip strip = {.run = run,
                       .offset = offset,
                       .step = 1,
                       .products = size * size,
                       .tiles = s->shape->strip,
                       .columns = size,
                       .pitch = pitch};
    for (int64_t i = 0; i < strip.tiles * runs; i++)
        run[i] = (int32_t)(i / row * pitch + i % row * s->shape->run);
    for (int64_t k = 0; k < strip.products; k++)
        offset[k] = (int32_t)(k / size * pitch + k % size);
    bench_memory(s, &strip, (strip.tiles * FAL_TILE_ROWS + size) * pitch);
}

void bench_kernels(void)
{
    static const int64_t steps[] = {1, 2, 3}, sizes[] = {3, 5, 7, 31};
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    printf("%-20s %4s %4s %4s %10s %9s   %s\n", "kernel", "step", "size", "fma", "GMAC/s", "share",
           "place");
    for (int i = 0; i < count; i++)
        if (subjects[i].is_rows)
            for (size_t j = 0; j < COUNT_OF(sizes); j++)
                bench_rows(&subjects[i], sizes[j]);
        else
            for (size_t j = 0; j < (subjects[i].is_long ? 1 : COUNT_OF(steps)); j++)
                bench_dense(&subjects[i], steps[j]);
}
