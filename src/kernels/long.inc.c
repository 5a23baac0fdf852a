// SPDX-License-Identifier: Apache-2.0
//
// The body of the kernels with pixels in the lanes, included once per shape:
//   TILE_CHANNELS  C, channels of a tile
//   TILE_PIECES    P, pieces of a vector
//   TILE_STEP      S, numbers of the input from one pixel to the next
// It defines long_C_P_S. As many vectors V of pixels make a tile as there are registers for, C*V
// sums and V + 1 to compute them; with pieces V*P sets of lanes have to be held, too.
//
// A pixel stays in its lane and a channel in its row, so the order of every sum is that of its
// products alone.
//
// Of pixels that are two numbers apart each vector is taken from two as they lie in the input, so
// that no row has to be dealt out before: of the first one's even numbers and the second one's odd
// ones, which are its two halves and may lie anywhere.

#define TILE_MOST ((FAL_REGISTERS - 1) / (TILE_CHANNELS + 1))
#if TILE_PIECES == 1
#define TILE_VECTORS (TILE_MOST < 8 ? TILE_MOST : 8)
#elif TILE_PIECES == 2
#define TILE_VECTORS (TILE_MOST < 3 ? TILE_MOST : 3)
#else
#define TILE_VECTORS 1
#endif

// Vectors that are computed alone where the others have no pixels.
#define TILE_NARROW ((TILE_VECTORS + 1) / 2)

// Tiles whose sums fit into a strip's.
#define TILE_FITTING (FAL_STRIP_SUMS / (TILE_CHANNELS * TILE_VECTORS * FAL_LANES))

#define TILE_PASTE(c, p, s, tag) long_##c##_##p##_##s##tag
#define TILE_JOIN(c, p, s, tag)  TILE_PASTE(c, p, s, tag)
#define TILE_NAME                TILE_JOIN(TILE_CHANNELS, TILE_PIECES, TILE_STEP, )
#define TILE_FUNCTION(tag)       TILE_JOIN(TILE_CHANNELS, TILE_PIECES, TILE_STEP, tag)

// A vector of pixels for one product.
FAL_INLINE vec TILE_FUNCTION(_load)(const real *const *from, const vec_lanes *lanes, ptrdiff_t o)
{
#if TILE_PIECES == 1
    (void)lanes;
    return vec_keep(vec_load(from[0] + o));
#elif TILE_STEP == 2
    (void)lanes;
    const vec low = vec_load(from[0] + o), high = vec_load(from[1] + o + FAL_LANES - 1);
    return vec_keep(vec_even_last(low, high));
#else
    vec x = vec_load_lanes(from[0] + o, lanes[0]);
    FAL_UNROLL
    for (int i = 1; i < TILE_PIECES; i++)
        x = vec_load_over(x, from[i] + o, lanes[i]);
    return vec_keep(x);
#endif
}

// Whether a tile has what the next one reads brought near. What is packed, where lanes cannot be
// left out, is near, and of many products would only push the weights, and what this tile reads,
// out of the first-level cache.
FAL_INLINE bool TILE_FUNCTION(_fetches)(const fal_long_strip *s)
{
    const int64_t room = 8 << 10; // bytes
    return s->looks_ahead &&
           (FAL_LANES_STORED || s->products.count * TILE_VECTORS * FAL_VECTOR <= room);
}

// Whether no more than half of the vectors of a tile, the last of a band, have pixels.
FAL_INLINE bool TILE_FUNCTION(_is_narrow)(const fal_piece *piece)
{
    uint16_t lanes = 0;
    FAL_UNROLL
    for (int v = TILE_NARROW; v < TILE_VECTORS; v++)
        lanes |= piece[v * TILE_PIECES].lanes;
    return TILE_PIECES == 1 && TILE_NARROW < TILE_VECTORS && !lanes;
}

// Adds one product of the first vectors of a tile to the sums of all its channels.
FAL_INLINE void TILE_FUNCTION(_add)(const vec *x, const real *weight, int vectors,
                                    vec (*acc)[TILE_VECTORS])
{
    FAL_UNROLL
    for (int c = 0; c < TILE_CHANNELS; c++) {
        vec w = vec_splat(weight[c]);
        FAL_UNROLL
        for (int v = 0; v < vectors; v++)
            acc[c][v] = vec_fma(x[v], w, acc[c][v]);
    }
    FAL_UNROLL
    for (int v = 0; v < vectors; v++)
        vec_live(x[v]);
}

