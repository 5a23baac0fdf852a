// SPDX-License-Identifier: Apache-2.0
//
// Implicit matrix multiplication: a band of padded input is packed once, and every product reads
// its pixels there through a table of offsets, so that no matrix of patches is ever made. Where
// there are many output channels they are in the lanes and pixels are broadcast, so that stride and
// dilation cost nothing; where there are few, pixels are in the lanes.
//
// Each output is the sum over chunks of input channels, in order, of chains of fused multiply-adds
// over a chunk's channels and, within a channel, the kernel's elements; the bias is added last.
#include "algorithms/direct.h"

#include "base/memory.h"

#include <stddef.h>

// What the desk holds from the part before: zero where nothing.
typedef struct memory {
    fal_band band;
    int32_t runs; // of the band
    bool has_band;
    bool has_offsets;
} memory;

_Static_assert(sizeof(memory) <= FAL_ALIGNMENT, "more than is zero in a new workspace");

// Tables and buffers of one thread, laid out in its workspace.
typedef struct desk {
    memory *memory;
    float *band;
    float *sums;      // of a strip
    fal_place *place; // of every run of a band in the output
    int32_t *run;     // of every run: where its first pixel is in the band
    int32_t *offset;  // of the products of a chunk
} desk;

// What a run of the algorithm has at hand.
typedef struct work {
    const fal_task *task;
    const fal_operands *all;
    const float *packed;
    const fal_part *part;
    fal_direct_layout l;
    desk desk;
} work;

// A tile of output channels over a band.
typedef struct block {
    const fal_tile_kernel *tile;
    const float *weight;
    const float *bias;
    float *output;   // of its first channel and the band's first pixel
    int first, past; // channels of the tile to be written
    bool flat;       // whether the pixels follow each other in the output as they do in the runs
} block;

static size_t round_up(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

// Lays the desk out in a workspace; returns the bytes that it takes. With NULL only these count.
static size_t lay_out_desk(const fal_direct_layout *l, char *workspace, desk *d)
{
    const size_t sizes[] = {
        round_up(sizeof *d->memory),
        round_up((size_t)l->band * sizeof *d->band),
        round_up((FAL_STRIP_SUMS + FAL_SLACK) * sizeof *d->sums),
        round_up((size_t)l->runs * sizeof *d->place),
        round_up((size_t)l->runs * sizeof *d->run),
        round_up((size_t)(l->chunk_channels * l->taps) * sizeof *d->offset),
    };
    void *place[sizeof sizes / sizeof *sizes];
    size_t total = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        place[i] = workspace ? workspace + total : NULL;
        total += sizes[i];
    }
    *d = (desk){place[0], place[1], place[2], place[3], place[4], place[5]};
    return total;
}

static size_t workspace_bytes(const fal_task *task)
{
    fal_direct_layout l = fal_direct_lay_out(task);
    desk d;
    return lay_out_desk(&l, NULL, &d);
}

static void fill_offsets(const work *w)
{
    if (w->desk.memory->has_offsets)
        return;
    w->desk.memory->has_offsets = true;
    const fal_problem *p = &w->task->problem;
    const fal_direct_layout *l = &w->l;
    int32_t *next = w->desk.offset;
    for (int64_t c = 0; c < l->chunk_channels; c++)
        for (int64_t kd = 0; kd < p->axis[0].kernel; kd++)
            for (int64_t kh = 0; kh < p->axis[1].kernel; kh++)
                for (int64_t kw = 0; kw < p->axis[2].kernel; kw++) {
                    int64_t row = (c * l->planes + kd) * l->band_rows + kh * p->axis[1].dilation;
                    int64_t column = kw * p->axis[2].dilation;
                    *next++ = (int32_t)(row * l->pitch + column % l->phases * l->phase_pitch +
                                        column / l->phases);
                }
}

// One run, from its first pixel on. Beyond the band it is written nowhere.
static void set_run(const work *w, const fal_band *band, int64_t i, int64_t row, int64_t column)
{
    const int64_t *step = w->all->output.axis;
    int64_t left = row < band->rows ? band->columns - column : 0, run = w->l.tile->run;
    w->desk.run[i] =
        (int32_t)(row * w->task->problem.axis[1].stride * w->l.pitch + column * w->l.step);
    w->desk.place[i] = (fal_place){row * step[1] + column * step[2], left < 0     ? 0
                                                                     : left < run ? left
                                                                                  : run};
}

// Where the runs of a band are, in it and in the output, row by row.
static int64_t fill_runs_in_order(const work *w, const fal_band *band)
{
    int64_t i = 0;
    for (int64_t row = 0; row < band->rows; row++)
        for (int64_t column = 0; column < band->columns; column += w->l.tile->run)
            set_run(w, band, i++, row, column);
    return i;
}

