// SPDX-License-Identifier: Apache-2.0
//
// Dot products of single channels that lie side by side, with those in the lanes. Both pictures are
// read where they are.

FAL_INLINE void fetch_next_dots(const fal_dots_across *d, const fal_dots_place *place)
{
    const uintptr_t size = sizeof(real);
    const uintptr_t input = d->next_input + (uintptr_t)place->input * size;
    __builtin_prefetch((const void *)(d->next_grad + (uintptr_t)place->grad * size), 0, 2);
    for (int i = 0; i < d->fetches; i++)
        __builtin_prefetch((const void *)(input + (uintptr_t)d->fetch[i]), 0, 2);
}

// A vector of the channels of a list's pixels: all of its lanes, if it is `whole`. `rows` and
// `columns` are constants.
FAL_INLINE void sum_list_of_dots(const fal_dots_across *d, int lane, int part, int rows,
                                 int columns, bool whole)
{
    const fal_dots_list *list = &d->list[lane];
    const int64_t past = list->first + list->count * d->images;
    const vec_lanes lanes =
        vec_lanes_of(whole ? FAL_ALL_LANES : vec_first_lanes(d->channels - part * FAL_LANES));
    const real *zeros = (const real *)d->zeros;
    const real *grad = (const real *)d->grad + part * FAL_LANES;
    const uintptr_t size = sizeof(real), row = (uintptr_t)d->row * size;
    const uintptr_t column = (uintptr_t)d->column * size;
    const uintptr_t input =
        (uintptr_t)d->input + ((uintptr_t)d->offset + (uintptr_t)part * FAL_LANES) * size;
    const uint32_t all = (UINT32_C(1) << rows * columns) - 1;
    real *sums = (real *)d->sums + lane * DOT_LANES + part * FAL_LANES;
    vec acc[FAL_DOTS_TAPS];
    FAL_UNROLL
    for (int t = 0; t < rows * columns; t++)
        acc[t] = d->add ? vec_load(sums + t * DOT_LANES * DOT_LANES) : (vec){0};
    for (int64_t i = list->first; i < past; i++) {
        uintptr_t at = input + (uintptr_t)d->place[i].input * size;
        const real *from = grad + d->place[i].grad;
        const vec y = whole ? vec_load(from) : vec_load_lanes(from, lanes);
        const uint32_t inside = d->inside[i];
        if (d->fetches && part == 0)
            fetch_next_dots(d, &d->place[i]);
        FAL_UNROLL
        for (int r = 0; r < rows; r++, at += row)
            FAL_UNROLL
        for (int c = 0; c < columns; c++) {
            const int t = r * columns + c;
            const real *x = (const real *)(at + (uintptr_t)c * column);
            if (inside != all)
                x = inside >> t & 1 ? x : zeros;
            acc[t] = vec_fma(whole ? vec_load(x) : vec_load_lanes(x, lanes), y, acc[t]);
        }
    }
    FAL_UNROLL
    for (int t = 0; t < rows * columns; t++)
        vec_store(sums + t * DOT_LANES * DOT_LANES, acc[t]);
}

FAL_INLINE void sum_some_across(const fal_dots_across *d, int rows, int columns)
{
    for (int lane = 0; lane < DOT_LANES; lane++)
        for (int part = 0; part * FAL_LANES < d->channels; part++)
            if ((part + 1) * FAL_LANES <= d->channels)
                sum_list_of_dots(d, lane, part, rows, columns, true);
            else
                sum_list_of_dots(d, lane, part, rows, columns, false);
}

static void sum_dots_across(const fal_dots_across *d)
{
    switch (d->rows * FAL_DOTS_TAPS + d->columns) {
#define DOT_CASE(rows, columns)                                                                    \
    case (rows)*FAL_DOTS_TAPS + (columns):                                                         \
        sum_some_across(d, rows, columns);                                                         \
        FAL_APART((rows)*FAL_DOTS_TAPS + (columns));                                               \
        break;
        DOT_CASE(1, 1)
        DOT_CASE(1, 2)
        DOT_CASE(1, 3)
        DOT_CASE(1, 4)
        DOT_CASE(1, 5)
        DOT_CASE(1, 6)
        DOT_CASE(1, 7)
        DOT_CASE(1, 8)
        DOT_CASE(1, 9)
        DOT_CASE(2, 1)
        DOT_CASE(2, 2)
        DOT_CASE(2, 3)
        DOT_CASE(3, 1)
        DOT_CASE(3, 2)
        DOT_CASE(3, 3)
    default:
        break;
    }
#undef DOT_CASE
}

// The lanes of each tap's sums by halves, into the first one.
static void fold_dots_across(void *sums, int64_t taps)
{
    enum { UPPER = DOT_LANES / 2 };
    for (int64_t part = 0; part < taps * DOT_VECTORS; part++) {
        real *at = (real *)sums + part / DOT_VECTORS * DOT_LANES * DOT_LANES +
                   part % DOT_VECTORS * FAL_LANES;
        vec lane[UPPER];
        FAL_UNROLL
        for (int i = 0; i < UPPER; i++)
            lane[i] = vec_load(at + i * DOT_LANES) + vec_load(at + (i + UPPER) * DOT_LANES);
        FAL_UNROLL
        for (int half = UPPER / 2; half; half /= 2)
            FAL_UNROLL
        for (int i = 0; i < half; i++)
            lane[i] += lane[i + half];
        vec_store(at, lane[0]);
    }
}
