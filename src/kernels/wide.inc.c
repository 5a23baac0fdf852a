// SPDX-License-Identifier: Apache-2.0
//
// The body of the kernels with channels in the lanes, included once per shape:
//   TILE_NAME       the kernel that it defines
//   TILE_PIXELS     R, pixels of a tile
//   TILE_VECTORS    V, vectors of channels; R*V + V + 1 registers are live, clang spills from 32
//   TILE_RUN        neighbours reached from one pointer; divides R
//   TILE_STRIP      tiles of a strip
//   TILE_SKIPS(X)   X(i, set) for every set of pixels that a stretch may leave out, i from 0
//   TILE_FAR_SKIPS  those of them that are compiled for steps other than 1
//
// An output channel stays in its lane, so the order of every sum is that of its products alone.

#define TILE_RUNS     (TILE_PIXELS / TILE_RUN)
#define TILE_CHANNELS (TILE_VECTORS * FAL_LANES)
// Rows of weights by which they are fetched ahead, from the second-level cache.
#define TILE_AHEAD 24
#define TILE_LINE  (64 / FAL_NUMBER)

#define TILE_PASTE(a, b)   a##b
#define TILE_JOIN(a, b)    TILE_PASTE(a, b)
#define TILE_FUNCTION(tag) TILE_JOIN(TILE_NAME, tag)

// What will be read next, of which every product fetches a share.
typedef struct TILE_FUNCTION(_fetch) {
    const real *next;
    ptrdiff_t share;
} TILE_FUNCTION(_fetch);

// One stretch. `step` and `skip` are constants, so that neighbours need no arithmetic of their own
// and pixels that are left out no instruction. Returns what is to be fetched next.
FAL_INLINE const real *TILE_FUNCTION(_stretch)(const fal_products *products,
                                               const fal_stretch *stretch, const real *const *from,
                                               vec (*acc)[TILE_VECTORS], int64_t step,
                                               unsigned skip, TILE_FUNCTION(_fetch) fetch)
{
    const ptrdiff_t first = stretch->first * products->unit;
    const int32_t *offset = products->offset + first;
    const int32_t *end = offset + stretch->count * products->unit;
    const real *weight = (const real *)products->weight + first * TILE_CHANNELS;
    do {
        vec w[TILE_VECTORS];
        ptrdiff_t o = *offset++;
        FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            w[v] = vec_load(__builtin_assume_aligned(weight + v * FAL_LANES, FAL_VECTOR));
        FAL_UNROLL
        for (int i = 0; i < TILE_CHANNELS; i += TILE_LINE)
            __builtin_prefetch(weight + TILE_AHEAD * TILE_CHANNELS + i);
        FAL_UNROLL
        for (int run = 0; run < TILE_RUNS; run++) {
            const real *pixel = from[run] + o;
            FAL_UNROLL
            for (int p = run * TILE_RUN; p < (run + 1) * TILE_RUN; p++, pixel += step) {
                if (skip >> p & 1)
                    continue;
                vec x = vec_splat(*pixel);
                FAL_UNROLL
                for (int v = 0; v < TILE_VECTORS; v++)
                    acc[p][v] = vec_fma(x, w[v], acc[p][v]);
            }
        }
        weight += TILE_CHANNELS;
        __builtin_prefetch(fetch.next, 0, 2);
        fetch.next += fetch.share;
    } while (offset < end);
    return fetch.next;
}

// Writes a pixel's sums to an output where channels follow each other.
FAL_INLINE void TILE_FUNCTION(_write_pixel)(const fal_finish *f, range r, real *to, const vec *sums)
{
    FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++, to += FAL_LANES) {
        vec sum = sums[v];
        if (f && f->adds)
            sum += vec_load((const real *)((uintptr_t)to + (uintptr_t)f->residual));
        if (f)
            sum = clamp(r, sum);
        vec_store(to, sum);
    }
}

// Writes those of a tile. What the strip says is read before, since it might be what is written to.
FAL_INLINE void TILE_FUNCTION(_write)(const fal_wide_strip *s, const fal_place *place,
                                      vec (*acc)[TILE_VECTORS])
{
    const fal_finish *finish = s->finish;
    const range r = range_of(finish);
    const ptrdiff_t stride = s->pixel_stride;
    real *output = s->output;
    FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++) {
        const vec bias = vec_load((const real *)s->bias + v * FAL_LANES);
        FAL_UNROLL
        for (int p = 0; p < TILE_PIXELS; p++)
            acc[p][v] += bias;
    }
    FAL_UNROLL
    for (int run = 0; run < TILE_RUNS; run++) {
        real *to = output + place[run].position;
        const int64_t pixels = place[run].pixels;
        FAL_UNROLL
        for (int p = 0; p < TILE_RUN; p++, to += stride)
            if (p < pixels)
                TILE_FUNCTION(_write_pixel)(finish, r, to, acc[run * TILE_RUN + p]);
    }
}

