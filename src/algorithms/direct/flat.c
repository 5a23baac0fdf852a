// SPDX-License-Identifier: Apache-2.0
#include "algorithms/direct/flat.h"

#include "base/checked.h"

enum { ROW_TILES = 2 };

static int64_t count_pixels(const fal_problem *p)
{
    return p->axis[0].output * p->axis[1].output * p->axis[2].output;
}

fal_task fal_flatten_task(const fal_task *task, bool is_long)
{
    int64_t pixels = count_pixels(&task->problem), columns = pixels;
    if (!is_long)
        columns = fal_least(pixels, ROW_TILES * task->kernels->wide[0]->pixels);
    const int64_t size[FALTUNG_MAX_AXES] = {1, fal_ceil_divide(pixels, columns), columns};
    fal_task flat = *task;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        flat.problem.axis[i] = (fal_problem_axis){size[i], 1, size[i], 1, 1, 1, 0};
    return flat;
}

// Whether all pixels of a view follow each other, and at which distance.
static bool is_even(const fal_problem *p, const fal_view *view, int64_t *distance)
{
    int64_t size = 1;
    *distance = 1;
    for (int i = FALTUNG_MAX_AXES - 1; i >= 0; i--) {
        if (p->axis[i].output == 1)
            continue;
        if (size == 1)
            *distance = view->axis[i];
        else if (view->axis[i] != size * *distance)
            return false;
        size *= p->axis[i].output;
    }
    return true;
}

// Whether a part is a range of pixels, from *begin up to, but not including, *end.
static bool is_range(const fal_problem *p, const fal_part *part, int64_t *begin, int64_t *end)
{
    bool divided = false; // along an axis within: then there may be one index only
    *begin = *end = 0;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        int64_t from = part->begin[FAL_DEPTH + i], to = part->end[FAL_DEPTH + i];
        int64_t size = p->axis[i].output;
        *begin = *begin * size + from;
        *end = *end * size + to - 1;
    }
    *end += 1;
    for (int i = FALTUNG_MAX_AXES - 1; i >= 0; i--) {
        int64_t count = part->end[FAL_DEPTH + i] - part->begin[FAL_DEPTH + i];
        if (divided && count > 1)
            return false;
        divided = divided || count < p->axis[i].output;
    }
    return true;
}

// Lets a view begin at a part's first pixel.
static void move(fal_view *view, int64_t size, int64_t pixels, int64_t distance, int64_t columns)
{
    view->data = (char *)view->data + pixels * distance * size;
    view->axis[0] = 0;
    view->axis[1] = columns * distance;
    view->axis[2] = distance;
}

bool fal_flatten(const fal_task *task, const fal_operands *all, const fal_part *part, bool is_long,
                 fal_flat *flat)
{
    const fal_problem *p = &task->problem;
    int64_t begin, end, from, to;
    if (!fal_is_pointwise(p) || !is_even(p, &all->input, &from) || !is_even(p, &all->output, &to) ||
        !is_range(p, part, &begin, &end))
        return false;
    *flat = (fal_flat){.task = fal_flatten_task(task, is_long), .operands = *all, .part = *part};
    int64_t columns = flat->task.problem.axis[2].output;
    columns = fal_least(columns, end - begin);
    int64_t rows = fal_ceil_divide(end - begin, columns);
    move(&flat->operands.input, task->kernels->input_size, begin, from, columns);
    move(&flat->operands.output, task->kernels->output_size, begin, to, columns);
    const int64_t extent[FALTUNG_MAX_AXES] = {1, rows, columns};
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        fal_problem_axis *axis = &flat->task.problem.axis[i];
        flat->part.begin[FAL_DEPTH + i] = 0;
        flat->part.end[FAL_DEPTH + i] = axis->input = axis->output = extent[i];
    }
    flat->last_columns = end - begin - (rows - 1) * columns;
    return true;
}
