// SPDX-License-Identifier: Apache-2.0
//
// Copying boxes of elements, which become numbers on the way, once per type of element.

#if ELEMENT_KIND == NUMBER

// The end of a row, from element i on, where some lanes cannot be stored at once. The last vector
// lies over the one before it, so that hardly a row is copied number by number.
FAL_INLINE void copy_end(const real *from, int64_t i, int64_t count, real *to)
{
    if (count >= FAL_LANES) {
        vec_store(to + count - FAL_LANES, vec_load(from + count - FAL_LANES));
    } else if (count >= FAL_LANES / 2) {
        memcpy(to, from, FAL_VECTOR / 2);
        memcpy(to + count - FAL_LANES / 2, from + count - FAL_LANES / 2, FAL_VECTOR / 2);
    } else {
        for (; i < count; i++)
            to[i] = from[i];
    }
}

// Rows of up to two vectors, as small planes have: what is to be found out of one is alike for all.
static void copy_short_rows(const fal_box *box, const real *from, real *to)
{
    const int64_t columns = box->columns, last = columns - FAL_LANES;
    const uint32_t rest = vec_first_lanes(last > 0 ? last : columns);
    for (int64_t r = 0; r < box->rows; r++, from += box->from_row, to += box->to_row) {
        if (last > 0)
            vec_store(to, vec_load(from));
        if (!FAL_LANES_STORED)
            copy_end(from, 0, columns, to);
        else if (last > 0)
            vec_store_lanes(to + FAL_LANES, vec_load_lanes(from + FAL_LANES, vec_lanes_of(rest)),
                            rest);
        else
            vec_store_lanes(to, vec_load_lanes(from, vec_lanes_of(rest)), rest);
    }
}

// Such rows that are dealt out.
static void deal_short_rows(const fal_box *box, const real *from, real *to)
{
    const int64_t columns = box->columns, first = columns < FAL_LANES ? columns : FAL_LANES;
    const vec_lanes low = vec_lanes_of(vec_first_lanes(first));
    const vec_lanes high = vec_lanes_of(vec_first_lanes(columns - first));
    const uint32_t even = vec_first_lanes((columns + 1) / 2), odd = vec_first_lanes(columns / 2);
    for (int64_t r = 0; r < box->rows; r++, from += box->from_row, to += box->to_row) {
        const vec begin = vec_load_lanes(from, low), end = vec_load_lanes(from + FAL_LANES, high);
        vec_store_lanes(to, vec_even(begin, end), even);
        vec_store_lanes(to + box->to_odd, vec_odd(begin, end), odd);
    }
}

#endif

FAL_INLINE void ELEMENT(copy_row)(const fal_box *box, const ELEMENT_TYPE *from, real *to)
{
    const int64_t count = box->columns;
    int64_t i = 0;
    for (; i + FAL_LANES <= count; i += FAL_LANES)
        vec_store(to + i, ELEMENT(read)(box, from + i));
    if (i == count)
        return;
#if ELEMENT_KIND == NUMBER
    if (!FAL_LANES_STORED) {
        copy_end(from, i, count, to);
        return;
    }
#endif
    uint32_t lanes = vec_first_lanes(count - i);
    vec_store_lanes(to + i, ELEMENT(read_lanes)(box, from + i, lanes), lanes);
}

// Elements that are `step` apart, as many as are left.
FAL_INLINE void ELEMENT(gather_rest)(const fal_box *box, const ELEMENT_TYPE *from, int64_t step,
                                     int64_t count, real *to)
{
#if ELEMENT_KIND == NUMBER
    (void)box;
    for (int64_t i = 0; i < count; i++)
        to[i] = from[i * step];
#else
    for (int64_t i = 0; i < count; i += FAL_LANES) {
        uint32_t lanes = vec_first_lanes(count - i < FAL_LANES ? count - i : FAL_LANES);
        vec_store_lanes(to + i, ELEMENT(read_each)(box, from + i * step, step, lanes), lanes);
    }
#endif
}

#if ELEMENT_KIND == NUMBER

// Every second element, the end of a row from number i on: the last vector lies over the one before
// it, or ends with what is not stored.
FAL_INLINE void gather_end(const real *from, int64_t i, int64_t count, real *to)
{
    if (count >= FAL_LANES) {
        const real *last = from + 2 * (count - FAL_LANES);
        vec_store(to + count - FAL_LANES,
                  vec_even_last(vec_load(last), vec_load(last + FAL_LANES - 1)));
    } else if (FAL_LANES_STORED) {
        const int64_t read = 2 * count - 1, low = read < FAL_LANES ? read : FAL_LANES;
        const vec first = vec_load_lanes(from, vec_lanes_of(vec_first_lanes(low)));
        const vec second =
            vec_load_lanes(from + FAL_LANES, vec_lanes_of(vec_first_lanes(read - low)));
        vec_store_lanes(to, vec_even(first, second), vec_first_lanes(count));
    } else {
        for (; i < count; i++)
            to[i] = from[2 * i];
    }
}

#endif

// Every second element of two vectors that follow each other, or every fourth one of four.
FAL_INLINE vec ELEMENT(read_second)(const fal_box *box, const ELEMENT_TYPE *from)
{
    return vec_even(ELEMENT(read)(box, from), ELEMENT(read)(box, from + FAL_LANES));
}

FAL_INLINE vec ELEMENT(read_fourth)(const fal_box *box, const ELEMENT_TYPE *from)
{
    return vec_even(ELEMENT(read_second)(box, from),
                    ELEMENT(read_second)(box, from + 2 * FAL_LANES));
}