// All stretches of a tile. `skips` is how many sets of pixels may be left out.
FAL_INLINE void TILE_FUNCTION(_tile)(const fal_wide_strip *s, int tile, int64_t step, int skips,
                                     TILE_FUNCTION(_fetch) fetch)
{
    vec acc[TILE_PIXELS][TILE_VECTORS];
    const real *from[TILE_RUNS];
    real *sums = (real *)s->sums + (ptrdiff_t)tile * TILE_PIXELS * TILE_CHANNELS;
    FAL_UNROLL
    for (int i = 0; i < TILE_RUNS; i++)
        from[i] = (const real *)s->products.input + s->run[tile * TILE_RUNS + i];
    FAL_UNROLL
    for (int p = 0; p < TILE_PIXELS; p++)
        FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        acc[p][v] = (vec){0};
    for (const fal_stretch *stretch = s->products.stretches[tile]; stretch->count; stretch++)
        switch (stretch->skip) {
#define TILE_CASE(i, set)                                                                          \
    case i:                                                                                        \
        if (i < skips)                                                                             \
            fetch.next =                                                                           \
                TILE_FUNCTION(_stretch)(&s->products, stretch, from, acc, step, set, fetch);       \
        break;
            TILE_SKIPS(TILE_CASE)
#undef TILE_CASE
        }
    if (s->add)
        FAL_UNROLL
    for (int p = 0; p < TILE_PIXELS; p++)
        FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        acc[p][v] = vec_load(sums + p * TILE_CHANNELS + v * FAL_LANES) + acc[p][v];
    if (s->output) {
        TILE_FUNCTION(_write)(s, s->place + (ptrdiff_t)tile * TILE_RUNS, acc);
        return;
    }
    FAL_UNROLL
    for (int p = 0; p < TILE_PIXELS; p++)
        FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        vec_store(sums + p * TILE_CHANNELS + v * FAL_LANES, acc[p][v]);
}

#define TILE_COUNT(i, set) +1
enum { TILE_FUNCTION(_skips) = 0 TILE_SKIPS(TILE_COUNT) };
#undef TILE_COUNT

static void TILE_FUNCTION(_multiply)(const fal_wide_strip *s)
{
    const fal_products *products = &s->products;
    const ptrdiff_t share = (TILE_CHANNELS + products->tiles - 1) / products->tiles;
    const real *behind = (const real *)products->weight + products->count * TILE_CHANNELS;
    for (int tile = 0; tile < products->tiles; tile++, behind += products->count * share) {
        TILE_FUNCTION(_fetch) fetch = {behind, share};
        if (s->share) {
            fetch.next = (const real *)products->input + s->run[tile * TILE_RUNS] + s->ahead;
            fetch.share = s->share;
        }
        if (TILE_RUN == 1 || s->step == 1)
            TILE_FUNCTION(_tile)(s, tile, 1, TILE_FUNCTION(_skips), fetch);
        else if (s->step == 2)
            TILE_FUNCTION(_tile)(s, tile, 2, TILE_FAR_SKIPS, fetch);
        else
            TILE_FUNCTION(_tile)(s, tile, s->step, TILE_FAR_SKIPS, fetch);
    }
}

#define TILE_SET(i, set) set,
static const fal_wide_kernel TILE_NAME = {
    .channels = TILE_CHANNELS,
    .pixels = TILE_PIXELS,
    .run = TILE_RUN,
    .strip = TILE_STRIP,
    .skips = {TILE_SKIPS(TILE_SET)},
    .skip_count = TILE_FUNCTION(_skips),
    .far_skips = TILE_FAR_SKIPS,
    .multiply = TILE_FUNCTION(_multiply),
};
#undef TILE_SET

#undef TILE_RUNS
#undef TILE_CHANNELS
#undef TILE_AHEAD
#undef TILE_LINE
#undef TILE_PASTE
#undef TILE_JOIN
#undef TILE_FUNCTION
#undef TILE_NAME
#undef TILE_PIXELS
#undef TILE_VECTORS
#undef TILE_RUN
#undef TILE_STRIP
#undef TILE_SKIPS
#undef TILE_FAR_SKIPS
