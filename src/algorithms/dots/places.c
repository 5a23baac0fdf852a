// SPDX-License-Identifier: Apache-2.0
//
// Tables of pixels, for all images and cells of channels alike.
#include "algorithms/dots/across_work.h"

#include "base/checked.h"

enum { MOST_LANES = 16 };

// Rows or columns of the kernel that meet the input.
typedef struct met {
    int64_t begin, end;
} met;

// Those that do from grad's position on the axis.
static met find_met(const fal_problem_axis *axis, int64_t position)
{
    const int64_t first = position * axis->dilation - axis->padding, step = axis->stride;
    const int64_t begin = first < 0 ? fal_ceil_divide(-first, step) : 0;
    const int64_t end = first < axis->input ? fal_ceil_divide(axis->input - first, step) : 0;
    return (met){begin, end};
}

// Which of the rows, or columns, of taps of each group are among those: as a bit for each tap.
static void mark_rows(const fal_dots_across_work *w, met those, uint16_t *inside)
{
    for (int64_t g = 0; g < w->groups; g++) {
        const fal_dots_group *group = &w->group[g];
        const int row = (1 << group->columns) - 1;
        int bits = 0;
        for (int64_t r = 0; r < group->rows; r++)
            if (group->row + r >= those.begin && group->row + r < those.end)
                bits |= row << r * group->columns;
        inside[g] = (uint16_t)bits;
    }
}

static void mark_columns(const fal_dots_across_work *w, met those, uint16_t *inside)
{
    for (int64_t g = 0; g < w->groups; g++) {
        const fal_dots_group *group = &w->group[g];
        int bits = 0;
        for (int64_t t = 0; t < group->rows * group->columns; t++) {
            const int64_t column = group->column + t % group->columns;
            if (column >= those.begin && column < those.end)
                bits |= 1 << t;
        }
        inside[g] = (uint16_t)bits;
    }
}

// As many rows of taps as fit, of as many columns; of those of which more are, each by itself.
static void group_taps(fal_dots_across_work *w, const int64_t *begin, const int64_t *end)
{
    const int64_t columns = end[FAL_COLUMN] - begin[FAL_COLUMN];
    w->groups = 0;
    w->taps = 0;
    for (int64_t kh = begin[FAL_ROW], rows; kh < end[FAL_ROW]; kh += rows) {
        rows = columns > FAL_DOTS_COLUMNS ? 1 : fal_least(FAL_DOTS_ROWS, end[FAL_ROW] - kh);
        int64_t kw = begin[FAL_COLUMN], left = fal_ceil_divide(columns, FAL_DOTS_TAPS);
        for (int64_t some; left > 0; left--, kw += some) {
            some = fal_ceil_divide(end[FAL_COLUMN] - kw, left);
            w->group[w->groups++] = (fal_dots_group){kh, rows, kw, some, w->taps};
            w->taps += rows * some;
        }
    }
}

void fal_find_dots_taps(fal_dots_across_work *w, const int64_t *begin, const int64_t *end)
{
    const fal_problem_axis *column = &w->task->problem.axis[2];
    fal_dots_places *p = &w->desk.places;
    group_taps(w, begin, end);
    p->rows = 0;
    for (int64_t c = 0; c < column->kernel; c++)
        mark_columns(w, find_met(column, c), p->column + c * w->groups);
}

fal_dots_window fal_find_dots_window(const fal_dots_across_work *w, int64_t row, int64_t rows,
                                     int64_t piece)
{
    const fal_problem_axis *down = &w->task->problem.axis[1];
    const int64_t columns = w->task->problem.axis[2].kernel;
    const int64_t across = fal_ceil_divide(columns, w->cut.columns);
    const int64_t from = piece / across * w->cut.rows, column = piece % across * w->cut.columns;
    fal_dots_window p = {.row = row + from, .column = column};
    p.rows = fal_most(0, fal_least(w->cut.rows, rows - from));
    p.columns = fal_least(w->cut.columns, columns - column);
    const int64_t first = p.row * down->dilation - down->padding;
    const int64_t reach = (p.rows - 1) * down->dilation + (down->output - 1) * down->stride;
    p.top = fal_most(0, fal_least(first, down->input - 1));
    p.bottom = fal_most(p.top, fal_least(first + reach + 1, down->input));
    return p;
}

// The lane of the first pixel of a row, in a chunk that begins at `first`.
static int64_t find_lane(const fal_dots_across_work *w, int64_t first, int64_t row, int64_t column)
{
    const int64_t pixel = w->l.flat ? (row - first) * w->l.pitch + column : column;
    return pixel % w->l.lanes;
}

