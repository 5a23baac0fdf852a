// SPDX-License-Identifier: Apache-2.0
#include "algorithms/direct/stretches.h"

#include "base/checked.h"

#include <string.h>

void fal_lists_begin(fal_lists *lists, int64_t taps)
{
    lists->count = lists->stretches = 0;
    memset(lists->slot, 0, sizeof lists->slot);
    lists->all[0] = (fal_stretch){0, (int32_t)taps, 0};
    lists->all[1] = (fal_stretch){0, 0, 0};
}

// Whether an output's product with the kernel's element k is one with the border.
static bool is_border(const fal_problem_axis *axis, int64_t output, int64_t k)
{
    int64_t at = output * axis->stride + (k * axis->dilation - axis->padding);
    return at < 0 || at >= axis->input;
}

fal_inside fal_find_inside(const fal_problem_axis *axis)
{
    const int64_t reach = (axis->kernel - 1) * axis->dilation - axis->padding; // of an output at 0
    return (fal_inside){
        fal_ceil_divide(axis->padding, axis->stride),
        fal_floor_divide(axis->input - 1 - reach, axis->stride) + 1,
    };
}

// ----------------------------------------------------------------------------------------- finding

static bool are_equal(const fal_tile_key *a, const fal_tile_key *b)
{
    return a->depth == b->depth && a->first_row == b->first_row && a->last_row == b->last_row &&
           a->column == b->column && a->dead == b->dead;
}

// The slot of a key: the one that has it, or an empty one. There always is one.
static int find_slot(const fal_lists *lists, const fal_tile_key *key)
{
    uint64_t hash = (uint64_t)key->first_row * 31 + (uint64_t)key->last_row * 7 +
                    (uint64_t)key->column * 137 + (uint64_t)key->depth * 61 + key->dead;
    int slot = (int)(hash % FAL_LIST_SLOTS);
    while (lists->slot[slot] && !are_equal(&lists->key[lists->slot[slot]], key))
        slot = (slot + 1) % FAL_LIST_SLOTS;
    return slot;
}

const fal_stretch *fal_find_list(const fal_lists *lists, const fal_tile_key *key)
{
    if (are_equal(key, &fal_tile_inside))
        return lists->all;
    int list = lists->slot[find_slot(lists, key)];
    if (list)
        return &lists->stretch[lists->begin[list]];
    return lists->count == FAL_LISTS ? lists->all : NULL;
}

// ------------------------------------------------------------------------------------------ making

// A list on its way, behind those that are there.
typedef struct draft {
    fal_lists *lists;
    int begin;
    bool fits;
} draft;

static void append(draft *d, int64_t tap, int skip)
{
    fal_lists *lists = d->lists;
    if (lists->stretches > d->begin) {
        fal_stretch *last = &lists->stretch[lists->stretches - 1];
        if (last->first + last->count == tap && last->skip == skip) {
            last->count++;
            return;
        }
    }
    d->fits = d->fits && lists->stretches < FAL_LIST_STRETCHES - 1; // the end has to fit as well
    if (d->fits)
        lists->stretch[lists->stretches++] = (fal_stretch){(int32_t)tap, 1, skip};
}

// The set of pixels that can be left out and has the most of those that are idle.
static int best_skip(const fal_wide_kernel *kernel, int64_t step, uint32_t idle)
{
    int best = 0, count = 0;
    if (kernel && idle)
        count = step == 1 ? kernel->skip_count : kernel->far_skips;
    for (int i = 1; i < count; i++)
        if ((kernel->skips[i] & ~idle) == 0 &&
            __builtin_popcount(kernel->skips[i]) > __builtin_popcount(kernel->skips[best]))
            best = i;
    return best;
}

// The pixels whose products with the kernel's element k along an axis are with the border.
static uint32_t border_pixels(const fal_problem_axis *axis, const int64_t *place, int count,
                              int64_t k)
{
    uint32_t border = 0;
    for (int i = 0; i < count; i++)
        border |= (uint32_t)is_border(axis, place[i], k) << i;
    return border;
}

static void draft_list(draft *d, const fal_tile_key *key, const fal_problem *p,
                       const fal_wide_kernel *kernel, const fal_tile_pixels *pixels)
{
    const fal_problem_axis *deep = &p->axis[0], *row = &p->axis[1], *column = &p->axis[2];
    const uint32_t all = (uint32_t)((UINT64_C(1) << pixels->count) - 1);
    uint32_t rows[FAL_TILE_KERNEL];
    int64_t tap = 0;
    for (int64_t kh = 0; kh < row->kernel; kh++)
        rows[kh] = key->dead | border_pixels(row, pixels->row, pixels->count, kh);
    for (int64_t kw = 0; kw < column->kernel; kw++) {
        uint32_t columns = 0;
        if (!pixels->any_column)
            columns = border_pixels(column, pixels->column, pixels->count, kw);
        for (int64_t kd = 0; kd < deep->kernel; kd++) {
            bool outside = key->depth >= 0 && is_border(deep, key->depth, kd);
            for (int64_t kh = 0; kh < row->kernel; kh++, tap++)
                if (!outside && (rows[kh] | columns) != all)
                    append(d, tap, best_skip(kernel, pixels->step, rows[kh] | columns));
        }
    }
}

const fal_stretch *fal_make_list(fal_lists *lists, const fal_tile_key *key, const fal_problem *p,
                                 const fal_wide_kernel *kernel, const fal_tile_pixels *pixels)
{
    draft d = {lists, lists->stretches, p->axis[1].kernel <= FAL_TILE_KERNEL};
    if (d.fits)
        draft_list(&d, key, p, kernel, pixels);
    if (!d.fits) { // nor would the next one
        lists->count = FAL_LISTS;
        return lists->all;
    }
    int list = ++lists->count;
    lists->stretch[lists->stretches++] = (fal_stretch){0, 0, 0};
    lists->begin[list] = d.begin;
    lists->key[list] = *key;
    lists->slot[find_slot(lists, key)] = (uint8_t)list;
    return &lists->stretch[d.begin];
}
