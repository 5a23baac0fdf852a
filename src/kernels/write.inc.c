// SPDX-License-Identifier: Apache-2.0
//
// Sums on their way to elements of the output: finished in the type of numbers, and then stored as
// what element.inc.c was included for.

// A vector of sums whose lanes, those of a set, are to be written to to[i*step].
FAL_INLINE vec ELEMENT(finish)(const fal_finish *f, const ELEMENT_TYPE *to, int64_t step,
                               uint32_t lanes, vec sum)
{
    if (!f)
        return sum;
    if (f->adds) {
        const ELEMENT_TYPE *from = (const ELEMENT_TYPE *)((uintptr_t)to + (uintptr_t)f->residual);
        sum += ELEMENT(load_each)(from, step, lanes);
        __builtin_prefetch(from + FAL_LANES * step); // where rows go on
    }
    return activate(&f->activation, sum);
}

// Numbers of a row from one on, of as many lanes as are asked for; or one for all of them.
FAL_INLINE vec ELEMENT(take_numbers)(const fal_rows *rows, const real *from, int64_t at,
                                     uint32_t lanes)
{
    if (rows->from_column == 0)
        return vec_splat(*from);
    return lanes == FAL_ALL_LANES ? vec_load(from + at) : load_lanes_real(from + at, lanes);
}

static void ELEMENT(write_row)(const fal_rows *rows, const real *from, ELEMENT_TYPE *to)
{
    const int64_t step = rows->to_column;
    int64_t i = 0;
    if (step == 1 && rows->from_column <= 1)
        for (; i + FAL_LANES <= rows->columns; i += FAL_LANES) {
            const vec sum = ELEMENT(take_numbers)(rows, from, i, FAL_ALL_LANES);
            ELEMENT(store)(to + i, ELEMENT(finish)(rows->finish, to + i, 1, FAL_ALL_LANES, sum));
        }
    for (; i < rows->columns; i += FAL_LANES) {
        int64_t left = rows->columns - i;
        uint32_t lanes = vec_first_lanes(left < FAL_LANES ? left : FAL_LANES);
        vec sum = load_each_real(from + i * rows->from_column, rows->from_column, lanes);
        sum = ELEMENT(finish)(rows->finish, to + i * step, step, lanes, sum);
        ELEMENT(store_at)(to + i * step, step, sum, lanes);
    }
}

// Rows to every second element: what is to be found out of lanes is alike for all.
static void ELEMENT(write_apart)(const fal_rows *rows, const real *from, ELEMENT_TYPE *to)
{
    const int64_t whole = rows->columns / FAL_LANES * FAL_LANES;
    const uint32_t rest = vec_first_lanes(rows->columns - whole);
    for (int64_t r = 0; r < rows->rows; r++, from += rows->from_row, to += rows->to_row) {
        for (int64_t i = 0; i < whole; i += FAL_LANES)
            ELEMENT(store_apart)
        (to + 2 * i, ELEMENT(take_numbers)(rows, from, i, FAL_ALL_LANES), FAL_ALL_LANES);
        if (rest)
            ELEMENT(store_apart)
        (to + 2 * whole, ELEMENT(take_numbers)(rows, from, whole, rest), rest);
    }
}

static void ELEMENT(write_rows)(const fal_rows *rows)
{
    const real *from = rows->from;
    ELEMENT_TYPE *to = rows->to;
    if (!rows->finish && rows->to_column == 2 && rows->from_column <= 1) {
        ELEMENT(write_apart)(rows, from, to);
        return;
    }
    for (int64_t r = 0; r < rows->rows; r++, from += rows->from_row, to += rows->to_row)
        ELEMENT(write_row)(rows, from, to);
}
