// SPDX-License-Identifier: Apache-2.0
//
// Packing a band moves elements of the input, which become numbers on the way; computing with them
// is left to others.
#include "algorithms/direct/pack.h"

#include "algorithms/numbers.h"
#include "base/checked.h"

#include <string.h>

// Part of a plane of the input on its way to a band.
typedef struct plane {
    const fal_kernels *kernels;
    const char *from;             // its first element
    int64_t row_stride, stride;   // from row to row, and from element to element
    int64_t height, width;        // elements that there are; no height: none
    int64_t first_row, first;     // the first row and column that are wanted, perhaps outside
    int64_t rows, count;          // and how many of them
    int64_t past_column;          // the first column that no output needs
    int64_t phases, phase_pitch;  // into which a row is dealt out
    int64_t row;                  // from one row of the band to the next
    int64_t planes;               // of so many channels the same, ...
    int64_t from_plane, to_plane; // ... from one to the next, in the input and in the band
    faltung_padding_mode border;  // what is outside
    bool last;                    // whether the last of the band's rows is among them
    fal_pairing pairing;          // of its elements
} plane;

static void clear(const plane *p, char *to, int64_t count)
{
    if (count > 0)
        memset(to, 0, (size_t)(count * p->kernels->size));
}

// Part of a row of every plane.
static void clear_each(const plane *p, char *to, int64_t count)
{
    for (int64_t i = 0; i < p->planes; i++)
        clear(p, to + i * p->to_plane * p->kernels->size, count);
}

// One column of the border of the rows [begin, end), where an element of theirs is shown again.
static void pack_border(const plane *p, int64_t begin, int64_t end, int64_t column, char *to)
{
    int64_t element = fal_find_element(p->border, column, p->width);
    if (element < 0)
        return;
    const fal_box box = {
        .from = p->from + (begin * p->row_stride + element * p->stride) * p->kernels->input_size,
        .to = to,
        .planes = p->planes,
        .rows = end - begin,
        .columns = 1,
        .from_plane = p->from_plane,
        .to_plane = p->to_plane,
        .from_row = p->row_stride,
        .from_column = p->stride,
        .to_row = p->row,
        .pairing = p->pairing,
    };
    p->kernels->copy(&box);
}

// The columns of one phase, which begins with column `first`, that are in the input: [begin, end).
typedef struct range {
    int64_t begin, end;
} range;

static range find_inside(const plane *p, int64_t first)
{
    const int64_t step = p->phases, past_column = fal_least(p->width, p->past_column);
    int64_t past = past_column > first ? fal_ceil_divide(past_column - first, step) : 0;
    past = fal_least(past, p->count);
    return (range){fal_least(first < 0 ? fal_ceil_divide(-first, step) : 0, past), past};
}

// What the rows [begin, end) of the plane, which are inside, have outside in one phase.
static void pack_outside(const plane *p, int64_t begin, int64_t end, int64_t first, bool bordered,
                         char *to)
{
    const int64_t size = p->kernels->size, step = p->phases;
    const range inside = find_inside(p, first);
    if (!bordered)
        for (int64_t r = 0; r < end - begin; r++) {
            char *row = to + r * p->row * size;
            clear_each(p, row, inside.begin);
            clear_each(p, row + inside.end * size, p->count - inside.end);
        }
    for (int64_t i = 0; p->border && i < p->count && first + i * step < p->past_column; i++)
        if (i < inside.begin || i >= inside.end)
            pack_border(p, begin, end, first + i * step, to + i * size);
}

// So many columns of the rows [begin, end), the first of which is `column` and goes to `to`.
static fal_box box_of_rows(const plane *p, int64_t begin, int64_t end, int64_t column,
                           int64_t columns, char *to)
{
    return (fal_box){
        .from = p->from + (begin * p->row_stride + column * p->stride) * p->kernels->input_size,
        .to = to,
        .planes = p->planes,
        .rows = end - begin,
        .columns = columns,
        .from_plane = p->from_plane,
        .to_plane = p->to_plane,
        .from_row = p->row_stride,
        .from_column = p->stride,
        .to_row = p->row,
        .pairing = p->pairing,
    };
}

