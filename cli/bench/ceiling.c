// SPDX-License-Identifier: Apache-2.0
#include "bench/ceiling.h"

#include "bench/team.h"
#include "clock.h"

#include <stdlib.h>
#include <string.h>

const instruction_set instruction_sets[] = {
#if defined(__x86_64__)
    {"avx512", "amx", &fma_avx512_f32, &fma_avx512_f64},
    {"avx2", NULL, &fma_avx2_f32, &fma_avx2_f64},
#elif defined(__aarch64__)
    {"neon", NULL, &fma_neon_f32, &fma_neon_f64},
#endif
    {"scalar", NULL, &fma_scalar_f32, &fma_scalar_f64},
};

const int instruction_set_count = sizeof instruction_sets / sizeof *instruction_sets;

static bool has(const char *name)
{
    const int64_t shape[] = {1, 1, 1};
    const faltung_tensor one = {NULL, FALTUNG_F32, 3, shape, NULL};
    faltung_explanation explanation;
    faltung_conv conv = FALTUNG_CONV1D;
    conv.instruction_set = name;
    return !faltung_explain(&conv, &one, &one, &explanation, NULL);
}

bool is_there(const instruction_set *set)
{
    return has(set->name);
}

int find_instruction_set(session *s, const instruction_set **found)
{
    const char *forced = getenv("FALTUNG_ISA");
    char allowed[64] = "";
    for (int i = 0; i < instruction_set_count; i++) {
        *found = &instruction_sets[i];
        if (!is_there(*found))
            continue;
        const char *tiles = (*found)->tiles;
        if (!forced || !*forced || strcmp((*found)->name, forced) == 0 ||
            (tiles && strcmp(tiles, forced) == 0 && has(tiles)))
            return EXIT_DONE;
        strcat(strcat(allowed, *allowed ? ", " : ""), (*found)->name);
    }
    return refuse(s, EXIT_USAGE, "FALTUNG_ISA '%s': allowed on this processor is %s", forced,
                  allowed);
}

const fma_loop *loop_for(const instruction_set *set, faltung_dtype dtype)
{
    return dtype == FALTUNG_F64 || dtype == FALTUNG_C128 ? set->f64 : set->f32;
}

// So many rounds that reading the clock costs nothing beside them: some ten microseconds.
enum { ROUNDS = 5000 };

static double run_loop(const void *context, int index, int threads, double seconds)
{
    (void)index, (void)threads;
    const fma_loop *loop = context;
    double begin = clock_now(), done = 0;
    do {
        loop->run(ROUNDS);
        done += (double)ROUNDS * loop->multiply_adds;
    } while (clock_now() - begin < seconds);
    return done;
}

double ceiling_rate(const fma_loop *loop, int threads, double seconds)
{
    return team_rate(threads, run_loop, loop, seconds);
}