// All stretches of the first vectors of a tile, over all its channels. `vectors` is a constant.
FAL_INLINE void TILE_FUNCTION(_sum)(const fal_products *products, const fal_piece *piece,
                                    const fal_stretch *stretch, int vectors,
                                    vec (*acc)[TILE_VECTORS])
{
    const real *from[TILE_VECTORS][TILE_PIECES];
    vec_lanes lanes[TILE_VECTORS][TILE_PIECES];
    FAL_UNROLL
    for (int v = 0; v < vectors; v++)
        FAL_UNROLL
    for (int i = 0; i < TILE_PIECES; i++) {
        from[v][i] = (const real *)products->input + piece[v * TILE_PIECES + i].from;
        lanes[v][i] = vec_lanes_of(piece[v * TILE_PIECES + i].lanes);
    }
    for (; stretch->count; stretch++) {
        const ptrdiff_t first = stretch->first * products->unit;
        const int32_t *offset = products->offset + first;
        const int32_t *end = offset + stretch->count * products->unit;
        const real *weight = (const real *)products->weight + first * TILE_CHANNELS;
        do {
            vec x[TILE_VECTORS];
            ptrdiff_t o = *offset++;
            FAL_UNROLL
            for (int v = 0; v < vectors; v++)
                x[v] = TILE_FUNCTION(_load)(from[v], lanes[v], o);
            TILE_FUNCTION(_add)(x, weight, vectors, acc);
            weight += TILE_CHANNELS;
        } while (offset < end);
    }
}

// One product where all of a tile read a step behind the one before, `at` being how far that is by
// then, and `ahead` from there to what is brought near. Vectors are kept so many bytes from where
// their pixels begin.
FAL_INLINE void TILE_FUNCTION(_step)(const real *const *from, ptrdiff_t at, uintptr_t kept,
                                     ptrdiff_t ahead, const real *weight, int vectors,
                                     long_beside beside, vec (*acc)[TILE_VECTORS])
{
    const bool next = beside == LONG_NEXT || beside == LONG_KEEP || beside == LONG_BOTH;
    vec x[TILE_VECTORS];
    vec_in_turn();
    FAL_UNROLL
    for (int v = 0; v < vectors; v++)
        x[v] = vec_keep(vec_load(from[v] + at));
    FAL_UNROLL
    for (int v = 0; beside == LONG_KEEP && v < vectors; v++)
        vec_store((real *)((uintptr_t)from[v] + kept), x[v]);
    FAL_UNROLL
    for (int v = 0; next && v < vectors; v += 64 / FAL_VECTOR)
        __builtin_prefetch(from[v] + at + ahead);
    TILE_FUNCTION(_add)(x, weight, vectors, acc);
}

// All of them, for the first vectors of a tile: addresses that no table has to be read for are
// known sooner. `vectors` and `beside` are constants.
FAL_INLINE void TILE_FUNCTION(_walk)(const fal_long_strip *s, const fal_piece *piece, int64_t visit,
                                     int vectors, long_beside beside, vec (*acc)[TILE_VECTORS])
{
    const real *from[TILE_VECTORS], *weight = s->products.weight;
    FAL_UNROLL
    for (int v = 0; v < vectors; v++)
        from[v] = (const real *)s->products.input + piece[v].from;
    // What the next tile reads, or a few products on, where this one's pixels of many channels and
    // what is kept of them fill the first-level cache.
    const int few = 16;
    const ptrdiff_t step = s->step;
    const ptrdiff_t ahead = beside == LONG_KEEP ? few * step : TILE_VECTORS * FAL_LANES;
    const int64_t count = s->products.count;
    const uintptr_t keep_step = (uintptr_t)s->keep_step * sizeof *weight;
    uintptr_t kept = (uintptr_t)s->keep - (uintptr_t)s->products.input;
    int64_t i = 0;
    ptrdiff_t at = 0;
    if (beside == LONG_FETCH || beside == LONG_BOTH) {
        // Lines of a channel, which are in one page, one behind the other.
        const int64_t first = visit * (count / 2), channel = first / s->lines;
        const char *line = s->fetch + channel * s->fetch_step + first % s->lines * 64;
        for (int64_t left = s->lines - first % s->lines; i + 1 < count; left = s->lines) {
            int64_t pairs = (count - i) / 2 < left ? (count - i) / 2 : left;
            i += 2 * pairs;
            do {
                __builtin_prefetch(line, 0, 2);
                line += 64;
                TILE_FUNCTION(_step)(from, at, 0, ahead, weight, vectors, beside, acc);
                at = vec_distance(at + step);
                weight += TILE_CHANNELS;
                TILE_FUNCTION(_step)(from, at, 0, ahead, weight, vectors, beside, acc);
                at = vec_distance(at + step);
                weight += TILE_CHANNELS;
            } while (--pairs > 0);
            line += s->fetch_step - s->lines * 64;
        }
    }
    for (; i < count; i++, kept += keep_step, weight += TILE_CHANNELS) {
        TILE_FUNCTION(_step)(from, at, kept, ahead, weight, vectors, beside, acc);
        at = vec_distance(at + step);
    }
}

