// SPDX-License-Identifier: Apache-2.0
#include "algorithms/winograd/calls.h"

#include "base/checked.h"

// What a list is made for.
typedef struct maker {
    const fal_winograd_kernels *kernels;
    const fal_winograd_layout *l;
    const fal_winograd_block *b;
    int64_t lanes;
    int64_t row, column; // of the block's tiles, that are left out; -1: none
} maker;

// As few calls for neighbours as can be, of nearly equal size. Products of few tiles wait for each
// other, and a call takes as long as a tile.
static void add_calls(const maker *m, int64_t panel, int64_t first, int64_t past,
                      fal_winograd_calls *to)
{
    const int64_t few = 3;
    int64_t left = fal_ceil_divide(past - first, m->kernels->most);
    for (int64_t size; left > 0; first += size, left--) {
        size = fal_ceil_divide(past - first, left);
        to->time += fal_most(size, few) + 1;
        to->call[to->count++] = (fal_winograd_call){
            m->kernels->multiply[size - 1],
            panel * m->l->form->elements * m->b->element + first,
            (panel * m->b->panel + first) * m->kernels->channels,
        };
    }
}

// Whether what lies in a lane of a vector of tiles, whose segments take turns, is left out.
static bool is_left_out(const maker *m, const fal_segments *s, int64_t lane)
{
    const int64_t segments = m->l->form->columns;
    const int64_t tile = s->first[lane % segments] + lane / segments;
    return tile / m->b->columns % m->b->rows == m->row || tile % m->b->columns == m->column;
}

// Those of a panel. A gap of one tile costs less than another call.
static void add_panel(const maker *m, int64_t panel, fal_winograd_calls *to)
{
    const int64_t tiles = fal_tiles_of_panel(m->b, panel), gap = 1;
    int64_t first = 0, past = 0; // of those that lie together
    for (int64_t vector = 0; vector < tiles; vector += m->lanes) {
        const int64_t lanes = fal_least(m->lanes, tiles - vector);
        const fal_segments s = fal_find_segments(m->l->form, panel * m->b->panel + vector, lanes);
        for (int64_t lane = 0; lane < lanes; lane++) {
            if (is_left_out(m, &s, lane))
                continue;
            if (vector + lane > past + gap) {
                add_calls(m, panel, first, past, to);
                first = vector + lane;
            }
            past = vector + lane + 1;
        }
    }
    add_calls(m, panel, first, past, to);
}

// All tiles.
static void list_all(const maker *m, fal_winograd_calls *to)
{
    to->count = to->time = 0;
    for (int64_t panel = 0; panel < m->b->panels; panel++)
        add_calls(m, panel, 0, fal_tiles_of_panel(m->b, panel), to);
}

static void list_chosen(const maker *m, fal_winograd_calls *to)
{
    to->count = to->time = 0;
    for (int64_t panel = 0; panel < m->b->panels; panel++)
        add_panel(m, panel, to);
}

// The last row of a block's tiles, or column, if it is the last of all and too short; else -1.
static int64_t find_short(int64_t first, int64_t count, int64_t all, int64_t outputs,
                          int64_t of_tile)
{
    return outputs % of_tile && first + count == all ? count - 1 : -1;
}

void fal_winograd_schedule_calls(const fal_task *task, const fal_winograd_layout *l,
                                 const fal_winograd_block *b, fal_winograd_schedule *schedule)
{
    const fal_winograd_phase_axis *axis = l->phases.phase->axis;
    const int64_t short_row = find_short(b->row, b->rows, l->rows, axis[1].outputs, l->form->rows);
    const int64_t short_column =
        find_short(b->column, b->columns, l->columns, axis[2].outputs, l->form->columns);
    maker m = {task->kernels->winograd, l, b, task->kernels->lanes, -1, -1};
    fal_winograd_calls *all = &schedule->list[0][0];
    list_all(&m, all);
    for (int row = 0; row < 2; row++)
        for (int column = 0; column < 2; column++) {
            fal_winograd_calls *list = &schedule->list[row][column];
            m.row = row ? short_row : -1;
            m.column = column ? short_column : -1;
            schedule->of[row][column] = all;
            if (m.row < 0 && m.column < 0)
                continue;
            list_chosen(&m, list);
            if (list->time < all->time)
                schedule->of[row][column] = list;
        }
}
