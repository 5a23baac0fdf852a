// SPDX-License-Identifier: Apache-2.0
#include "algorithms/winograd/layout.h"

#include "base/checked.h"

// -------------------------------------------------------------------------------------------- form

// An axis along which kernels of three elements meet neighbours.
static bool is_plain(const fal_problem_axis *axis)
{
    return axis->kernel == 3 && axis->stride == 1 && axis->dilation == 1 &&
           axis->input_dilation == 1;
}

static bool has_phases(const fal_problem *p)
{
    return fal_winograd_has_phases(&p->axis[2]);
}

bool fal_winograd_has_form(const fal_problem *p)
{
    const fal_problem_axis *deep = &p->axis[0], *row = &p->axis[1], *column = &p->axis[2];
    const bool is_flat = row->kernel == 1 && row->stride == 1 && row->input_dilation == 1;
    if (deep->input_dilation != 1)
        return false;
    if (!has_phases(p))
        return is_plain(column) && (is_flat || is_plain(row));
    if (deep->kernel != 1 ||
        (column->stride == 2 && p->border != FALTUNG_PADDING_ZEROS)) // borders are not of phases
        return false;
    return is_flat || (fal_winograd_has_phases(row) && row->stride == column->stride);
}

// Rows and columns of tiles of a plane of the output, or of each of its phases, which count the
// same.
static int64_t count_rows(const fal_winograd_form *form, const fal_winograd_phases *phases)
{
    return fal_ceil_divide(phases->phase->axis[1].outputs, form->rows);
}

static int64_t count_columns(const fal_winograd_form *form, const fal_winograd_phases *phases)
{
    return fal_ceil_divide(phases->phase->axis[2].outputs, form->columns);
}

// What a weight takes for a few tiles, in products. Those that are over 2 MiB together come from
// further away than the second-level cache, and few products are done before the next weights are
// there. Measured on Sapphire Rapids by AVX-512; by AVX2 it is half as many.
static double least_products(double weights)
{
    return weights < (double)(1 << 19) ? 0 : weights < (double)(1 << 21) ? 13 : 17;
}

// Transforms, and products for each weight, which has to be read for them. Few tiles of many groups
// take as long as a vector of them: of 7x7 that is twice as long as direct sums by AVX-512, 1.3
// times by AVX2.
double fal_winograd_count_work(const fal_problem *p, const fal_winograd_form *form)
{
    const double of_output = 10, read = 3, full = p->groups > 1 ? 16 : 0;
    const fal_winograd_phases phases = fal_winograd_find_phases(p);
    const double of_input = phases.inputs > 1 ? 12 : 8; // columns apart are looked up
    const double in = (double)fal_count_planes(p);
    const double out = (double)fal_round_up(p->output_channels, FAL_WINOGRAD_LINE);
    const double tiles = (double)p->batch * (double)p->axis[0].output *
                         (double)count_rows(form, &phases) * (double)count_columns(form, &phases);
    double elements = 0;
    for (int i = 0; i < phases.inputs * phases.outputs; i++)
        elements += (double)fal_winograd_count_elements(&phases.phase[i], form);
    const double weights = elements * in * out, least = least_products(weights);
    const double transforms = form->elements * (of_input * in * (double)phases.inputs +
                                                of_output * out * (double)phases.outputs);
    return (double)p->groups * ((tiles > full ? tiles : full) * transforms +
                                weights * (tiles + read > least ? tiles + read : least));
}

const fal_winograd_form *fal_winograd_find_form(const fal_task *task)
{
    const fal_winograd_form *form = task->kernels->winograd->form;
    const fal_problem *p = &task->problem;
    if (task->form)
        return task->form;
    if (p->axis[1].kernel == 1)
        return &form[has_phases(p) ? FAL_WINOGRAD_SHORT_1X4 : FAL_WINOGRAD_1X4];
    if (has_phases(p))
        return &form[FAL_WINOGRAD_SHORT_4X4];
    const double large = fal_winograd_count_work(p, &form[FAL_WINOGRAD_4X4]);
    const double small = fal_winograd_count_work(p, &form[FAL_WINOGRAD_2X2]);
    return &form[small < large ? FAL_WINOGRAD_2X2 : FAL_WINOGRAD_4X4];
}

// ---------------------------------------------------------------------------------- chunks, blocks

// Shorter chains have smaller errors, but each chunk's sums are written and read once more. Those
// of few channels are all that errors can be kept down by, and those of phases of the output, whose
// plain sums are of few products.
static int64_t chunk_size(const fal_problem *p, const fal_winograd_layout *l)
{
    const int64_t few = 64;
    int64_t most = l->planes < few ? 16 : 32;
    if (p->accuracy == FALTUNG_ACCURACY_FAST && l->phases.outputs == 1)
        most = 64;
    return fal_ceil_divide(l->planes, fal_ceil_divide(l->planes, most));
}