// What is inside, for one phase.
static void pack_phase(const plane *p, int64_t begin, int64_t end, int64_t first, char *to)
{
    const range inside = find_inside(p, first);
    if (inside.begin >= inside.end)
        return; // the first column may be anywhere
    fal_box box = box_of_rows(p, begin, end, first + inside.begin * p->phases,
                              inside.end - inside.begin, to + inside.begin * p->kernels->size);
    box.from_column *= p->phases;
    p->kernels->copy(&box);
}

// The same for both of two phases.
static void pack_both_phases(const plane *p, int64_t begin, int64_t end, char *to)
{
    const int64_t column = fal_most(p->first, 0), next = column + 1;
    const int64_t columns = fal_least(p->width, p->past_column) - column;
    const int64_t at = (column - p->first) % 2 * p->phase_pitch + (column - p->first) / 2;
    if (columns <= 0)
        return;
    fal_box box = box_of_rows(p, begin, end, column, columns, to + at * p->kernels->size);
    box.to_odd = (next - p->first) % 2 * p->phase_pitch + (next - p->first) / 2 - at;
    p->kernels->copy(&box);
}

// The rows [begin, end) of the plane, which are inside, for all phases.
static void pack_rows_inside(const plane *p, int64_t begin, int64_t end, bool bordered, char *to)
{
    const bool both = p->phases == 2 && p->stride == 1;
    for (int64_t i = 0; i < p->phases; i++) {
        char *phase = to + i * p->phase_pitch * p->kernels->size;
        pack_outside(p, begin, end, p->first + i, bordered, phase);
        if (!both)
            pack_phase(p, begin, end, p->first + i, phase);
    }
    if (both)
        pack_both_phases(p, begin, end, to);
}

static void pack_plane(const plane *p, bool bordered, char *to)
{
    const int64_t size = p->kernels->size, pitch = p->phases * p->phase_pitch;
    int64_t begin = fal_most(p->first_row, 0);
    int64_t end = fal_most(begin, fal_least(p->first_row + p->rows, p->height));
    for (int64_t r = p->first_row; !bordered && r < p->first_row + p->rows; r++) {
        char *row = to + (r - p->first_row) * p->row * size;
        if (r >= begin && r < end)
            continue;
        int64_t element = p->height ? fal_find_element(p->border, r, p->height) : -1;
        if (element < 0)
            clear_each(p, row, pitch);
        else
            pack_rows_inside(p, element, element + 1, bordered, row);
    }
    if (begin < end)
        pack_rows_inside(p, begin, end, bordered, to + (begin - p->first_row) * p->row * size);
}

// Whether rows of one plane of the kernel lie inside the input, and nothing else does.
static bool are_inside(const fal_problem *p, const plane *rows)
{
    const fal_problem_axis *deep = &p->axis[0];
    return deep->kernel == 1 && deep->padding == 0 &&
           (deep->output - 1) * deep->stride < deep->input && rows->phases == 1 &&
           rows->first_row >= 0 && rows->first_row + rows->rows <= p->axis[1].input &&
           rows->first >= 0 && rows->first + rows->count <= rows->width;
}

// Channels from `first` on of which all are pairs, or none is, as many as there are behind each
// other.
static int64_t count_alike(const fal_problem *p, int64_t first)
{
    return first == 0 && p->odd && p->input_channels > 1 ? p->input_channels - 1
                                                         : p->input_channels - first;
}

// Copies rows of planes into a band, or, where the channels of a pixel lie together there, rows of
// pixels.
static void copy_planes(const fal_task *task, const fal_layout *l, const fal_box *planes)
{
    fal_box pixels = *planes;
    if (!l->channels_last) {
        task->kernels->copy(planes);
        return;
    }
    pixels.planes = planes->rows;
    pixels.rows = planes->columns;
    pixels.columns = planes->planes;
    pixels.from_plane = planes->from_row;
    pixels.from_row = planes->from_column;
    pixels.from_column = planes->from_plane;
    pixels.to_plane = planes->to_row;
    pixels.to_row = l->pixel;
    task->kernels->copy(&pixels);
}

