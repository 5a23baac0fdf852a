// SPDX-License-Identifier: Apache-2.0
//
// The body of the kernels with pixels in the lanes, included once per shape:
//   TILE_NAME      the function that includes it defines
//   TILE_CHANNELS  C, channels of a tile
//   TILE_VECTORS   V, runs of FAL_LANES pixels; C*V + V + 1 registers are live, and V pointers
//
// A pixel stays in its lane and a channel in its row, so the order of every sum is that of k alone.
// Sums are left as [tile][channel][pixel].

static void TILE_NAME(const fal_strip *s)
{
    for (int tile = 0; tile < s->tiles; tile++) {
        vec acc[TILE_CHANNELS][TILE_VECTORS];
        const float *from[TILE_VECTORS];
        const float *weight = s->weight;
        const int32_t *offset = s->offset;
        float *sums = s->sums + (ptrdiff_t)tile * TILE_CHANNELS * TILE_VECTORS * FAL_LANES;
        FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            from[v] = s->input + s->run[tile * TILE_VECTORS + v];
        FAL_UNROLL
        for (int c = 0; c < TILE_CHANNELS; c++)
            FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            acc[c][v] = (vec){0};
        for (int64_t k = s->products; k > 0; k--) {
            vec x[TILE_VECTORS];
            ptrdiff_t o = *offset++;
            FAL_UNROLL
            for (int v = 0; v < TILE_VECTORS; v++)
                x[v] = vec_load(from[v] + o);
            FAL_UNROLL
            for (int c = 0; c < TILE_CHANNELS; c++) {
                vec w = vec_splat(weight[c]);
                FAL_UNROLL
                for (int v = 0; v < TILE_VECTORS; v++)
                    acc[c][v] = vec_fma(x[v], w, acc[c][v]);
            }
            weight += TILE_CHANNELS;
        }
        FAL_UNROLL
        for (int c = 0; c < TILE_CHANNELS; c++)
            FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++) {
            float *to = sums + (c * TILE_VECTORS + v) * FAL_LANES;
            vec_store(to, s->add ? vec_load(to) + acc[c][v] : acc[c][v]);
        }
    }
}

#undef TILE_NAME
#undef TILE_CHANNELS
#undef TILE_VECTORS
