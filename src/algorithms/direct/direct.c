// SPDX-License-Identifier: Apache-2.0
//
// Implicit matrix multiplication: a band of padded input is packed once, and every product reads
// its pixels there through a table of offsets, so that no matrix of patches is ever made. Where
// there are many output channels they are in the lanes and pixels are broadcast, so that stride and
// dilation cost nothing; where there are few, pixels are in the lanes, and where nothing is padded
// the input itself serves as the band.
//
// Each output is the sum over chunks of input channels, in order, of chains of fused multiply-adds
// over the kernel's elements and, within an element, a chunk's channels; the bias is added last.
#include "algorithms/direct/work.h"

#include "algorithms/finish.h"
#include "algorithms/workspace.h"
#include "base/checked.h"
#include "base/memory.h"
#include "tensor/element.h"

#include <math.h>

_Static_assert(sizeof(fal_direct_memory) <= FAL_MEMORY_BYTES, "more than is zero at first");

// Lays the desk out in a workspace; returns the bytes that it takes. With NULL only these count.
static size_t lay_out_desk(const fal_layout *l, int64_t size, char *workspace, fal_desk *d)
{
    size_t products = (size_t)(l->chunk_channels * l->taps), units = (size_t)l->units;
    size_t runs = l->lanes.is_long ? 0 : units;
    size_t pieces = l->lanes.is_long ? units * (size_t)l->lanes.pieces : 0;
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        (size_t)((l->band + l->slack) * size),
        (size_t)((FAL_STRIP_SUMS + FAL_SLACK) * size),
        products * sizeof *d->offset,
        products * sizeof *d->last,
        sizeof *d->lists,
        runs * sizeof *d->stretches, // a tile has at least one
        units * sizeof *d->spot,
        runs * sizeof *d->run,
        runs * sizeof *d->place,
        pieces * sizeof *d->piece,
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *p[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    *d = (fal_desk){p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10]};
    return total;
}

// Whether two bands are the same part of an image, or of two.
static bool is_same_part(const fal_band *a, const fal_band *b)
{
    return a->depth == b->depth && a->row == b->row && a->column == b->column &&
           a->rows == b->rows && a->columns == b->columns && a->last_columns == b->last_columns &&
           a->head == b->head;
}

// The band and its runs, as far as they are not still there from the part before.
static void prepare_band(fal_work *w, const fal_band *band)
{
    const fal_view *input = &w->all->input;
    fal_direct_memory *m = w->desk.memory;
    const bool same = m->has_band && is_same_part(&m->band, band);
    const bool is_there = same && m->packed == input->data && m->band.image == band->image &&
                          m->band.group == band->group;
    fal_begin_source(w, band);
    if (w->keeps)
        fal_begin_keeping(w, band, is_there);
    else if (!fal_is_in_place(w, band) && !is_there)
        fal_direct_pack_band(w->task, w->l, input, band, same, w->desk.band);
    fal_begin_fetching(w, band);
    if (!m->has_band || m->band.rows != band->rows || m->band.columns != band->columns ||
        m->band.images != band->images || m->band.last_columns != band->last_columns ||
        m->band.head != band->head)
        m->units = w->l->lanes.is_long ? fal_place_vectors(w, band) : fal_place_runs(w, band);
    if (!w->l->lanes.is_long && !same)
        fal_find_wide_stretches(w, band);
    m->has_band = true;
    m->band = *band;
    m->packed = input->data;
}

// The output channels [begin, end) of one group over one band.
static void run_band(fal_work *w, const fal_band *band, int64_t begin, int64_t end)
{
    const int64_t size = w->task->kernels->size;
    const int64_t channel = w->all->output.channel * w->task->kernels->output_size;
    const char *group = fal_packed_group(w->packed, band->group, size);
    char *corner = fal_find_corner(w, band);
    int64_t width;
    prepare_band(w, band);
    for (int64_t first = 0; first < end; first += width) {
        width = fal_tile_channels(w->task, &w->l->lanes, first);
        int64_t past = first + width;
        if (past <= begin)
            continue;
        const fal_block b = {
            .weight = group + first * w->l->products * size,
            .bias = group + (w->packed->weights + first) * size,
            .output = corner + first * channel,
            .first = (int)fal_most(begin - first, 0), // the others are of other parts
            .past = (int)(fal_least(past, end) - first),
            .is_last = past >= end,
        };
        if (w->l->lanes.is_long)
            fal_run_long(w, band, &b, fal_long_tile(w->task, &w->l->lanes, first));
        else
            fal_run_wide(w, band, &b, fal_wide_tile(w->task, &w->l->lanes, first));
        w->is_kept = true;
    }
}

// The columns of a band: so many that the next one begins with a vector that lies in one line.
static int64_t count_columns(const fal_work *w, const fal_band *band)
{
    const int64_t left = w->part->end[FAL_COLUMN] - band->column, most = w->l->columns;
    const int64_t lanes = w->task->kernels->lanes;
    return left > most && band->head ? most - lanes + band->head : fal_least(left, most);
}

