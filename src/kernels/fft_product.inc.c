// SPDX-License-Identifier: Apache-2.0
//
// The body of the products of spectra, included once per number of rows:
//   TILE_ROWS  R, rows of complex numbers that are multiplied at once
// It defines fft_R. 2*R sums are live, with a complex vector and a number of a row.

#define TILE_PASTE(r) fft_##r
#define TILE_JOIN(r)  TILE_PASTE(r)

// Lines of numbers, two for each row, are reached from every fifth one: what a processor adds to an
// address is a register, or twice or four times one; three times it is another register.
static void TILE_JOIN(TILE_ROWS)(const fal_fft_products *p)
{
    enum { NEAR = 5, BASES = (2 * TILE_ROWS + NEAR - 1) / NEAR };
    vec re[TILE_ROWS], im[TILE_ROWS];
    const real *vectors = p->vectors, *base[BASES];
    real *sums = p->sums;
    const int64_t line = p->line;
    FAL_UNROLL
    for (int i = 0; i < BASES; i++)
        base[i] = (const real *)p->rows + NEAR * i * line;
    FAL_UNROLL
    for (int r = 0; r < TILE_ROWS; r++)
        re[r] = im[r] = (vec){0};
    for (int64_t count = p->count; count > 0; count--) {
        const vec v = vec_load(vectors), w = vec_load(vectors + FAL_LANES);
        const vec minus_w = vec_keep(-w); // or every y would be negated
        FAL_UNROLL
        for (int r = 0; r < TILE_ROWS; r++) {
            const int i = 2 * r, j = i + 1;
            const vec x = vec_splat(base[i / NEAR][i % NEAR * line]);
            const vec y = vec_splat(base[j / NEAR][j % NEAR * line]);
            re[r] = vec_fma(x, v, re[r]);
            im[r] = vec_fma(x, w, im[r]);
            re[r] = vec_fma(y, minus_w, re[r]);
            im[r] = vec_fma(y, v, im[r]);
        }
        vectors += 2 * FAL_LANES;
        FAL_UNROLL
        for (int i = 0; i < BASES; i++)
            base[i]++;
    }
    FAL_UNROLL
    for (int r = 0; r < TILE_ROWS; r++) {
        vec_store(sums + 2 * r * FAL_LANES, re[r]);
        vec_store(sums + (2 * r + 1) * FAL_LANES, im[r]);
    }
}

#undef TILE_PASTE
#undef TILE_JOIN
#undef TILE_ROWS
