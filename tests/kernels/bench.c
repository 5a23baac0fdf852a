// SPDX-License-Identifier: Apache-2.0
//
// The speed of every kernel with all it reads and writes in the cache, as a share of the
// multiply-adds that the machine can do at most. That ceiling moves with the clock and the
// neighbours, so it is measured just before and after each sample, and the sample counts only if
// the two agree. The upper quartile of the shares is shown: neighbours disturb caches, too, which
// no ceiling tells.
#include "tests.h"

#include "numbers.h"

#include "bench/ceiling.h"
#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Few enough for weights and sums to lie in the first-level cache, and enough for the sums to be
// read and written rarely.
enum { PRODUCTS = 96, PLANE_ROWS = 8, MOST_PLANE = 32 };

enum { SAMPLES = 20, MOST_ROUNDS = 300 };

static const double seconds = 1e-3; // of a sample

// A strip for a kernel, and what it comes to.
typedef struct workload {
    const subject *s;
    union {
        fal_wide_strip wide;
        fal_long_strip longs;
        fal_plane_strip plane;
        fal_winograd_products products;
    } strip;
    double multiply_adds;
    int64_t step, size;
    int tile_fmas; // of a tile, in whole vectors: see kernels-report.sh
} workload;

static void run(const workload *w)
{
    if (w->s->kind == WIDE)
        w->s->wide_kernel->multiply(&w->strip.wide);
    else if (w->s->kind == LONG)
        w->s->long_kernel->multiply(&w->strip.longs);
    else if (w->s->kind == PLANE)
        w->s->plane_kernel->multiply(&w->strip.plane);
    else
        w->s->set->winograd->multiply[w->s->tiles - 1](&w->strip.products);
}

static uintptr_t address_of(const subject *s)
{
    if (s->kind == WIDE)
        return (uintptr_t)s->wide_kernel->multiply;
    if (s->kind == LONG)
        return (uintptr_t)s->long_kernel->multiply;
    if (s->kind == PLANE)
        return (uintptr_t)s->plane_kernel->multiply;
    return (uintptr_t)s->set->winograd->multiply[s->tiles - 1];
}

static const fma_loop *find_loop(const fal_kernels *set)
{
    for (int i = 0; i < instruction_set_count; i++)
        if (strcmp(instruction_sets[i].name, set->name) == 0)
            return loop_for(&instruction_sets[i], set->dtype);
    return NULL;
}