// The sums of a tile, whatever its products are.
FAL_INLINE void TILE_FUNCTION(_multiply_all)(const fal_long_strip *s, int tile,
                                             vec (*acc)[TILE_VECTORS])
{
    const fal_piece *piece = s->piece + (ptrdiff_t)tile * TILE_VECTORS * TILE_PIECES;
    const fal_stretch *stretch = s->products.stretches[tile];
    const bool narrow = TILE_FUNCTION(_is_narrow)(piece);
    if (TILE_PIECES > 1 || !s->walks) {
        if (narrow)
            TILE_FUNCTION(_sum)(&s->products, piece, stretch, TILE_NARROW, acc);
        else
            TILE_FUNCTION(_sum)(&s->products, piece, stretch, TILE_VECTORS, acc);
        return;
    }
    const bool next = TILE_FUNCTION(_fetches)(s);
    const int64_t visit = s->visit + tile;
    if (s->keep)
        TILE_FUNCTION(_walk)(s, piece, visit, TILE_VECTORS, LONG_KEEP, acc);
    else if (narrow)
        TILE_FUNCTION(_walk)(s, piece, visit, TILE_NARROW, LONG_ALONE, acc);
    else if (visit < 2 * s->lines && next)
        TILE_FUNCTION(_walk)(s, piece, visit, TILE_VECTORS, LONG_BOTH, acc);
    else if (visit < 2 * s->lines)
        TILE_FUNCTION(_walk)(s, piece, visit, TILE_VECTORS, LONG_FETCH, acc);
    else if (next)
        TILE_FUNCTION(_walk)(s, piece, visit, TILE_VECTORS, LONG_NEXT, acc);
    else
        TILE_FUNCTION(_walk)(s, piece, visit, TILE_VECTORS, LONG_ALONE, acc);
}

// Has what is added to the sums of a tile brought near.
FAL_INLINE void TILE_FUNCTION(_fetch_residual)(const fal_long_strip *s, const fal_piece *piece)
{
    FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++) {
        const real *to = (const real *)s->output + piece[v * TILE_PIECES].to;
        for (int c = 0; c < TILE_CHANNELS; c++, to += s->channel_stride)
            __builtin_prefetch((const char *)to + s->finish->residual);
    }
}

// Adds the biases to the sums of a tile.
FAL_INLINE void TILE_FUNCTION(_end)(const fal_long_strip *s, vec (*acc)[TILE_VECTORS])
{
    const real *bias = s->bias;
    FAL_UNROLL
    for (int c = 0; c < TILE_CHANNELS; c++)
        FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        acc[c][v] += vec_splat(bias[c]);
}

// Leaves all sums of a tile in memory.
FAL_INLINE void TILE_FUNCTION(_leave)(real *sums, vec (*acc)[TILE_VECTORS])
{
    FAL_UNROLL
    for (int c = 0; c < TILE_CHANNELS; c++)
        FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        vec_store(sums + (c * TILE_VECTORS + v) * FAL_LANES, acc[c][v]);
}

// What is added to the sums of a piece that is written from registers.
FAL_INLINE vec TILE_FUNCTION(_residual)(const real *from, uint32_t lanes)
{
    return TILE_STEP == 2 ? vec_load_lanes(from, vec_lanes_of(lanes)) : vec_load_whole(from, lanes);
}

// Writes one vector of every channel, its bias added, to where one of its pieces goes. `f` adds and
// clamps at most, to a range.
FAL_INLINE void TILE_FUNCTION(_write_piece)(const fal_long_strip *s, real *to, uint32_t lanes,
                                            const fal_finish *f, range r, vec (*acc)[TILE_VECTORS],
                                            int v)
{
    const ptrdiff_t stride = s->channel_stride;
    const real *bias = s->bias;
    FAL_UNROLL
    for (int c = 0; c < TILE_CHANNELS; c++, to += stride) {
        vec sum = acc[c][v] + vec_splat(bias[c]);
        if (f && f->adds)
            sum += TILE_FUNCTION(_residual)((const real *)((uintptr_t)to + (uintptr_t)f->residual),
                                            lanes);
        if (f)
            sum = clamp(r, sum);
        if (TILE_STEP == 2 && !FAL_LANES_STORED)
            vec_store_halves(to, sum, lanes);
        else
            vec_store_whole(to, sum, lanes);
    }
}

