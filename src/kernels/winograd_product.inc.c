// SPDX-License-Identifier: Apache-2.0
//
// The body of the products of Winograd's transforms, included once per number of tiles:
//   TILE_TILES  T, tiles that are multiplied at once
// It defines winograd_T. T*V sums are live, with V vectors of weights and a number of a tile.
//
// A tile and a channel keep their places, so the order of every sum is that of the channels alone.
// Beside the products, the weights that come next are brought near, and the tiles of as many
// channels on as a chunk has.

#define TILE_PASTE(t) winograd_##t
#define TILE_JOIN(t)  TILE_PASTE(t)

static void TILE_JOIN(TILE_TILES)(const fal_winograd_products *p)
{
    vec acc[TILE_TILES][WINOGRAD_VECTORS];
    const real *tile = p->tiles, *weight = p->weight, *fetch = p->fetch;
    real *sums = p->sums;
    int64_t count = p->count;
    const bool add = p->add;
    const int ahead = 32;
    FAL_UNROLL
    for (int t = 0; t < TILE_TILES; t++)
        FAL_UNROLL
    for (int v = 0; v < WINOGRAD_VECTORS; v++)
        acc[t][v] = (vec){0};
    do {
        vec w[WINOGRAD_VECTORS];
        FAL_UNROLL
        for (int v = 0; v < WINOGRAD_VECTORS; v++)
            w[v] = vec_load(__builtin_assume_aligned(weight + v * FAL_LANES, FAL_VECTOR));
        __builtin_prefetch(fetch);
        __builtin_prefetch(tile + ahead * p->pitch);
        FAL_UNROLL
        for (int t = 0; t < TILE_TILES; t++) {
            vec x = vec_splat(tile[t]);
            FAL_UNROLL
            for (int v = 0; v < WINOGRAD_VECTORS; v++)
                acc[t][v] = vec_fma(x, w[v], acc[t][v]);
        }
        weight += WINOGRAD_CHANNELS;
        tile += p->pitch;
        fetch += p->share;
    } while (--count);
    if (add) {
        FAL_UNROLL
        for (int t = 0; t < TILE_TILES; t++)
            FAL_UNROLL
        for (int v = 0; v < WINOGRAD_VECTORS; v++)
            acc[t][v] += vec_load(sums + t * WINOGRAD_CHANNELS + v * FAL_LANES);
    }
    FAL_UNROLL
    for (int t = 0; t < TILE_TILES; t++)
        FAL_UNROLL
    for (int v = 0; v < WINOGRAD_VECTORS; v++)
        vec_store(sums + t * WINOGRAD_CHANNELS + v * FAL_LANES, acc[t][v]);
}

#undef TILE_PASTE
#undef TILE_JOIN
#undef TILE_TILES
