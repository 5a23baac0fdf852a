// SPDX-License-Identifier: Apache-2.0
//
// Bands with channels last: each pixel is copied whole.
#include "algorithms/tiles/pack.h"

#include "tensor/element.h"

#include <string.h>

// Elements of pixels on their way to a band.
typedef struct pixels {
    const fal_task *task;
    const fal_view *input;
    int64_t elements; // of a pixel, each as large as `size`
    size_t size;
    bool side_by_side; // they are in the input, too
    size_t bytes;      // of a pixel in the band, and from one to the next
    size_t step;
} pixels;

// Where the i-th element of a pixel lies, from its first one on.
static int64_t find_element(const fal_problem *p, const fal_view *input, int64_t i)
{
    if (fal_is_integer(p->dtype))
        return i / 2 * input->channel + i % 2 * input->pair;
    return i * input->channel;
}

static pixels find_pixels(const fal_task *task, const fal_tiles_layout *l, const fal_view *input)
{
    const fal_problem *p = &task->problem;
    pixels s = {.task = task,
                .input = input,
                .elements = p->input_channels,
                .size = (size_t)task->kernels->input_size,
                .bytes = (size_t)(l->chunks * l->chunk) * sizeof(uint32_t),
                .step = (size_t)l->pixel * sizeof(uint32_t)};
    if (fal_is_integer(p->dtype))
        s.elements = 2 * p->input_channels - p->odd;
    s.side_by_side = find_element(p, input, 1) == 1 && find_element(p, input, 2) == 2;
    return s;
}

// Bytes of a border count as if they were the zero point.
static void clear(const pixels *s, char *to, int64_t count)
{
    for (int64_t i = 0; i < count; i++, to += s->step)
        memset(to, s->task->problem.input_zero, s->bytes);
}

// Pixels that lie `from_step` elements apart from `from` on.
static void copy(const pixels *s, const char *from, int64_t from_step, int64_t count, char *to)
{
    const size_t used = (size_t)s->elements * s->size;
    const int64_t step = from_step * (int64_t)s->size;
    for (int64_t i = 0; i < count; i++, from += step, to += s->step) {
        if (s->side_by_side)
            memcpy(to, from, used);
        else
            for (int64_t e = 0; e < s->elements; e++) {
                const int64_t at = find_element(&s->task->problem, s->input, e);
                memcpy(to + (size_t)e * s->size, from + at * (int64_t)s->size, s->size);
            }
        memset(to + used, 0, s->bytes - used);
    }
}

// A row of a phase, `count` columns from the position `first` on, of the input's row that begins
// with an element.
static void pack_row(const pixels *s, const char *row, int64_t first, int64_t count, char *to)
{
    const fal_problem *p = &s->task->problem;
    const fal_problem_axis *axis = &p->axis[2];
    const int64_t step = s->input->axis[2];
    const fal_tiles_range inside = fal_tiles_find_inside(axis, first, count);
    for (int64_t c = 0; c < count; c++) {
        char *pixel = to + (size_t)c * s->step;
        if (c == inside.begin && inside.begin < inside.end) {
            const char *from = row + (first + c * axis->stride) * step * (int64_t)s->size;
            copy(s, from, axis->stride * step, inside.end - c, pixel);
            c = inside.end - 1;
            continue;
        }
        const int64_t x = fal_find_element(p->border, first + c * axis->stride, axis->input);
        if (x >= 0)
            copy(s, row + x * step * (int64_t)s->size, 0, 1, pixel);
        else
            clear(s, pixel, 1);
    }
}

// What a band reads of a phase, whose rows lie `pitch` pixels apart.
typedef struct phase {
    int64_t row, column; // positions of its first row and column
    int64_t rows, columns, pitch;
} phase;

static phase find_phase(const fal_problem_axis *axis, const fal_tiles_layout *l,
                        const fal_tiles_band *band, int64_t y, int64_t x)
{
    return (phase){
        .row = band->row * axis[1].stride + (y - axis[1].padding),
        .column = band->column * axis[2].stride + (x - axis[2].padding),
        .rows = fal_tiles_count_read(&axis[1], y, band->rows),
        .columns = fal_tiles_count_read(&axis[2], x, band->columns),
        .pitch = l->pitch,
    };
}

// One phase, of the plane of the input that begins with an element.
static void pack_phase(const pixels *s, const phase *h, const char *plane, char *to)
{
    const fal_problem *p = &s->task->problem;
    const fal_problem_axis *axis = &p->axis[1];
    for (int64_t r = 0; r < h->rows; r++, to += (size_t)h->pitch * s->step) {
        const int64_t y = fal_find_element(p->border, h->row + r * axis->stride, axis->input);
        if (y >= 0)
            pack_row(s, plane + y * s->input->axis[1] * (int64_t)s->size, h->column, h->columns,
                     to);
        else
            clear(s, to, h->columns);
    }
}

void fal_tiles_pack_pixels(const fal_task *task, const fal_tiles_layout *l, const fal_view *input,
                           const fal_tiles_band *band, uint32_t *to)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *axis = p->axis;
    const pixels s = find_pixels(task, l, input);
    const int64_t image = band->image * input->outer + band->group * input->group;
    const size_t apart = (size_t)(l->phase_rows * l->pitch) * s.step;
    char *at = (char *)to;
    for (int64_t kd = 0; kd < axis[0].kernel; kd++) {
        int64_t d = band->depth * axis[0].stride + (kd * axis[0].dilation - axis[0].padding);
        d = fal_find_element(p->border, d, axis[0].input);
        const int64_t plane = image + d * input->axis[0];
        for (int64_t y = 0; y < l->row_phases; y++)
            for (int64_t x = 0; x < l->column_phases; x++, at += apart) {
                const phase h = find_phase(axis, l, band, y, x);
                if (d < 0)
                    clear(&s, at, l->phase_rows * l->pitch);
                else
                    pack_phase(&s, &h, (const char *)input->data + plane * (int64_t)s.size, at);
            }
    }
}
