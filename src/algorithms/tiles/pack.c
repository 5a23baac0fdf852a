// SPDX-License-Identifier: Apache-2.0
#include "algorithms/tiles/pack.h"

#include "algorithms/numbers.h"
#include "base/checked.h"

#include <string.h>

// ----------------------------------------------------------------------------------------- weights

static int64_t group_bytes(const fal_tiles_layout *l)
{
    return l->blocks * (l->bias_tile + l->weight_tile);
}

size_t fal_tiles_packed_bytes(const fal_task *task)
{
    const fal_tiles_layout l = fal_tiles_lay_out(task);
    return (size_t)task->problem.groups * (size_t)group_bytes(&l);
}

const char *fal_tiles_packed_group(const fal_tiles_layout *l, const void *packed, int64_t group)
{
    return (const char *)packed + group * group_bytes(l);
}

// The elements of a number of the weight, from the first channel on, and their sum if they are
// bytes.
static uint32_t take_number(const fal_problem *p, const fal_view *weight, int64_t channel,
                            int64_t at, int64_t *sum)
{
    uint32_t number = 0;
    if (p->weight_dtype == FALTUNG_BF16) {
        const uint16_t *from = weight->data;
        number = from[at];
        if (channel + 1 < p->input_channels)
            number |= (uint32_t)from[at + weight->channel] << 16;
        return number;
    }
    for (int i = 0; i < FAL_TILE_PARTS; i++) {
        const int64_t pair = channel + i / 2;
        if (pair >= p->input_channels || (i % 2 && !fal_is_paired(p, pair)))
            continue;
        const int64_t element = at + i / 2 * weight->channel + i % 2 * weight->pair;
        const int64_t value = (int64_t)fal_load(p->weight_dtype, weight->data, element);
        number |= ((uint32_t)value & 0xff) << (8 * i);
        *sum += value;
    }
    return number;
}

// The weights of an output channel that begin at an element, as rows of tiles, or columns, whose
// numbers lie `step` apart; returns their sum.
static int64_t pack_channel(const fal_problem *p, const fal_tiles_layout *l, const fal_view *weight,
                            int64_t first, uint32_t *to, int64_t step)
{
    const fal_problem_axis *axis = p->axis;
    int64_t sum = 0;
    for (int64_t c = 0; c < l->chunks; c++)
        for (int64_t kd = 0; kd < axis[0].kernel; kd++)
            for (int64_t kh = 0; kh < axis[1].kernel; kh++)
                for (int64_t kw = 0; kw < axis[2].kernel; kw++, to += FAL_TILE * FAL_TILE)
                    for (int64_t i = 0; i < l->chunk; i++) {
                        const int64_t channel = (c * l->chunk + i) * l->parts;
                        const int64_t at = first + channel * weight->channel +
                                           kd * weight->axis[0] + kh * weight->axis[1] +
                                           kw * weight->axis[2];
                        if (channel < p->input_channels)
                            to[i * step] = take_number(p, weight, channel, at, &sum);
                    }
    return sum;
}

// What the sums of an output channel begin with. Every product with an integer is one of it less
// the zero point, the border's too, which is filled with that.
static uint32_t find_begin(const fal_problem *p, const void *bias, int64_t sum)
{
    uint32_t begin;
    memcpy(&begin, bias, sizeof begin);
    if (fal_is_integer(p->dtype))
        begin -= (uint32_t)(int64_t)p->input_zero * (uint32_t)sum;
    return begin;
}

// One output channel: its row, or column, of the weights and of the biases.
static void pack_output_channel(const fal_task *task, const fal_operands *all,
                                const fal_tiles_layout *l, int64_t group, int64_t channel,
                                uint32_t *biases)
{
    const fal_problem *p = &task->problem;
    const int64_t block = channel / FAL_TILE, place = channel % FAL_TILE;
    const int64_t row = task->channels_last ? 1 : FAL_TILE,
                  step = task->channels_last ? FAL_TILE : 1;
    char *weights = (char *)biases + l->blocks * l->bias_tile + block * l->weight_tile;
    const int64_t first = group * all->weight.group + channel * all->weight.outer;
    uint32_t bias, *begin = biases + block * FAL_TILE * FAL_TILE + place * row;
    fal_pack_biases(task, all, group * p->output_channels + channel, 1, &bias);
    const int64_t sum =
        pack_channel(p, l, &all->weight, first, (uint32_t *)weights + place * row, step);
    bias = find_begin(p, &bias, sum);
    for (int i = 0; i < FAL_TILE; i++)
        begin[i * step] = bias;
}

void fal_tiles_pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_problem *p = &task->problem;
    const fal_tiles_layout l = fal_tiles_lay_out(task);
    memset(packed, 0, fal_tiles_packed_bytes(task));
    for (int64_t g = 0; g < p->groups; g++)
        for (int64_t o = 0; o < p->output_channels; o++)
            pack_output_channel(task, all, &l, g, o,
                                (uint32_t *)((char *)packed + g * group_bytes(&l)));
}

// ------------------------------------------------------------------------------------------- bands

// One phase of one number on its way to a band.
typedef struct plane {
    const fal_task *task;
    const fal_view *input;
    const char *part[FAL_TILE_PARTS]; // the first element of each channel; NULL: none
    int64_t row, column;              // positions of the first row and column, perhaps outside
    int64_t rows, columns;            // that are read
    int64_t pitch;                    // from one row of the band to the next
    uint32_t *to;
} plane;

// Bytes of a border count as if they were the zero point.
static void clear(const plane *s, uint32_t *to, int64_t count)
{
    memset(to, s->task->problem.input_zero, (size_t)count * sizeof *to);
}