static int64_t numbers_in_cache(const fal_task *task)
{
    return task->tuning.band_bytes / (int64_t)sizeof(float);
}

// Weights of many channels come from far away. Where memory is short, fewer have to do.
static int64_t least_tiles(const fal_task *task, const fal_winograd_layout *l)
{
    const int64_t near = 8 << 20, of_tile = 512; // bytes; numbers
    int64_t weights = l->form->elements * l->planes * l->phases.outputs *
                      task->problem.output_channels * (int64_t)sizeof(float);
    int64_t wanted = weights > near ? FAL_WINOGRAD_MOST : 14;
    return fal_least(wanted, fal_most(1, numbers_in_cache(task) / of_tile));
}

// As many tiles as have their transforms and sums in half of the second-level cache.
static int64_t most_tiles(const fal_task *task, const fal_winograd_layout *l)
{
    int64_t planes = l->planes + task->kernels->winograd->channels;
    int64_t fit = numbers_in_cache(task) / (l->form->elements * planes);
    return fal_most(l->least,
                    fal_most(fal_least(2 * l->least, 28), fal_least(fit, FAL_WINOGRAD_MOST)));
}

fal_winograd_layout fal_winograd_lay_out(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t in_l1 = 4096; // numbers
    const fal_winograd_form *form = fal_winograd_find_form(task);
    fal_winograd_layout l = {
        .form = form,
        .channels = fal_round_up(p->output_channels, task->kernels->winograd->channels),
        .phases = fal_winograd_find_phases(p),
    };
    l.planes = fal_count_planes(p) * l.phases.inputs;
    l.chunk = chunk_size(p, &l);
    l.rows = count_rows(form, &l.phases);
    l.columns = count_columns(form, &l.phases);
    l.least = least_tiles(task, &l);
    l.most = most_tiles(task, &l);
    l.weights = form->elements * l.channels * l.planes;
    fal_winograd_block b;
    fal_size_block(&l, p->batch, l.rows, l.columns, &b);
    fal_divide_block(task, &l, &b);
    const int64_t least =
        task->channels_last ? task->kernels->lanes : 1; // which are turned at once
    l.batch = fal_least(p->input_channels, fal_most(least, in_l1 / (form->high * b.line)));
    return l;
}

// One row, if it is long enough, is copied but once.
void fal_size_block(const fal_winograd_layout *l, int64_t images, int64_t rows, int64_t columns,
                    fal_winograd_block *b)
{
    b->columns = fal_ceil_divide(columns, fal_ceil_divide(columns, l->most));
    int64_t fit = b->columns < l->least ? l->most / b->columns : 1;
    b->rows = fal_ceil_divide(rows, fal_ceil_divide(rows, fit));
    b->images = 1;
    if (b->rows == rows && b->columns == columns)
        b->images = fal_least(images, fal_most(1, l->most / (rows * columns)));
    b->tiles = b->images * b->rows * b->columns;
}

// Half a vector may do: each plane lies over what the one before it leaves in the other half. But
// those of phases are not transformed in their order.
static int64_t find_pitch(const fal_winograd_layout *l, int64_t panel, int64_t lanes)
{
    if (panel <= lanes / 2 && l->phases.inputs == 1)
        return lanes / 2;
    return fal_round_up(panel, lanes);
}

void fal_divide_block(const fal_task *task, const fal_winograd_layout *l, fal_winograd_block *b)
{
    const fal_winograd_kernels *kernels = task->kernels->winograd;
    const int64_t lanes = task->kernels->lanes;
    b->tiles = b->images * b->rows * b->columns;
    b->in_row = b->images * b->rows == 1;
    b->panels = fal_ceil_divide(b->tiles, kernels->panel);
    b->panel = fal_round_up(fal_ceil_divide(b->tiles, b->panels), kernels->unit);
    b->panel = fal_least(b->tiles, b->panel);
    b->panels = fal_ceil_divide(b->tiles, b->panel);
    b->pitch = find_pitch(l, b->panel, lanes);
    b->element = fal_round_up(l->planes * b->pitch, FAL_WINOGRAD_LINE) + FAL_WINOGRAD_LINE;
    b->sums = b->tiles * kernels->channels + FAL_WINOGRAD_LINE;
    b->line = l->form->columns * (b->tiles + 1) + lanes;
    if (!b->in_row)
        b->line *= 2;
}

int64_t fal_tiles_of_panel(const fal_winograd_block *b, int64_t panel)
{
    return fal_least(b->panel, b->tiles - panel * b->panel);
}

fal_segments fal_find_segments(const fal_winograd_form *form, int64_t first, int64_t tiles)
{
    fal_segments s;
    for (int64_t i = 0; i < form->columns; i++) {
        s.first[i] = first;
        s.tiles[i] = (tiles - i + form->columns - 1) / form->columns;
        first += s.tiles[i];
    }
    return s;
}