// How many pixels of an image of a piece there are in each lane, and where its list begins; returns
// where the next list does.
static int64_t count_places(const fal_dots_across_work *w, int64_t first,
                            const fal_dots_window *piece, int64_t used, fal_dots_list *list)
{
    const int64_t lanes = w->l.lanes;
    for (int64_t i = 0; i < lanes; i++)
        list[i].count = 0;
    for (int64_t r = piece->row; r < piece->row + piece->rows; r++) {
        const int64_t lane = find_lane(w, first, r, piece->column);
        for (int64_t i = 0; i < lanes; i++)
            list[(lane + i) % lanes].count += (int32_t)((piece->columns + lanes - 1 - i) / lanes);
    }
    for (int64_t i = 0; i < lanes; i++) {
        list[i].first = (int32_t)used;
        used += list[i].count * w->cut.images;
    }
    return used;
}

// Of one row of the first image of a piece; `next` is where each lane's next place goes. Where no
// tap meets the input its place may be anywhere, and too far to be a number: hence the unsigned
// ones.
static void find_row(const fal_dots_across_work *w, const fal_dots_window *piece, int64_t row,
                     int64_t lane, int32_t *next)
{
    const fal_problem_axis *down = &w->task->problem.axis[1], *along = &w->task->problem.axis[2];
    const fal_dots_places *p = &w->desk.places;
    const int64_t lanes = w->l.lanes, groups = w->groups;
    uint16_t met_by_row[FAL_MOST_DOTS_GROUPS];
    mark_rows(w, find_met(down, row), met_by_row);
    const uint64_t input_row = (uint64_t)w->input.row, input_column = (uint64_t)w->input.column;
    const int64_t first = row * down->dilation - down->padding - piece->top;
    const int64_t left = piece->column * along->dilation - along->padding;
    uint64_t input = (uint64_t)first * input_row + (uint64_t)left * input_column;
    int64_t grad = (row - piece->row) * w->grad.row + piece->column * w->grad.column;
    const uint16_t *met_by_column = p->column + piece->column * groups;
    for (int64_t c = 0; c < piece->columns; c++) {
        const int64_t at = next[lane]++;
        p->place[at] = (fal_dots_place){(int32_t)grad, (int32_t)(uint32_t)input};
        for (int64_t g = 0; g < groups; g++)
            p->inside[g * w->cut.places + at] = met_by_row[g] & *met_by_column++;
        grad += w->grad.column;
        input += (uint64_t)along->dilation * input_column;
        lane = lane + 1 < lanes ? lane + 1 : 0;
    }
}

// The other images' places are as far from the first one's as they are.
static void repeat_images(const fal_dots_across_work *w, const fal_dots_list *list)
{
    const fal_dots_places *p = &w->desk.places;
    for (int64_t i = list->count; i < list->count * w->cut.images; i++) {
        const int64_t at = list->first + i, before = at - list->count;
        p->place[at].grad = p->place[before].grad + (int32_t)w->grad.image;
        p->place[at].input = (int32_t)((uint32_t)p->place[before].input + (uint32_t)w->input.image);
        for (int64_t g = 0; g < w->groups; g++)
            p->inside[g * w->cut.places + at] = p->inside[g * w->cut.places + before];
    }
}

// The places of the pieces of a chunk, behind `used` others; returns where the next chunk's are.
static int64_t find_places(const fal_dots_across_work *w, int64_t row, int64_t rows, int64_t used,
                           fal_dots_list *list)
{
    const int64_t lanes = w->l.lanes;
    for (int64_t i = 0;; i++, list += lanes) {
        const fal_dots_window piece = fal_find_dots_window(w, row, rows, i);
        int32_t next[MOST_LANES];
        if (piece.rows == 0)
            return used;
        used = count_places(w, row, &piece, used, list);
        for (int64_t lane = 0; lane < lanes; lane++)
            next[lane] = list[lane].first;
        for (int64_t r = piece.row; r < piece.row + piece.rows; r++)
            find_row(w, &piece, r, find_lane(w, row, r, piece.column), next);
        for (int64_t lane = 0; lane < lanes; lane++)
            repeat_images(w, &list[lane]);
    }
}

const fal_dots_list *fal_find_dots_lists(fal_dots_across_work *w, int64_t row, int64_t rows)
{
    fal_dots_places *p = &w->desk.places;
    const int64_t all = w->task->problem.axis[1].kernel, of_chunk = w->cut.pieces * w->l.lanes;
    if (row < p->row || row + rows > p->row + p->rows) {
        p->row = row;
        p->rows = fal_least(w->cut.chunks * w->l.rows, all - row);
        int64_t used = 0;
        for (int64_t r = 0; r < p->rows; r += w->l.rows)
            used = find_places(w, row + r, fal_least(w->l.rows, p->rows - r), used,
                               p->list + r / w->l.rows * of_chunk);
    }
    return p->list + (row - p->row) / w->l.rows * of_chunk;
}