// The same tile by tile of several rows.
static int64_t fill_runs_by_tiles(const work *w, const fal_band *band)
{
    int64_t run = w->l.tile->run, width = w->l.tile->pixels / FAL_TILE_ROWS, i = 0;
    for (int64_t row = 0; row < band->rows; row += FAL_TILE_ROWS)
        for (int64_t column = 0; column < band->columns; column += width)
            for (int64_t r = row; r < row + FAL_TILE_ROWS; r++)
                for (int64_t c = column; c < column + width; c += run)
                    set_run(w, band, i++, r, c);
    return i;
}

// Runs behind the last are read anywhere and written nowhere.
static void fill_runs(const work *w, const fal_band *band)
{
    int64_t i = w->l.is_rows ? fill_runs_by_tiles(w, band) : fill_runs_in_order(w, band);
    w->desk.memory->runs = (int32_t)i;
    for (; i < w->l.runs; i++) {
        w->desk.run[i] = 0;
        w->desk.place[i] = (fal_place){0, 0};
    }
}

// Whether two bands are the same part of an image, or of two.
static bool is_same_part(const fal_band *a, const fal_band *b)
{
    return a->depth == b->depth && a->row == b->row && a->column == b->column &&
           a->rows == b->rows && a->columns == b->columns;
}

// The band and its runs, as far as they are not still there from the part before.
static void fill_band(const work *w, const fal_band *band)
{
    memory *m = w->desk.memory;
    bool same = m->has_band && is_same_part(&m->band, band);
    if (same && m->band.image == band->image && m->band.group == band->group)
        return;
    fal_direct_pack_band(w->task, &w->l, &w->all->input, band, same, w->desk.band);
    if (!m->has_band || m->band.rows != band->rows || m->band.columns != band->columns)
        fill_runs(w, band);
    m->has_band = true;
    m->band = *band;
}

// Whether the kernel may write the pixels of all runs as one row.
static bool is_flat(const work *w, const fal_band *band)
{
    const int64_t *step = w->all->output.axis;
    return !w->l.is_long && step[2] == 1 && band->columns % w->l.tile->run == 0 &&
           (band->rows == 1 || step[1] == band->columns);
}

// All products of a strip of so many runs, chunk by chunk: whole tiles, and what is left of the
// last one run by run where the kernel can do that.
static void multiply_strip(const work *w, const block *b, int64_t first_run, int64_t runs)
{
    const fal_problem *p = &w->task->problem;
    const fal_tile_kernel *tile = b->tile;
    int64_t plane = w->l.planes * w->l.band_rows * w->l.pitch;
    int64_t tile_runs = tile->pixels / tile->run;
    int64_t tiles = tile->multiply_run ? runs / tile_runs : (runs + tile_runs - 1) / tile_runs;
    for (int64_t c = 0; c < p->input_channels; c += w->l.chunk_channels) {
        int64_t left = p->input_channels - c;
        int64_t channels = left < w->l.chunk_channels ? left : w->l.chunk_channels;
        fal_strip strip = {
            .input = w->desk.band + c * plane,
            .run = w->desk.run + first_run,
            .step = w->l.step,
            .offset = w->desk.offset,
            .weight = b->weight + c * w->l.taps * tile->channels,
            .sums = w->desk.sums,
            .products = channels * w->l.taps,
            .tiles = (int)tiles,
            .add = c > 0,
            .columns = p->axis[2].kernel,
            .pitch = w->l.pitch,
        };
        tile->multiply(&strip);
        if (tiles * tile_runs >= runs)
            continue;
        strip.tiles = (int)(runs - tiles * tile_runs);
        strip.run += tiles * tile_runs;
        strip.sums += tiles * tile->pixels * tile->channels;
        tile->multiply_run(&strip);
    }
}

static void emit_strip(const work *w, const block *b, int64_t first_run, int tiles, int64_t pixels)
{
    const fal_tile_kernel *tile = b->tile;
    int64_t pixel = first_run * tile->run, left = pixels - pixel;
    const fal_emission emission = {
        .sums = w->desk.sums,
        .bias = b->bias,
        .output = b->output + (b->flat ? pixel : 0),
        .channel_stride = w->all->output.channel,
        .pixel_stride = w->all->output.axis[2],
        .place = w->desk.place + first_run,
        .flat = b->flat,
        .tiles = tiles,
        .pixels = (int)(left < tiles * tile->pixels ? left : tiles * tile->pixels),
        .first = b->first,
        .past = b->past,
    };
    if (w->l.is_long)
        w->task->kernels->emit_long(&emission, tile->channels, tile->pixels / tile->run);
    else
        w->task->kernels->emit_wide(&emission, tile->pixels, tile->run);
}

static void run_block(const work *w, const fal_band *band, const block *b)
{
    int64_t run = b->tile->run, tile_runs = b->tile->pixels / run;
    int64_t runs = w->desk.memory->runs;
    int64_t tiles = (runs + tile_runs - 1) / tile_runs;
    for (int64_t tile = 0; tile < tiles; tile += b->tile->strip) {
        int count = (int)(tiles - tile < b->tile->strip ? tiles - tile : b->tile->strip);
        int64_t first = tile * tile_runs, left = runs - first;
        multiply_strip(w, b, first, left < count * tile_runs ? left : count * tile_runs);
        emit_strip(w, b, first, count, band->rows * band->columns);
    }
}

