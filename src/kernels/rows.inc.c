// SPDX-License-Identifier: Apache-2.0
//
// The body of the kernels for one channel by itself, as in a depthwise convolution of stride 1,
// included once per shape:
//   TILE_NAME     the function that includes it defines
//   TILE_VECTORS  V, vectors of neighbouring pixels; ROWS*V + V + 1 registers are live
//
// A tile is ROWS rows of the output. Every row of the input that they need is loaded once and used
// by all of them that meet it, each with its own row of the kernel; so an output still sums over
// the kernel row by row, element by element. Sums are left as [tile][row][pixel].

#define ROWS 4

#define TILE_PASTE(a, b) a##b
#define TILE_PART(name)  TILE_PASTE(name, _part)

// One row of the input for the tile's rows from `first` to `last`, which are constants: `weight` is
// the kernel's row that meets the tile's row 0.
FAL_INLINE void TILE_PART(TILE_NAME)(const fal_strip *s, const float *x, const float *weight,
                                     vec (*acc)[TILE_VECTORS], int first, int last)
{
    const ptrdiff_t columns = s->columns;
    for (ptrdiff_t k = 0; k < columns; k++, weight++) {
        vec from[TILE_VECTORS];
        FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            from[v] = vec_load(x + s->offset[k] + v * FAL_LANES);
        FAL_UNROLL
        for (int i = first; i <= last; i++) {
            vec w = vec_splat(weight[-i * columns]);
            FAL_UNROLL
            for (int v = 0; v < TILE_VECTORS; v++)
                acc[i][v] = vec_fma(from[v], w, acc[i][v]);
        }
    }
}

static void TILE_NAME(const fal_strip *s)
{
    const ptrdiff_t columns = s->columns, rows = s->products / columns;
    for (int tile = 0; tile < s->tiles; tile++) {
        vec acc[ROWS][TILE_VECTORS];
        const float *x = s->input + s->run[tile * ROWS * TILE_VECTORS];
        float *sums = s->sums + (ptrdiff_t)tile * ROWS * TILE_VECTORS * FAL_LANES;
        FAL_UNROLL
        for (int i = 0; i < ROWS; i++)
            FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            acc[i][v] = (vec){0};
        for (ptrdiff_t r = 0; r < rows + ROWS - 1; r++, x += s->pitch) {
            const float *weight = s->weight + r * columns;
            ptrdiff_t first = r < rows ? 0 : r - rows + 1, last = r < ROWS ? r : ROWS - 1;
            switch (first * ROWS + last) {
            case 0:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 0, 0);
                break;
            case 1:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 0, 1);
                break;
            case 2:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 0, 2);
                break;
            case 3:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 0, 3);
                break;
            case 5:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 1, 1);
                break;
            case 6:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 1, 2);
                break;
            case 7:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 1, 3);
                break;
            case 10:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 2, 2);
                break;
            case 11:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 2, 3);
                break;
            default:
                TILE_PART(TILE_NAME)(s, x, weight, acc, 3, 3);
                break;
            }
        }
        FAL_UNROLL
        for (int i = 0; i < ROWS; i++)
            FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            vec_store(sums + (i * TILE_VECTORS + v) * FAL_LANES, acc[i][v]);
    }
}

#undef ROWS
#undef TILE_PASTE
#undef TILE_PART
#undef TILE_NAME
#undef TILE_VECTORS
