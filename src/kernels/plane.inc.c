// SPDX-License-Identifier: Apache-2.0
//
// The body of the kernels for one channel by itself, as in a depthwise convolution, included once
// per shape:
//   TILE_ROWS     R, rows of the output
//   TILE_VECTORS  V, vectors of pixels of each
//   TILE_STRIDE   S, between neighbouring pixels, and rows, in the input: 1 or 2
//   TILE_PHASES   P, pixels of the output that a lane stands for, side by side: 1 or 2
//   TILE_KERNEL   K, rows of the kernel; 0: any number of them
// It defines plane_K_S_P_V.
//
// A row of the input is loaded once for all rows of the output that meet it, each with its own row
// of the kernel: so an output sums over the kernel column by column, row by row.

// Whether there are registers for the weights of a column, besides all else; and whether what is
// read whole has a way of its own, where some lanes take an instruction more.
#define TILE_KEEPS_WEIGHTS                                                                         \
    (FAL_REGISTERS == 32 || (TILE_STRIDE == 1 && TILE_KERNEL > 0 && TILE_KERNEL < 4))
#define TILE_HAS_WHOLE_WAY                                                                         \
    (FAL_VECTOR == 16 || (FAL_VECTOR == 32 && TILE_STRIDE == 1 && TILE_KERNEL > 0))

#define TILE_PASTE(k, s, p, v, tag) plane_##k##_##s##_##p##_##v##tag
#define TILE_JOIN(k, s, p, v, tag)  TILE_PASTE(k, s, p, v, tag)
#define TILE_NAME                   TILE_JOIN(TILE_KERNEL, TILE_STRIDE, TILE_PHASES, TILE_VECTORS, )
#define TILE_FUNCTION(tag)          TILE_JOIN(TILE_KERNEL, TILE_STRIDE, TILE_PHASES, TILE_VECTORS, tag)

// A statement for each sum of a tile.
#define TILE_EACH(p, r, v)                                                                         \
    FAL_UNROLL                                                                                     \
    for (int p = 0; p < TILE_PHASES; p++)                                                          \
        FAL_UNROLL                                                                                 \
    for (int r = 0; r < TILE_ROWS; r++)                                                            \
        FAL_UNROLL                                                                                 \
    for (int v = 0; v < TILE_VECTORS; v++)

// The lanes of a row of the input that are read for one column of the kernel.
typedef struct TILE_FUNCTION(_reach) {
    bool all;
    vec_lanes lanes[TILE_VECTORS][TILE_STRIDE];
} TILE_FUNCTION(_reach);

FAL_INLINE TILE_FUNCTION(_reach) TILE_FUNCTION(_find_reach)(const uint32_t *lanes)
{
    TILE_FUNCTION(_reach) reach = {.all = TILE_HAS_WHOLE_WAY};
    const uint32_t all = TILE_STRIDE * FAL_LANES == 32
                             ? UINT32_MAX
                             : (UINT32_C(1) << TILE_STRIDE * FAL_LANES % 32) - 1;
    FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++) {
        reach.all = reach.all && lanes[v] == all;
        FAL_UNROLL
        for (int i = 0; i < TILE_STRIDE; i++)
            reach.lanes[v][i] = vec_lanes_of(lanes[v] >> i * FAL_LANES & FAL_ALL_LANES);
    }
    return reach;
}

FAL_INLINE vec TILE_FUNCTION(_load)(const real *from, const vec_lanes *lanes, bool all)
{
#if TILE_STRIDE == 1
    return vec_keep(all ? vec_load(from) : vec_load_lanes(from, lanes[0]));
#else
    vec low = all ? vec_load(from) : vec_load_lanes(from, lanes[0]);
    from += FAL_LANES;
    return vec_keep(vec_even(low, all ? vec_load(from) : vec_load_lanes(from, lanes[1])));
#endif
}

// A tile of a strip: where it reads, and the rows of the input that are to be read, counted from
// the one where its first row meets the first of the kernel.
typedef struct TILE_FUNCTION(_tile) {
    const fal_plane_strip *strip;
    const real *from;
    int64_t first, past;
} TILE_FUNCTION(_tile);

// All vectors of a row of the input. `all` is a constant, as are all flags below.
FAL_INLINE void TILE_FUNCTION(_load_row)(const real *from, const TILE_FUNCTION(_reach) * reach,
                                         bool all, vec *row)
{
    FAL_UNROLL
    for (int v = 0; v < TILE_VECTORS; v++)
        row[v] = TILE_FUNCTION(_load)(from + v * TILE_STRIDE * FAL_LANES, reach->lanes[v], all);
}

#if TILE_KERNEL > 0