// Multiply-adds per second.
static double rate_of(const workload *w)
{
    double begin = clock_now(), done = 0, now;
    do {
        run(w);
        done += w->multiply_adds;
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
static double measure(const workload *w, double *best)
{
    const double disagreement = 0.02;
    const fma_loop *loop = find_loop(w->s->set);
    double share[SAMPLES], before = ceiling_rate(loop, 1, seconds);
    size_t count = 0;
    *best = 0;
    for (int i = 0; i < MOST_ROUNDS && count < SAMPLES; i++) {
        double rate = rate_of(w), after = ceiling_rate(loop, 1, seconds);
        if (fabs(after - before) < disagreement * before)
            share[count++] = 2 * rate / (before + after);
        *best = fmax(*best, rate);
        before = after;
    }
    qsort(share, count, sizeof *share, by_size);
    return count ? share[count * 3 / 4] : 0;
}

static void show(const workload *w)
{
    double best, share = measure(w, &best);
    // The kernel's place in the program, for who looks for its machine code.
    uint64_t place = address_of(w->s) - (uintptr_t)bench_kernels;
    printf("%-26s %4d %4d %4d %10.1f %8.1f%%   0x%016" PRIx64 "\n", name_of(w->s).text,
           (int)w->step, (int)w->size, w->tile_fmas, best / 1e9, 100 * share, place);
    fflush(stdout);
}

// Numbers that a kernel reads and writes, of which it makes no difference what they are.
static void *make_numbers(const subject *s, int64_t count)
{
    size_t bytes = (bytes_of(s->set, count) + 63) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    assert_non_null(memory);
    return memset(memory, 0, bytes);
}

// Products a row apart, as in a plane of a band, all of them by every tile.
static void make_products(const subject *s, int tiles, int channels, int64_t pitch,
                          fal_products *products)
{
    static const fal_stretch all[] = {{0, PRODUCTS, 0}, {0, 0, 0}};
    static const fal_stretch *lists[FAL_LONG_STRIP];
    static int32_t offset[PRODUCTS];
    for (int i = 0; i < FAL_LONG_STRIP; i++)
        lists[i] = all;
    for (int k = 0; k < PRODUCTS; k++)
        offset[k] = (int32_t)(k / 9 % 2 * 3 * pitch + k / 3 % 3 * pitch + k % 3);
    *products = (fal_products){.input = make_numbers(s, 6 * pitch + 8),
                               .offset = offset,
                               .weight = make_numbers(s, (int64_t)PRODUCTS * channels),
                               .count = PRODUCTS,
                               .stretches = lists,
                               .unit = 1,
                               .tiles = tiles};
}

static void free_products(const fal_products *products)
{
    free((void *)products->input);
    free((void *)products->weight);
}

// Pixels one behind the other.
static void bench_wide(const subject *s, int64_t step)
{
    static int32_t first[1024];
    const fal_wide_kernel *k = s->wide_kernel;
    int64_t pixels = (int64_t)k->strip * k->pixels, count = pixels * k->channels;
    workload w = {.s = s, .multiply_adds = (double)PRODUCTS * (double)count, .step = step};
    fal_wide_strip *strip = &w.strip.wide;
    w.tile_fmas = k->pixels * k->channels / s->set->lanes;
    for (int64_t i = 0; i < pixels / k->run; i++)
        first[i] = (int32_t)(i * k->run * step);
    *strip = (fal_wide_strip){.run = first, .step = step, .sums = make_numbers(s, count)};
    make_products(s, k->strip, k->channels, pixels * step + 8, &strip->products);
    show(&w);
    free_products(&strip->products);
    free(strip->sums);
}

// The same, each vector cut into pieces of one length.
static void bench_long(const subject *s)
{
    static fal_piece piece[1024];
    const fal_long_kernel *k = s->long_kernel;
    int lanes = s->set->lanes, length = lanes / k->pieces;
    int64_t pixels = (int64_t)k->strip * k->vectors * lanes, count = pixels * k->channels;
    workload w = {.s = s, .multiply_adds = (double)PRODUCTS * (double)count, .step = 1};
    fal_long_strip *strip = &w.strip.longs;
    w.tile_fmas = k->channels * k->vectors;
    for (int64_t i = 0; i < k->strip * k->vectors * k->pieces; i++) {
        unsigned first = (unsigned)(i % k->pieces * length);
        piece[i].from = (int32_t)(i / k->pieces * lanes * k->step);
        piece[i].lanes = (uint16_t)(((1U << length) - 1) << first);
    }
    *strip = (fal_long_strip){.piece = piece, .sums = make_numbers(s, count)};
    make_products(s, k->strip, k->channels, pixels * k->step + 8, &strip->products);
    show(&w);
    free_products(&strip->products);
    free(strip->sums);
}

// A few rows of whole vectors, and a square kernel, over an input that has all of them.
static void fill_plane(const subject *s, int64_t size, fal_plane_strip *strip)
{
    static int32_t offset[MOST_PLANE];
    static uint32_t all[MOST_PLANE * 8];
    const fal_plane_kernel *k = s->plane_kernel;
    int lanes = s->set->lanes;
    strip->offset = offset;
    strip->lanes = all;
    strip->past_row = (PLANE_ROWS - 1) * k->stride + size;
    strip->rows = size;
    strip->past_column[0] = (size + k->phases - 1) / k->phases;
    strip->past_column[1] = size;
    strip->output_rows = PLANE_ROWS;
    strip->output_pitch = (int64_t)k->vectors * lanes * k->phases;
    strip->output_lanes = (uint32_t)((UINT64_C(1) << lanes * k->phases) - 1);
    strip->pitch = (int64_t)k->vectors * lanes * k->stride + size;
    for (int64_t i = 0; i < size; i++)
        offset[i] = (int32_t)i;
    for (int64_t i = 0; i < size * k->vectors; i++)
        all[i] = (uint32_t)((UINT64_C(1) << lanes * k->stride) - 1);
}

static void bench_plane(const subject *s, int64_t size)
{
    const fal_plane_kernel *k = s->plane_kernel;
    workload w = {.s = s, .step = k->stride, .size = size};
    fal_plane_strip *strip = &w.strip.plane;
    fill_plane(s, size, strip);
    int64_t outputs = PLANE_ROWS * strip->output_pitch;
    void *input = make_numbers(s, strip->past_row * strip->pitch);
    void *weight = make_numbers(s, size * size + 1);
    void *output = make_numbers(s, outputs);
    strip->input = input;
    strip->weight = strip->bias = weight;
    strip->output = output;
    w.multiply_adds = (double)(outputs / k->phases * size * size);
    w.tile_fmas = k->rows * k->vectors * (k->kernel_rows ? k->kernel_rows : 1);
    show(&w);
    free(input);
    free(weight);
    free(output);
}

// A chunk of channels, whose tiles take a cache line each.
static void bench_tiles(const subject *s)
{
    const int64_t channels = s->set->winograd->channels, count = 64, pitch = 16;
    workload w = {.s = s, .step = 1, .tile_fmas = s->tiles * (int)channels / s->set->lanes};
    void *tiles = make_numbers(s, count * pitch), *sums = make_numbers(s, s->tiles * channels);
    void *weight = make_numbers(s, (count + 1) * channels);
    w.strip.products = (fal_winograd_products){.tiles = tiles,
                                               .pitch = pitch,
                                               .weight = weight,
                                               .count = count,
                                               .sums = sums,
                                               .fetch = weight,
                                               .share = channels};
    w.multiply_adds = (double)(count * channels * s->tiles);
    show(&w);
    free(tiles);
    free(sums);
    free(weight);
}

static void bench_subject(const subject *s)
{
    static const int64_t steps[] = {1, 2, 3}, sizes[] = {3, 7, 31};
    if (s->kind == WIDE)
        for (size_t i = 0; i < COUNT_OF(steps); i++)
            bench_wide(s, steps[i]);
    else if (s->kind == LONG)
        bench_long(s);
    else if (s->kind == TILES)
        bench_tiles(s);
    else if (s->plane_kernel->kernel_rows)
        bench_plane(s, s->plane_kernel->kernel_rows);
    else
        for (size_t i = 0; i < COUNT_OF(sizes); i++)
            bench_plane(s, sizes[i]);
}

void bench_kernels(void)
{
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    printf("%-26s %4s %4s %4s %10s %9s   %s\n", "kernel", "step", "size", "fma", "GMAC/s", "share",
           "place");
    for (int i = 0; i < count; i++)
        bench_subject(&subjects[i]);
}
