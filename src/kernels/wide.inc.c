// SPDX-License-Identifier: Apache-2.0
//
// The body of the kernels with channels in the lanes, included once per shape:
//   TILE_NAME     the function that includes it defines
//   TILE_PIXELS   R, pixels of a tile
//   TILE_VECTORS  V, vectors of channels; R*V + V + 1 registers are live, clang spills from 32
//   TILE_RUN      neighbours reached from one pointer; divides R
//
// An output channel stays in its lane, so the order of every sum is that of k alone: the same bits
// for every shape of tile and width of vector.

#define TILE_RUNS     (TILE_PIXELS / TILE_RUN)
#define TILE_CHANNELS (TILE_VECTORS * FAL_LANES)
// Steps of k by which weights are fetched ahead, from the second-level cache.
#define TILE_AHEAD 24

#define TILE_PASTE(a, b) a##b
#define TILE_LOOP(name)  TILE_PASTE(name, _loop)

// `step` is a constant where it is 1 or 2, so that neighbours need no arithmetic of their own.
FAL_INLINE void TILE_LOOP(TILE_NAME)(const fal_strip *s, int tile, int64_t step)
{
    vec acc[TILE_PIXELS][TILE_VECTORS];
    const float *from[TILE_RUNS];
    const float *weight = s->weight;
    const int32_t *offset = s->offset;
    // The next chunk's weights follow; each tile fetches its share of them.
    const ptrdiff_t share = TILE_CHANNELS / s->tiles;
    const float *next = weight + s->products * (TILE_CHANNELS + tile * share);
    float *sums = s->sums + (ptrdiff_t)tile * TILE_PIXELS * TILE_CHANNELS;
    FAL_UNROLL
    for (int i = 0; i < TILE_RUNS; i++)
        from[i] = s->input + s->run[tile * TILE_RUNS + i];
    FAL_UNROLL
    for (int p = 0; p < TILE_PIXELS; p++)
        FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        acc[p][v] = (vec){0};
    for (int64_t k = s->products; k > 0; k--) {
        vec w[TILE_VECTORS];
        ptrdiff_t o = *offset++;
        FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++) {
            w[v] = vec_load(__builtin_assume_aligned(weight + v * FAL_LANES, 4 * FAL_LANES));
            __builtin_prefetch(weight + TILE_AHEAD * TILE_CHANNELS + v * FAL_LANES);
        }
        FAL_UNROLL
        for (int p = 0; p < TILE_PIXELS; p++) {
            vec x = vec_splat(from[p / TILE_RUN][o + (p % TILE_RUN) * step]);
            FAL_UNROLL
            for (int v = 0; v < TILE_VECTORS; v++)
                acc[p][v] = vec_fma(x, w[v], acc[p][v]);
        }
        weight += TILE_CHANNELS;
        __builtin_prefetch(next, 0, 2);
        next += share;
    }
    FAL_UNROLL
    for (int p = 0; p < TILE_PIXELS; p++)
        FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++) {
        float *to = sums + p * TILE_CHANNELS + v * FAL_LANES;
        vec_store(to, s->add ? vec_load(to) + acc[p][v] : acc[p][v]);
    }
}

static void TILE_NAME(const fal_strip *s)
{
    for (int tile = 0; tile < s->tiles; tile++) {
        if (TILE_RUN == 1 || s->step == 1)
            TILE_LOOP(TILE_NAME)(s, tile, 1);
        else if (s->step == 2)
            TILE_LOOP(TILE_NAME)(s, tile, 2);
        else
            TILE_LOOP(TILE_NAME)(s, tile, s->step);
    }
}

#undef TILE_RUNS
#undef TILE_CHANNELS
#undef TILE_AHEAD
#undef TILE_PASTE
#undef TILE_LOOP
#undef TILE_NAME
#undef TILE_PIXELS
#undef TILE_VECTORS
#undef TILE_RUN