// Whether a tile is written from registers.
FAL_INLINE bool TILE_FUNCTION(_is_plain)(const fal_long_strip *s, const fal_piece *piece)
{
    bool whole = true;
    FAL_UNROLL
    for (int i = 0; i < TILE_VECTORS * TILE_PIECES; i++)
        whole = whole && (!piece[i].written || piece[i].written == FAL_ALL_LANES ||
                          (TILE_STEP == 2 && vec_is_half(piece[i].written)));
    return s->pixel_stride == 1 && (FAL_LANES_STORED || whole) && fal_is_brief(s->finish);
}

// Writes a tile from registers. `f` is s->finish, apart so that NULL can be a constant.
FAL_INLINE void TILE_FUNCTION(_write)(const fal_long_strip *s, const fal_piece *piece,
                                      const fal_finish *f, vec (*acc)[TILE_VECTORS])
{
    const range r = range_of(f);
    FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        for (int i = 0; i < TILE_PIECES; i++) {
            const fal_piece part = piece[v * TILE_PIECES + i];
            real *to = (real *)s->output + part.to;
            if (!part.written)
                continue;
            TILE_FUNCTION(_write_piece)(s, to, part.written, f, r, acc, v);
        }
}

// Writes a tile, biases added, from registers to every second number, and nothing else is to be
// done to it.
FAL_INLINE void TILE_FUNCTION(_write_apart)(const fal_long_strip *s, const fal_piece *piece,
                                            vec (*acc)[TILE_VECTORS])
{
    FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        for (int i = 0; i < TILE_PIECES; i++) {
            const fal_piece part = piece[v * TILE_PIECES + i];
            real *to = (real *)s->output + part.to;
            if (!part.written)
                continue;
            FAL_UNROLL
            for (int c = 0; c < TILE_CHANNELS; c++, to += s->channel_stride)
                vec_store_apart(to, acc[c][v], part.written);
        }
}

static const fal_long_kernel TILE_NAME;

FAL_INLINE void TILE_FUNCTION(_tile)(const fal_long_strip *s, int tile)
{
    vec acc[TILE_CHANNELS][TILE_VECTORS];
    const fal_piece *piece = s->piece + (ptrdiff_t)tile * TILE_VECTORS * TILE_PIECES;
    real *sums = (real *)s->sums + (ptrdiff_t)tile * TILE_CHANNELS * TILE_VECTORS * FAL_LANES;
    FAL_UNROLL
    for (int c = 0; c < TILE_CHANNELS; c++)
        FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        acc[c][v] = (vec){0};
    if (s->last && s->finish && s->finish->adds)
        TILE_FUNCTION(_fetch_residual)(s, piece);
    TILE_FUNCTION(_multiply_all)(s, tile, acc);
    if (s->add) {
        FAL_UNROLL
        for (int c = 0; c < TILE_CHANNELS; c++)
            FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            acc[c][v] = vec_load(sums + (c * TILE_VECTORS + v) * FAL_LANES) + acc[c][v];
    }
    if (!s->last) {
        TILE_FUNCTION(_leave)(sums, acc);
        return;
    }
    if (TILE_FUNCTION(_is_plain)(s, piece)) {
        if (s->finish)
            TILE_FUNCTION(_write)(s, piece, s->finish, acc);
        else
            TILE_FUNCTION(_write)(s, piece, NULL, acc);
        return;
    }
    TILE_FUNCTION(_end)(s, acc);
    if (FAL_LANES_STORED && s->pixel_stride == 2 && !s->finish) {
        TILE_FUNCTION(_write_apart)(s, piece, acc);
        return;
    }
    TILE_FUNCTION(_leave)(sums, acc);
    write_long_tile_real(s, &TILE_NAME, piece, sums, s->finish);
}

static void TILE_FUNCTION(_multiply)(const fal_long_strip *s)
{
    for (int tile = 0; tile < s->products.tiles; tile++)
        TILE_FUNCTION(_tile)(s, tile);
}

static const fal_long_kernel TILE_NAME = {
    .channels = TILE_CHANNELS,
    .vectors = TILE_VECTORS,
    .pieces = TILE_PIECES,
    .step = TILE_STEP,
    .strip = TILE_FITTING < FAL_LONG_STRIP ? TILE_FITTING : FAL_LONG_STRIP,
    .multiply = TILE_FUNCTION(_multiply),
};

#undef TILE_MOST
#undef TILE_VECTORS
#undef TILE_NARROW
#undef TILE_FITTING
#undef TILE_PASTE
#undef TILE_JOIN
#undef TILE_NAME
#undef TILE_FUNCTION
#undef TILE_CHANNELS