// Vectors end with what is not used: a last one is no more than the row has.
FAL_INLINE void ELEMENT(gather_row)(const fal_box *box, const ELEMENT_TYPE *from, int64_t step,
                                    int64_t count, real *to)
{
    int64_t i = 0;
    if (step == 2)
        for (; i + FAL_LANES < count; i += FAL_LANES)
            vec_store(to + i, ELEMENT(read_second)(box, from + 2 * i));
    if (step == 4)
        for (; i + FAL_LANES < count; i += FAL_LANES)
            vec_store(to + i, ELEMENT(read_fourth)(box, from + 4 * i));
#if ELEMENT_KIND == NUMBER
    if (step == 2 && count > 0) {
        gather_end(from, i, count, to);
        return;
    }
#endif
    ELEMENT(gather_rest)(box, from + i * step, step, count - i, to + i);
}

// Fewer rows than lanes that begin one behind the other, so many columns of them, turned in
// registers.
FAL_INLINE void ELEMENT(turn_narrow)(const fal_box *box, const ELEMENT_TYPE *from, real *to)
{
    const uint32_t lanes = vec_first_lanes(box->rows);
    vec turned[FAL_LANES];
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i++)
        turned[i] = ELEMENT(read_lanes)(box, from + i * box->from_column, lanes);
    vec_transpose(turned);
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i++)
        if (i < box->rows)
            vec_store(to + i * box->to_row, turned[i]);
}

// The same for all columns, the last ones over those before them.
static void ELEMENT(copy_narrow)(const fal_box *box, const ELEMENT_TYPE *from, real *to)
{
    const int64_t last = box->columns - FAL_LANES;
    for (int64_t c = 0; c < last; c += FAL_LANES)
        ELEMENT(turn_narrow)(box, from + c * box->from_column, to + c);
    ELEMENT(turn_narrow)(box, from + last * box->from_column, to + last);
}

// Rows that begin one behind the other: squares of them are turned in registers, the last one over
// the one before it where rows would be left. What follows in each column is brought near: they are
// more streams than a processor follows, and often so far apart that they meet in few sets of a
// first-level cache.
static void ELEMENT(copy_turned)(const fal_box *box, const ELEMENT_TYPE *from, real *to)
{
    int64_t r = 0;
    if (box->rows > 1 && box->rows < FAL_LANES && box->columns >= FAL_LANES) {
        ELEMENT(copy_narrow)(box, from, to);
        return;
    }
    for (int64_t next; r + FAL_LANES <= box->rows; r = next) {
        const int64_t left = box->rows - r - FAL_LANES;
        next = r + (left > 0 && left < FAL_LANES ? left : FAL_LANES);
        int64_t c = 0;
        for (; c + FAL_LANES <= box->columns; c += FAL_LANES) {
            vec turned[FAL_LANES];
            FAL_UNROLL
            for (int i = 0; i < FAL_LANES; i++) {
                const ELEMENT_TYPE *at = from + r + (c + i) * box->from_column;
                turned[i] = ELEMENT(read)(box, at);
                __builtin_prefetch((const char *)at + 512, 0, 2);
            }
            vec_transpose(turned);
            FAL_UNROLL
            for (int i = 0; i < FAL_LANES; i++)
                vec_store(to + (r + i) * box->to_row + c, turned[i]);
        }
        for (int i = 0; c < box->columns && i < FAL_LANES; i++)
            ELEMENT(gather_row)
        (box, from + r + i + c * box->from_column, box->from_column, box->columns - c,
         to + (r + i) * box->to_row + c);
    }
    for (; r < box->rows; r++)
        ELEMENT(gather_row)
    (box, from + r, box->from_column, box->columns, to + r * box->to_row);
}

// One row, whichever way its elements lie. One that is dealt out is read twice, so that what is
// written is one line behind the other.
FAL_INLINE void ELEMENT(copy_any_row)(const fal_box *box, const ELEMENT_TYPE *from, real *to)
{
    if (box->to_odd) {
        ELEMENT(gather_row)(box, from, 2, (box->columns + 1) / 2, to);
        ELEMENT(gather_row)(box, from + 1, 2, box->columns / 2, to + box->to_odd);
    } else if (box->from_column == 1) {
        ELEMENT(copy_row)(box, from, to);
    } else {
        ELEMENT(gather_row)(box, from, box->from_column, box->columns, to);
    }
}

// Planes that begin one behind the other are taken for rows, as which they may be turned.
FAL_INLINE fal_box ELEMENT(take_planes)(const fal_box *box)
{
    fal_box taken = *box;
    if (box->planes == 1 || box->from_plane != 1 || box->from_row == 1 || box->from_column == 1 ||
        box->to_odd)
        return taken;
    taken.planes = box->rows;
    taken.rows = box->planes;
    taken.from_plane = box->from_row;
    taken.from_row = box->from_plane;
    taken.to_plane = box->to_row;
    taken.to_row = box->to_plane;
    return taken;
}

static void ELEMENT(copy)(const fal_box *given)
{
    const fal_box taken = ELEMENT(take_planes)(given), *box = &taken;
    for (int64_t p = 0; p < box->planes; p++) {
        const ELEMENT_TYPE *from = (const ELEMENT_TYPE *)box->from + p * box->from_plane;
        real *to = (real *)box->to + p * box->to_plane;
        if (box->from_row == 1 && box->from_column != 1) {
            ELEMENT(copy_turned)(box, from, to);
            continue;
        }
#if ELEMENT_KIND == NUMBER
        if (box->from_column == 1 && box->columns <= 2 * FAL_LANES) {
            if (box->to_odd)
                deal_short_rows(box, from, to);
            else
                copy_short_rows(box, from, to);
            continue;
        }
#endif
        for (int64_t r = 0; r < box->rows; r++, from += box->from_row, to += box->to_row)
            ELEMENT(copy_any_row)(box, from, to);
    }
}