// The rows of a band: a last one that cannot be read in place as others can is a band of its own.
static int64_t count_rows(const fal_work *w, int64_t row)
{
    const int64_t left = w->part->end[FAL_ROW] - row;
    const fal_band last = {.last_columns = w->last_columns - w->part->begin[FAL_COLUMN]};
    const bool is_apart = w->in_place && left > 1 && !fal_is_in_place(w, &last);
    return fal_least(left - is_apart, w->l->rows);
}

// Every band of some images and a group at one depth.
static void run_bands(fal_work *w, fal_band band, int64_t begin, int64_t end)
{
    const int64_t *from = w->part->begin, *to = w->part->end;
    for (band.row = from[FAL_ROW]; band.row < to[FAL_ROW]; band.row += band.rows) {
        band.rows = count_rows(w, band.row);
        for (band.column = from[FAL_COLUMN]; band.column < to[FAL_COLUMN];
             band.column += band.columns) {
            band.head = fal_find_head(w, &band);
            band.columns = count_columns(w, &band);
            band.last_columns = band.columns;
            if (band.row + band.rows == to[FAL_ROW])
                band.last_columns = fal_least(band.columns, w->last_columns - band.column);
            run_band(w, &band, begin, end);
        }
    }
}

// Images whose outputs can be computed as those of one band.
static int64_t count_images(const fal_work *w)
{
    const int64_t *from = w->part->begin, *to = w->part->end;
    bool whole = to[FAL_ROW] - from[FAL_ROW] <= w->l->rows &&
                 to[FAL_COLUMN] - from[FAL_COLUMN] <= w->l->columns;
    return w->in_place && whole && !w->keeps ? w->l->images : 1;
}

// Everything of a part, group by group.
static void run_part(fal_work *w)
{
    const int64_t *from = w->part->begin, *to = w->part->end;
    int64_t channels = w->task->problem.output_channels, images = count_images(w);
    for (int64_t n = from[FAL_IMAGE]; n < to[FAL_IMAGE]; n += images)
        for (int64_t first = from[FAL_CHANNEL], past; first < to[FAL_CHANNEL]; first = past) {
            int64_t group = first / channels, base = group * channels;
            past = fal_least(base + channels, to[FAL_CHANNEL]);
            fal_band band = {
                .image = n, .group = group, .images = fal_least(images, to[FAL_IMAGE] - n)};
            for (band.depth = from[FAL_DEPTH]; band.depth < to[FAL_DEPTH]; band.depth++)
                run_bands(w, band, first - base, past - base);
        }
}

// Rows of a part that are computed for all of its groups before the next ones are. Where channels
// lie last and groups have few, a line holds those of several, so that the rows had better stay in
// the cache, but are so many that few are packed twice. Vectors that are read in place count on
// more rows than one (source.c).
static int64_t count_near_rows(const fal_work *w)
{
    const fal_problem *p = &w->task->problem;
    const fal_problem_axis *row = &p->axis[1];
    const int64_t rows = w->part->end[FAL_ROW] - w->part->begin[FAL_ROW], often = 4;
    const int64_t line = FAL_ALIGNMENT / w->task->kernels->size;
    if (!w->task->channels_last || p->groups == 1 || (w->in_place && w->l->lanes.is_long) ||
        (p->input_channels >= line && p->output_channels >= line))
        return rows;
    // Of a row of the output; a stride may be any number.
    const double in = (double)row->stride * fabs((double)w->all->input.axis[1]);
    const double bytes = (in + fabs((double)w->all->output.axis[1])) * w->task->kernels->size;
    const int64_t reach = row->dilation * (row->kernel - 1) / row->stride;
    const double fit = (double)w->task->tuning.band_bytes / bytes;
    return fit < (double)rows ? fal_least(rows, fal_most((int64_t)fit, often * reach + 1)) : rows;
}

static void run_rows(const fal_work *all)
{
    const int64_t rows = count_near_rows(all), end = all->part->end[FAL_ROW];
    fal_part part = *all->part;
    fal_work w = *all;
    w.part = &part;
    w.ahead = part.begin[FAL_ROW] + rows < end ? 0 : all->ahead; // the next group comes first
    for (; part.begin[FAL_ROW] < end; part.begin[FAL_ROW] = part.end[FAL_ROW]) {
        part.end[FAL_ROW] = fal_least(part.begin[FAL_ROW] + rows, end);
        w.last_columns = part.end[FAL_ROW] < end ? part.end[FAL_COLUMN] : all->last_columns;
        run_part(&w);
    }
}

// ----------------------------------------------------------------------------------- the algorithm

static void prepare_memory(const fal_work *w)
{
    *w->desk.memory = (fal_direct_memory){
        .layout = w->l,
        .in_place = w->in_place,
        .skips_border = w->packed->skips_border,
        .first_column = w->part->begin[FAL_COLUMN],
        .past_column = w->part->end[FAL_COLUMN],
    };
    fal_fill_offsets(w);
    fal_lists_begin(w->desk.lists, w->l->taps);
}