// Rows of a plane from elements of the input: `rows`, from element (y, x) on, to the columns
// [begin, end) of row r and those below it. What `sides` has beyond these is border.
static void gather(const plane *s, int64_t y, int64_t x, int64_t rows, int64_t r,
                   fal_tiles_range columns, fal_tiles_range sides)
{
    const fal_problem_axis *axis = s->task->problem.axis;
    const int64_t *step = s->input->axis;
    fal_tile_box box = {
        .to = s->to + r * s->pitch + columns.begin,
        .rows = rows,
        .columns = columns.end - columns.begin,
        .before = columns.begin - sides.begin,
        .after = sides.end - columns.end,
        .from_row = axis[1].stride * step[1],
        .from_column = axis[2].stride * step[2],
        .to_row = s->pitch,
    };
    memset(&box.border, s->task->problem.input_zero, sizeof box.border);
    for (int i = 0; i < FAL_TILE_PARTS; i++)
        if (s->part[i])
            box.part[i] = s->part[i] + (y * step[1] + x * step[2]) * s->task->kernels->input_size;
    s->task->kernels->tiles->gather(&box);
}

// Columns outside of the input that show elements of it, of rows that show those from y on.
static void pack_shown(const plane *s, int64_t y, int64_t rows, int64_t r, fal_tiles_range inside)
{
    const fal_problem *p = &s->task->problem;
    for (int64_t c = 0; c < s->columns; c++) {
        const int64_t position = s->column + c * p->axis[2].stride;
        const int64_t x = fal_find_element(p->border, position, p->axis[2].input);
        const fal_tiles_range one = {c, c + 1};
        if (x >= 0 && (c < inside.begin || c >= inside.end))
            gather(s, y, x, rows, r, one, one);
    }
}

// Rows that show elements from row y on.
static void pack_rows(const plane *s, int64_t y, int64_t rows, int64_t r)
{
    const fal_problem_axis *axis = &s->task->problem.axis[2];
    const fal_tiles_range inside = fal_tiles_find_inside(axis, s->column, s->columns),
                          all = {0, s->columns};
    if (inside.begin < inside.end)
        gather(s, y, s->column + inside.begin * axis->stride, rows, r, inside, all);
    else
        clear(s, s->to + r * s->pitch, rows * s->pitch);
    if (s->task->problem.border != FALTUNG_PADDING_ZEROS)
        pack_shown(s, y, rows, r, inside);
}

static void pack_plane(const plane *s)
{
    const fal_problem *p = &s->task->problem;
    const fal_problem_axis *axis = &p->axis[1];
    const fal_tiles_range inside = fal_tiles_find_inside(axis, s->row, s->rows);
    for (int64_t r = 0; r < s->rows; r++) {
        if (r >= inside.begin && r < inside.end)
            continue;
        const int64_t position = s->row + r * axis->stride;
        const int64_t y = fal_find_element(p->border, position, axis->input);
        if (y >= 0)
            pack_rows(s, y, 1, r);
        else
            clear(s, s->to + r * s->pitch, s->pitch);
    }
    if (inside.begin < inside.end)
        pack_rows(s, s->row + inside.begin * axis->stride, inside.end - inside.begin, inside.begin);
}

// All phases of one number at one element of the kernel's depth.
static void pack_slice(plane s, const fal_tiles_layout *l, const fal_tiles_band *band)
{
    const fal_problem_axis *axis = s.task->problem.axis;
    for (int64_t y = 0; y < l->row_phases; y++)
        for (int64_t x = 0; x < l->column_phases; x++, s.to += l->phase_rows * l->pitch) {
            s.row = band->row * axis[1].stride + (y - axis[1].padding);
            s.column = band->column * axis[2].stride + (x - axis[2].padding);
            s.rows = fal_tiles_count_read(&axis[1], y, band->rows);
            s.columns = fal_tiles_count_read(&axis[2], x, band->columns);
            pack_plane(&s);
        }
}

// Where the channels of a number begin in the input.
static void find_parts(const fal_task *task, const fal_view *input, int64_t number, int64_t at,
                       const char **part)
{
    const fal_problem *p = &task->problem;
    const bool paired = fal_is_integer(p->dtype);
    for (int i = 0; i < FAL_TILE_PARTS; i++) {
        const int64_t channel = 2 * number + (paired ? i / 2 : i);
        part[i] = NULL;
        if (channel >= p->input_channels || (paired && i % 2 && !fal_is_paired(p, channel)) ||
            (!paired && i >= 2))
            continue;
        const int64_t element = at + channel * input->channel + (paired && i % 2 ? input->pair : 0);
        part[i] = (const char *)input->data + element * task->kernels->input_size;
    }
}

void fal_tiles_pack_planes(const fal_task *task, const fal_tiles_layout *l, const fal_view *input,
                           const fal_tiles_band *band, uint32_t *to)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *deep = &p->axis[0];
    plane s = {.task = task, .input = input, .pitch = l->pitch};
    const int64_t image = band->image * input->outer + band->group * input->group;
    for (int64_t n = 0; n < l->numbers; n++)
        for (int64_t kd = 0; kd < deep->kernel; kd++) {
            int64_t d = band->depth * deep->stride + (kd * deep->dilation - deep->padding);
            d = fal_find_element(p->border, d, deep->input);
            s.to = to + n * l->plane + kd * l->slice;
            if (d < 0) {
                clear(&s, s.to, l->slice);
                continue;
            }
            find_parts(task, input, n, image + d * input->axis[0], s.part);
            pack_slice(s, l, band);
        }
    for (int64_t n = l->numbers; n < l->chunks * l->chunk; n++)
        memset(to + n * l->plane, 0, (size_t)l->plane * sizeof *to);
}