// The same rows of channels from `channel` on, all of it inside the input, as it always is where
// the channels of a pixel lie together; the last row of a band that needs no more of it may be
// shorter.
static void pack_inside(const fal_task *task, const fal_layout *l, const fal_view *input,
                        const fal_band *band, const plane *rows, int64_t channel, char *to)
{
    const fal_problem *p = &task->problem;
    const int64_t size = task->kernels->size, input_size = task->kernels->input_size;
    int64_t at = band->image * input->outer + band->group * input->group +
                 channel * input->channel + band->depth * p->axis[0].stride * input->axis[0] +
                 rows->first_row * input->axis[1] + rows->first * input->axis[2];
    bool is_short = rows->last && band->last_columns < band->columns;
    fal_box box = {
        .from = (const char *)input->data + at * input_size,
        .to = to + channel * l->channel * size,
        .planes = count_alike(p, channel),
        .rows = rows->rows - is_short,
        .columns = l->channels_last ? band->columns : rows->past_column - rows->first,
        .from_plane = input->channel,
        .from_row = input->axis[1],
        .from_column = input->axis[2],
        .to_plane = l->channel,
        .to_row = l->row,
        .pairing = fal_find_pairing(p, input, channel),
    };
    copy_planes(task, l, &box);
    if (!is_short)
        return;
    box.from = (const char *)box.from + box.rows * box.from_row * input_size;
    box.to = (char *)box.to + box.rows * box.to_row * size;
    box.rows = 1;
    box.columns = band->last_columns;
    copy_planes(task, l, &box);
}

// Rows of one plane of the kernel, where the channels of a pixel lie together; zeros outside.
static void pack_pixels(const fal_task *task, const fal_layout *l, const fal_view *input,
                        const plane *p, bool bordered, char *to)
{
    const int64_t size = task->kernels->size, channels = task->problem.input_channels;
    const int64_t begin = fal_least(fal_most(-p->first_row, 0), p->rows);
    const int64_t end = fal_most(begin, fal_least(p->rows, p->height - p->first_row));
    const int64_t before = fal_least(fal_most(-p->first, 0), p->count);
    const int64_t past = fal_least(p->width, p->past_column) - p->first;
    const int64_t after = fal_most(before, fal_least(past, p->count));
    for (int64_t r = 0; !bordered && r < p->rows; r++) {
        char *row = to + r * l->row * size;
        const bool is_inside = r >= begin && r < end;
        clear(p, row, (is_inside ? before : p->count) * l->pixel);
        if (is_inside)
            clear(p, row + after * l->pixel * size, (p->count - after) * l->pixel);
    }
    const int64_t at = (p->first_row + begin) * p->row_stride + (p->first + before) * p->stride;
    fal_box box = {
        .from = p->from + at * task->kernels->input_size,
        .to = to + (begin * l->row + before * l->pixel) * size,
        .planes = end - begin,
        .rows = after - before,
        .columns = channels,
        .from_plane = p->row_stride,
        .from_row = p->stride,
        .from_column = input->channel,
        .to_plane = l->row,
        .to_row = l->pixel,
    };
    if (box.rows == 0)
        return; // the first column may be anywhere
    if (input->channel == 1 && p->stride == channels && l->pixel == channels) {
        box.columns = box.rows * channels; // of pixels that follow each other
        box.rows = 1;
    }
    task->kernels->copy(&box);
}