// Whether what the memory holds is of this layout: phases of a transposed convolution have theirs
// each, which may be the same. Where rows of a part end, tiles go on in the next.
static bool holds_layout(const fal_work *w)
{
    const fal_direct_memory *m = w->desk.memory;
    return m->layout && m->in_place == w->in_place && m->skips_border == w->packed->skips_border &&
           m->first_column == w->part->begin[FAL_COLUMN] &&
           m->past_column == w->part->end[FAL_COLUMN] &&
           (m->layout == w->l || fal_is_same_layout(m->layout, w->l));
}

static size_t workspace_bytes(const fal_task *task)
{
    fal_desk d;
    bool is_long = fal_prefers_long(task);
    fal_layout l = fal_lay_out(task, is_long);
    size_t bytes = lay_out_desk(&l, task->kernels->size, NULL, &d);
    if (!fal_is_pointwise(&task->problem))
        return bytes;
    const fal_task flat = fal_flatten_task(task, is_long);
    l = fal_lay_out(&flat, is_long);
    size_t of_flat = lay_out_desk(&l, task->kernels->size, NULL, &d);
    return bytes > of_flat ? bytes : of_flat;
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    const fal_packed *p = packed;
    fal_flat flat;
    fal_finish finish;
    fal_work w = {.task = task,
                  .all = all,
                  .part = part,
                  .last_columns = part->end[FAL_COLUMN],
                  .ahead = fal_is_pointwise(&task->problem) ? part->ahead * all->input.axis[1] : 0,
                  .packed = p,
                  .l = &p->layout};
    if (p->flat.taps && fal_flatten(task, all, part, p->layout.lanes.is_long, &flat)) {
        w.task = &flat.task;
        w.all = &flat.operands;
        w.part = &flat.part;
        w.last_columns = flat.last_columns;
        w.l = &p->flat;
    }
    lay_out_desk(w.l, task->kernels->size, workspace, &w.desk);
    fal_find_source(&w);
    w.finish = fal_find_finish(w.task, w.all, &finish);
    if (!holds_layout(&w))
        prepare_memory(&w);
    run_rows(&w);
}

// Channels that may be divided from the others: a part that begins within a tile computes all of
// it, which matters where the tiles of a few channels differ.
static int64_t divisible_channels(const fal_task *task, const fal_layout *l)
{
    const int64_t channels = task->problem.output_channels, many = 8;
    int64_t tile = fal_tile_channels(task, &l->lanes, 0);
    return channels % tile == 0 || channels >= many * tile ? tile : channels;
}

// All channels of a band use it once it is packed; a block of them is the least worth doing.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    fal_layout l = fal_lay_out(task, fal_prefers_long(task));
    size[FAL_IMAGE] = l.images;
    size[FAL_CHANNEL] = divisible_channels(task, &l);
    size[FAL_DEPTH] = 1;
    size[FAL_ROW] = l.rows;
    size[FAL_COLUMN] = l.columns;
}

// A band of one row and a few dozen columns must be of a reasonable size.
static bool has_huge_band(const fal_problem *p)
{
    const double most = 4 << 20; // numbers
    double numbers = (double)p->input_channels * (double)p->axis[0].kernel;
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        double outputs = i == 1 ? 1 : axis->output < 64 ? (double)axis->output : 64;
        numbers *= (outputs - 1) * (double)axis->stride +
                   (double)axis->dilation * ((double)axis->kernel - 1) + 1;
    }
    return numbers > most;
}

// Weights that lie in memory are never so many, but those of a view by strides of 0 may be. Packed,
// they take up to a few times their own size, and biases a little more for each group.
static bool has_huge_weight(const fal_problem *p)
{
    const double most = (double)(INT64_C(1) << 40); // numbers
    double numbers = (double)p->input_channels * (double)p->output_channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        numbers *= (double)p->axis[i].kernel;
    return (numbers + FAL_SLACK) * (double)p->groups > most;
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    if (fal_is_complex(p->dtype))
        return "numbers are complex";
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        if (p->axis[i].input_dilation != 1)
            return "the input is dilated";
    if (p->of_weight)
        return "it is a weight's gradient";
    if (!p->border_counts)
        return "the convolution is transposed";
    if (p->input_channels == 0)
        return "there are no products to sum";
    if (has_huge_band(p))
        return "the input that one row of the output needs is over 4194304 numbers";
    if (has_huge_weight(p))
        return "the packed weights would take over 2^40 numbers";
    return NULL;
}

// All products, those with zeros too: many channels fill vectors, few leave lanes to pixels.
static double work(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t few = 8, vector = 16, out = p->output_channels;
    double products = (double)p->batch * (double)p->groups * (double)p->input_channels *
                      (double)(out > few ? fal_round_up(out, vector) : out);
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        products *= (double)p->axis[i].output * (double)p->axis[i].kernel;
    return products;
}

const fal_algorithm fal_direct = {
    .name = "direct",
    .reason = "implicit matrix multiplication over packed bands of the input",
    .cannot = cannot,
    .packed_bytes = fal_direct_packed_bytes,
    .pack = fal_direct_pack,
    .workspace = workspace_bytes,
    .grain = grain,
    .work = work,
    .describe = fal_direct_describe,
    .run = run,
};