// One column of the kernel. Which rows of the input meet which of the output is known here; only at
// the ends of a strip are not all of them there.
FAL_INLINE void TILE_FUNCTION(_column)(const TILE_FUNCTION(_tile) * t, ptrdiff_t column,
                                       const TILE_FUNCTION(_reach) * reach, bool all, bool whole,
                                       vec (*acc)[TILE_VECTORS])
{
    const real *weight = (const real *)t->strip->weight + column * TILE_KERNEL;
    const real *from = t->from + t->strip->offset[column];
    const int64_t pitch = t->strip->pitch;
    vec kept[TILE_KERNEL];
    FAL_UNROLL
    for (int k = 0; k < TILE_KERNEL; k++)
        kept[k] = vec_splat(weight[k]);
    FAL_UNROLL
    for (int i = 0; i < (TILE_ROWS - 1) * TILE_STRIDE + TILE_KERNEL; i++) {
        if (!whole && (i < t->first || i >= t->past))
            continue;
        vec row[TILE_VECTORS];
        TILE_FUNCTION(_load_row)(from, reach, all, row);
        from += pitch;
        if (!TILE_KEEPS_WEIGHTS)
            weight = vec_again(weight);
        FAL_UNROLL
        for (int r = 0; r < TILE_ROWS; r++) {
            int k = i - r * TILE_STRIDE;
            if (k < 0 || k >= TILE_KERNEL)
                continue;
            vec w = TILE_KEEPS_WEIGHTS ? kept[k] : vec_splat(weight[k]);
            FAL_UNROLL
            for (int v = 0; v < TILE_VECTORS; v++)
                acc[r][v] = vec_fma(row[v], w, acc[r][v]);
        }
    }
}

#else

// One row of the input for the rows of the output from `first` to `last`, which are constants:
// `weight` is that of the kernel's row that meets the tile's row 0.
FAL_INLINE void TILE_FUNCTION(_row)(const real *from, const TILE_FUNCTION(_reach) * reach, bool all,
                                    const real *weight, vec (*acc)[TILE_VECTORS], int first,
                                    int last)
{
    vec row[TILE_VECTORS];
    TILE_FUNCTION(_load_row)(from, reach, all, row);
    FAL_UNROLL
    for (int r = 0; r < TILE_ROWS; r++) {
        if (r < first || r > last)
            continue;
        vec w = vec_splat(weight[-r * TILE_STRIDE]);
        FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            acc[r][v] = vec_fma(row[v], w, acc[r][v]);
    }
}

FAL_INLINE void TILE_FUNCTION(_column)(const TILE_FUNCTION(_tile) * t, ptrdiff_t column,
                                       const TILE_FUNCTION(_reach) * reach, bool all, bool whole,
                                       vec (*acc)[TILE_VECTORS])
{
    (void)whole;
    const int64_t rows = t->strip->rows, pitch = t->strip->pitch;
    const real *weight = (const real *)t->strip->weight + column * rows + t->first;
    const real *from = t->from + t->strip->offset[column];
    for (int64_t i = t->first; i < t->past; i++, weight++, from += pitch) {
        int64_t first = i < rows ? 0 : (i - rows) / TILE_STRIDE + 1;
        int64_t last = i / TILE_STRIDE < TILE_ROWS ? i / TILE_STRIDE : TILE_ROWS - 1;
        switch (first * 4 + last) {
#define TILE_CASE(first, last)                                                                     \
    case first * 4 + last:                                                                         \
        TILE_FUNCTION(_row)(from, reach, all, weight, acc, first, last);                           \
        FAL_APART(first * 4 + last);                                                               \
        break;
            TILE_CASE(0, 0)
            TILE_CASE(0, 1)
            TILE_CASE(0, 2)
            TILE_CASE(0, 3)
            TILE_CASE(1, 1)
            TILE_CASE(1, 2)
            TILE_CASE(1, 3)
            TILE_CASE(2, 2)
            TILE_CASE(2, 3)
            TILE_CASE(3, 3)
#undef TILE_CASE
        default: // between two rows of the output
            break;
        }
    }
}

_Static_assert(TILE_ROWS == 4, "the cases are those of four rows");

#endif

// All columns of the kernel, of one phase after the other.
FAL_INLINE void TILE_FUNCTION(_columns)(const TILE_FUNCTION(_tile) * t, bool whole,
                                        vec (*acc)[TILE_ROWS][TILE_VECTORS])
{
    int64_t column = 0;
    FAL_UNROLL
    for (int p = 0; p < TILE_PHASES; p++)
        for (; column < t->strip->past_column[p]; column++) {
            const TILE_FUNCTION(_reach) reach =
                TILE_FUNCTION(_find_reach)(t->strip->lanes + column * TILE_VECTORS);
            if (reach.all)
                TILE_FUNCTION(_column)(t, column, &reach, true, whole, acc[p]);
            else
                TILE_FUNCTION(_column)(t, column, &reach, false, whole, acc[p]);
        }
}

// What the tile below needs and this one does not. Rows begin with a border, a few numbers before
// the first that is there: so a line is fetched by what lies at its end, if that began with it.
FAL_INLINE void TILE_FUNCTION(_fetch)(const TILE_FUNCTION(_tile) * t, int64_t rows)
{
    const int64_t pitch = t->strip->pitch;
    const real *from = t->from + (t->past - t->first) * pitch;
    for (int i = 0; i < TILE_ROWS * TILE_STRIDE && t->past + i < rows; i++, from += pitch)
        FAL_UNROLL
    for (int at = 0; at < TILE_VECTORS * TILE_STRIDE * FAL_VECTOR; at += 64)
        __builtin_prefetch((const char *)from + at + 60); // the last float
}