// The output channels [begin, end) of one group over one band.
static void run_band(const work *w, const fal_band *band, int64_t begin, int64_t end)
{
    const fal_view *output = &w->all->output;
    int64_t weights = fal_direct_weights(&w->l);
    const float *packed = w->packed + band->group * (weights + fal_direct_biases(&w->l));
    float *corner = (float *)output->data + band->image * output->outer +
                    band->group * output->group + band->depth * output->axis[0] +
                    band->row * output->axis[1] + band->column * output->axis[2];
    block b = {.flat = is_flat(w, band)};
    fill_band(w, band);
    for (int64_t first = 0; first < end; first += b.tile->channels) {
        b.tile = fal_direct_tile(w->task, &w->l, first);
        int64_t past = first + b.tile->channels;
        if (past <= begin)
            continue;
        b.weight = packed + first * w->l.products;
        b.bias = packed + weights + first;
        b.output = corner + first * output->channel;
        b.first = (int)(first < begin ? begin - first : 0); // the others are of other parts
        b.past = (int)((past < end ? past : end) - first);
        run_block(w, band, &b);
    }
}

// Every band of one image and group at one depth.
static void run_bands(const work *w, fal_band band, int64_t begin, int64_t end)
{
    const int64_t *from = w->part->begin, *to = w->part->end;
    for (band.row = from[FAL_ROW]; band.row < to[FAL_ROW]; band.row += w->l.rows)
        for (band.column = from[FAL_COLUMN]; band.column < to[FAL_COLUMN];
             band.column += w->l.columns) {
            int64_t rows = to[FAL_ROW] - band.row, columns = to[FAL_COLUMN] - band.column;
            band.rows = rows < w->l.rows ? rows : w->l.rows;
            band.columns = columns < w->l.columns ? columns : w->l.columns;
            run_band(w, &band, begin, end);
        }
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    const int64_t *from = part->begin, *to = part->end;
    int64_t channels = task->problem.output_channels;
    work w = {task, all, packed, part, fal_direct_lay_out(task), {0}};
    lay_out_desk(&w.l, workspace, &w.desk);
    fill_offsets(&w);
    for (int64_t n = from[FAL_IMAGE]; n < to[FAL_IMAGE]; n++)
        for (int64_t first = from[FAL_CHANNEL]; first < to[FAL_CHANNEL];) {
            int64_t group = first / channels, base = group * channels;
            int64_t past = base + channels < to[FAL_CHANNEL] ? base + channels : to[FAL_CHANNEL];
            for (int64_t d = from[FAL_DEPTH]; d < to[FAL_DEPTH]; d++)
                run_bands(&w, (fal_band){.image = n, .group = group, .depth = d}, first - base,
                          past - base);
            first = past;
        }
}

// All channels of a band use it once it is packed; a block of them is the least worth doing.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    fal_direct_layout l = fal_direct_lay_out(task);
    size[FAL_IMAGE] = 1;
    size[FAL_CHANNEL] = l.tile->channels;
    size[FAL_DEPTH] = 1;
    size[FAL_ROW] = l.rows;
    size[FAL_COLUMN] = l.columns;
}

// A band of one row and a few dozen columns must be of a reasonable size.
static bool has_huge_band(const fal_problem *p)
{
    const double most = 4 << 20; // floats
    double floats = (double)p->input_channels * (double)p->axis[0].kernel;
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        double outputs = i == 1 ? 1 : axis->output < 64 ? (double)axis->output : 64;
        floats *= (outputs - 1) * (double)axis->stride +
                  (double)axis->dilation * ((double)axis->kernel - 1) + 1;
    }
    return floats > most;
}

// Weights that lie in memory are never so many, but those of a view by strides of 0 may be. Packed,
// they take up to a few times their own size, and biases a little more for each group.
static bool has_huge_weight(const fal_problem *p)
{
    const double most = (double)(INT64_C(1) << 40); // floats
    double floats = (double)p->input_channels * (double)p->output_channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        floats *= (double)p->axis[i].kernel;
    return (floats + FAL_SLACK) * (double)p->groups > most;
}

static const char *passed_over(const fal_problem *p)
{
    if (p->dtype != FALTUNG_F32)
        return "it computes f32 only";
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        if (p->axis[i].input_dilation != 1)
            return "the input is dilated";
    if (!p->border_counts)
        return "the convolution is transposed";
    if (p->input_channels == 0)
        return "there are no products to sum";
    if (has_huge_band(p))
        return "the input that one row of the output needs is over 16 MiB";
    if (has_huge_weight(p))
        return "the packed weights would take over 4 TiB";
    return NULL;
}

const fal_algorithm fal_direct = {
    .name = "direct",
    .reason = "implicit matrix multiplication over packed bands of the input",
    .passed_over = passed_over,
    .packed_bytes = fal_direct_packed_bytes,
    .pack = fal_direct_pack,
    .workspace = workspace_bytes,
    .grain = grain,
    .run = run,
};
