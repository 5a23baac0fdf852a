// SPDX-License-Identifier: Apache-2.0
//
// Copying boxes.

// The last vector of a row lies over the one before it, so that hardly a row is copied number by
// number.
FAL_INLINE void copy_row(const real *from, int64_t count, real *to)
{
    int64_t i = 0;
    for (; i + FAL_LANES <= count; i += FAL_LANES)
        vec_store(to + i, vec_load(from + i));
    if (i == count)
        return;
    if (FAL_LANES_STORED) {
        uint32_t lanes = (UINT32_C(1) << (count - i)) - 1;
        vec_store_lanes(to + i, vec_load_lanes(from + i, vec_lanes_of(lanes)), lanes);
    } else if (count >= FAL_LANES) {
        vec_store(to + count - FAL_LANES, vec_load(from + count - FAL_LANES));
    } else if (count >= FAL_LANES / 2) {
        memcpy(to, from, FAL_VECTOR / 2);
        memcpy(to + count - FAL_LANES / 2, from + count - FAL_LANES / 2, FAL_VECTOR / 2);
    } else {
        for (; i < count; i++)
            to[i] = from[i];
    }
}

FAL_INLINE void gather_row(const real *from, int64_t step, int64_t count, real *to)
{
    int64_t i = 0;
    if (step == 2)
        for (; i + FAL_LANES < count;
             i += FAL_LANES) // the second vector ends with what is not used
            vec_store(to + i, vec_even(vec_load(from + 2 * i), vec_load(from + 2 * i + FAL_LANES)));
    for (; i < count; i++)
        to[i] = from[i * step];
}

// Rows that begin one behind the other: squares of them are turned in registers.
static void copy_turned(const fal_box *box, const real *from, real *to)
{
    int64_t r = 0;
    for (; r + FAL_LANES <= box->rows; r += FAL_LANES) {
        int64_t c = 0;
        for (; c + FAL_LANES <= box->columns; c += FAL_LANES) {
            vec turned[FAL_LANES];
            FAL_UNROLL
            for (int i = 0; i < FAL_LANES; i++)
                turned[i] = vec_load(from + r + (c + i) * box->from_column);
            vec_transpose(turned);
            FAL_UNROLL
            for (int i = 0; i < FAL_LANES; i++)
                vec_store(to + (r + i) * box->to_row + c, turned[i]);
        }
        for (int i = 0; c < box->columns && i < FAL_LANES; i++)
            gather_row(from + r + i + c * box->from_column, box->from_column, box->columns - c,
                       to + (r + i) * box->to_row + c);
    }
    for (; r < box->rows; r++)
        gather_row(from + r, box->from_column, box->columns, to + r * box->to_row);
}

static void copy(const fal_box *box)
{
    for (int64_t p = 0; p < box->planes; p++) {
        const real *from = (const real *)box->from + p * box->from_plane;
        real *to = (real *)box->to + p * box->to_plane;
        if (box->from_row == 1 && box->from_column != 1) {
            copy_turned(box, from, to);
            continue;
        }
        for (int64_t r = 0; r < box->rows; r++) {
            if (box->from_column == 1)
                copy_row(from + r * box->from_row, box->columns, to + r * box->to_row);
            else
                gather_row(from + r * box->from_row, box->from_column, box->columns,
                           to + r * box->to_row);
        }
    }
}