// Adds the bias, and keeps sums within their limits.
FAL_INLINE void TILE_FUNCTION(_finish)(const fal_plane_strip *s,
                                       vec (*acc)[TILE_ROWS][TILE_VECTORS])
{
    const vec bias = vec_splat(*(const real *)s->bias);
    TILE_EACH(p, r, v)
    acc[p][r][v] += bias;
    if (s->finish) {
        const range limits = range_of(s->finish);
        TILE_EACH(p, r, v)
        acc[p][r][v] = clamp(limits, acc[p][r][v]);
    }
}

// A vector of pixels, or those of two phases in turns, of which `lanes` are to be written.
FAL_INLINE void TILE_FUNCTION(_store)(real *to, vec (*acc)[TILE_ROWS][TILE_VECTORS], int r, int v,
                                      uint32_t lanes, bool all)
{
    vec pixels[TILE_PHASES];
#if TILE_PHASES == 1
    pixels[0] = acc[0][r][v];
#else
    vec_weave(acc[0][r][v], acc[1][r][v], &pixels[0], &pixels[1]);
#endif
    FAL_UNROLL
    for (int p = 0; p < TILE_PHASES; p++) {
        if (all)
            vec_store(to + p * FAL_LANES, pixels[p]);
        else
            vec_store_lanes(to + p * FAL_LANES, pixels[p], lanes >> p * FAL_LANES & FAL_ALL_LANES);
    }
}

// `all`: of the last vector, too.
FAL_INLINE void TILE_FUNCTION(_store_rows)(const fal_plane_strip *s, int64_t row,
                                           vec (*acc)[TILE_ROWS][TILE_VECTORS], bool all)
{
    const uint32_t lanes = s->output_lanes; // which a store might change, as far as is known
    real *to = (real *)s->output + row * s->output_pitch;
    FAL_UNROLL
    for (int r = 0; r < TILE_ROWS; r++, to += s->output_pitch) {
        if (row + r >= s->output_rows)
            continue;
        FAL_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++) {
            const bool whole = all || v < TILE_VECTORS - 1;
            real *pixel = to + v * TILE_PHASES * FAL_LANES;
            TILE_FUNCTION(_store)(pixel, acc, r, v, lanes, whole);
        }
    }
}

FAL_INLINE void TILE_FUNCTION(_write)(const fal_plane_strip *s, int64_t row,
                                      vec (*acc)[TILE_ROWS][TILE_VECTORS])
{
    const uint64_t all = (UINT64_C(1) << TILE_PHASES * FAL_LANES) - 1;
    TILE_FUNCTION(_finish)(s, acc);
    if (FAL_VECTOR < 64 && s->output_lanes == all)
        TILE_FUNCTION(_store_rows)(s, row, acc, true);
    else
        TILE_FUNCTION(_store_rows)(s, row, acc, false);
}

static void TILE_FUNCTION(_multiply)(const fal_plane_strip *s)
{
    for (int64_t row = 0; row < s->output_rows; row += TILE_ROWS) {
        vec acc[TILE_PHASES][TILE_ROWS][TILE_VECTORS];
        const int64_t top = row * TILE_STRIDE;
        const int64_t bottom = top + (TILE_ROWS - 1) * TILE_STRIDE + s->rows;
        int64_t first = s->first_row > top ? s->first_row : top;
        int64_t past = s->past_row < bottom ? s->past_row : bottom;
        const TILE_FUNCTION(_tile) t = {
            s, (const real *)s->input + (first - s->first_row) * s->pitch, first - top, past - top};
        if (s->ahead_input) // while there are no sums in registers
            fetch_ahead(s, t.from, row, TILE_ROWS, TILE_STRIDE, TILE_PHASES, TILE_VECTORS);
        TILE_EACH(p, r, v)
        acc[p][r][v] = (vec){0};
        TILE_FUNCTION(_fetch)(&t, s->past_row - top);
        if (TILE_KERNEL > 0 && first == top && past == bottom)
            TILE_FUNCTION(_columns)(&t, true, acc);
        else
            TILE_FUNCTION(_columns)(&t, false, acc);
        TILE_FUNCTION(_write)(s, row, acc);
    }
}

static const fal_plane_kernel TILE_NAME = {
    .rows = TILE_ROWS,
    .vectors = TILE_VECTORS,
    .stride = TILE_STRIDE,
    .phases = TILE_PHASES,
    .kernel_rows = TILE_KERNEL,
    .multiply = TILE_FUNCTION(_multiply),
};

#undef TILE_KEEPS_WEIGHTS
#undef TILE_HAS_WHOLE_WAY
#undef TILE_EACH
#undef TILE_PASTE
#undef TILE_JOIN
#undef TILE_NAME
#undef TILE_FUNCTION
#undef TILE_ROWS
#undef TILE_VECTORS