// All planes of the rows of a band, pixel by pixel.
static void pack_rows_of_pixels(const fal_task *task, const fal_layout *l, const fal_view *input,
                                const fal_band *band, const plane *rows, bool bordered, char *to)
{
    const fal_problem_axis *deep = &task->problem.axis[0];
    const int64_t image = band->image * input->outer + band->group * input->group;
    plane source = *rows;
    source.count = l->pitch;
    for (int64_t kd = 0; kd < deep->kernel; kd++) {
        const int64_t d = band->depth * deep->stride + (kd * deep->dilation - deep->padding);
        const bool is_there = d >= 0 && d < deep->input;
        const int64_t at = image + (is_there ? d * input->axis[0] : 0);
        source.from = (const char *)input->data + at * task->kernels->input_size;
        source.height = is_there ? task->problem.axis[1].input : 0;
        pack_pixels(task, l, input, &source, bordered, to + kd * l->plane * task->kernels->size);
    }
}

// All channels and planes of the rows of a band from `first` on.
static void pack_rows(const fal_task *task, const fal_layout *l, const fal_view *input,
                      const fal_band *band, const plane *rows, bool bordered, char *to)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *deep = &p->axis[0];
    const int64_t size = task->kernels->size;
    int64_t image = band->image * input->outer + band->group * input->group;
    plane source = *rows;
    if (l->channels_last && !fal_is_pointwise(p)) {
        pack_rows_of_pixels(task, l, input, band, rows, bordered, to);
        return;
    }
    if (l->channels_last || are_inside(p, rows)) {
        for (int64_t c = 0; c < p->input_channels; c += count_alike(p, c))
            pack_inside(task, l, input, band, rows, c, to);
        return;
    }
    // All at once, but of integers, which come in pairs: where the channels of a pixel lie
    // together, so that each line is read once.
    source.planes = fal_is_integer(p->dtype) ? 1 : p->input_channels;
    source.from_plane = input->channel;
    source.to_plane = l->channel;
    for (int64_t c = 0; c < p->input_channels; c += source.planes) {
        source.pairing = fal_find_pairing(p, input, c);
        for (int64_t kd = 0; kd < deep->kernel; kd++) {
            int64_t d = band->depth * deep->stride + (kd * deep->dilation - deep->padding);
            d = fal_find_element(p->border, d, deep->input);
            if (d >= 0) {
                int64_t at = image + c * input->channel + d * input->axis[0];
                source.from = (const char *)input->data + at * task->kernels->input_size;
                source.height = p->axis[1].input;
            } else {
                source.height = 0;
            }
            pack_plane(&source, bordered, to + (c * l->channel + kd * l->plane) * size);
        }
    }
}

// Where the channels of a row lie together, a few rows at a time, so that the lines which are
// written stay near.
void fal_direct_pack_band(const fal_task *task, const fal_layout *l, const fal_view *input,
                          const fal_band *band, bool bordered, void *to)
{
    const fal_problem_axis *row = &task->problem.axis[1], *column = &task->problem.axis[2];
    const int64_t size = task->kernels->size, near = 256; // numbers of a channel
    plane rows = {
        .kernels = task->kernels,
        .row_stride = input->axis[1],
        .stride = input->axis[2],
        .width = column->input,
        .first_row = band->row * row->stride - row->padding,
        .first = band->column * column->stride - column->padding,
        .count = l->phase_pitch,
        .past_column = (band->column + band->columns - 1) * column->stride - column->padding +
                       column->dilation * (column->kernel - 1) + 1,
        .phases = l->phases,
        .phase_pitch = l->phase_pitch,
        .row = l->row,
        .border = task->problem.border,
    };
    if (rows.border)
        bordered = false; // another image has another border
    int64_t count = (band->rows - 1) * row->stride + row->dilation * (row->kernel - 1) + 1;
    int64_t most = l->row == l->pitch ? count : fal_most(1, near / l->pitch);
    for (int64_t r = 0; r < count; r += most) {
        rows.rows = fal_least(most, count - r);
        rows.last = r + rows.rows == count;
        pack_rows(task, l, input, band, &rows, bordered, (char *)to + r * l->row * size);
        rows.first_row += most;
    }
    if (!bordered)
        memset((char *)to + l->band * size, 0, (size_t)(l->slack * size));
}
