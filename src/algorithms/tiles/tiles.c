// SPDX-License-Identifier: Apache-2.0
//
// Halves and bytes by a processor's matrix tiles. A band of the input is packed as numbers of
// neighbouring channels, whose pixels are multiplied where they lie, strip by strip; the sums of a
// strip are written from the first-level cache.
//
// Sums of halves begin with the bias; the order in which a tile adds products is the processor's
// own (docs/numerics.md). It does not depend on how an output is divided. Sums of integers are
// exact.
#include "algorithms/finish.h"
#include "algorithms/tiles/pack.h"
#include "algorithms/workspace.h"
#include "base/checked.h"
#include "tensor/element.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// What a thread's workspace still holds from the part before: nothing, if it is zero.
typedef struct memory {
    const void *input;
    fal_tiles_band band;
    bool has_offsets;
} memory;

_Static_assert(sizeof(memory) <= FAL_MEMORY_BYTES, "more than is zero at first");

// Strips that go through a chunk of the weights before the next one: few enough for their sums, and
// many enough that weights come from the first-level cache.
enum { STRIPS = 4, STRIP_SUMS = 2 * FAL_TILE * FAL_TILE_STRIP };

typedef struct desk {
    memory *memory;
    float *sums; // of STRIPS strips; of integers int32_t
    int32_t *offset;
    uint32_t *band;
} desk;

typedef struct work {
    const fal_task *task;
    const fal_operands *all;
    const void *packed;
    const fal_finish *finish;
    fal_tiles_layout layout;
    desk desk;
} work;

// Lays the desk out in a workspace; returns the bytes that it takes. With NULL only these count.
static size_t lay_out_desk(work *w, char *workspace)
{
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        STRIPS * STRIP_SUMS * sizeof(float),
        (size_t)w->layout.taps * sizeof(int32_t),
        (size_t)w->layout.band * sizeof(uint32_t),
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *p[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    w->desk = (desk){p[0], p[1], p[2], p[3]};
    return total;
}

static size_t workspace_bytes(const fal_task *task)
{
    work w = {.task = task, .layout = fal_tiles_lay_out(task)};
    return lay_out_desk(&w, NULL);
}

// Packs a band, if that is not still there from the part before.
static void prepare_band(const work *w, const fal_tiles_band *band)
{
    memory *m = w->desk.memory;
    const void *input = w->all->input.data;
    if (!m->has_offsets)
        fal_tiles_fill_offsets(&w->task->problem, &w->layout, w->desk.offset);
    m->has_offsets = true;
    if (m->input == input && memcmp(&m->band, band, sizeof *band) == 0)
        return;
    if (w->task->channels_last)
        fal_tiles_pack_pixels(w->task, &w->layout, &w->all->input, band, w->desk.band);
    else
        fal_tiles_pack_planes(w->task, &w->layout, &w->all->input, band, w->desk.band);
    m->input = input;
    m->band = *band;
}

// Some output channels of one or two blocks over a band.
typedef struct job {
    const fal_tiles_band *band;
    int64_t block, blocks;
    int64_t begin, end; // the channels that are written
} job;

static void write_rows(const work *w, const fal_rows *rows)
{
    if (!w->finish && rows->to_column == 1)
        w->task->kernels->tiles->write(rows);
    else
        w->task->kernels->write_rows(rows);
}

// Writes the sums of a strip of pixels, from `first` on, as far as they are of the band's outputs.
static void write_strip(const work *w, const job *j, int64_t first, int64_t pixels,
                        const float *sums)
{
    const fal_view *output = &w->all->output;
    const fal_tiles_band *band = j->band;
    const int64_t corner = band->image * output->outer + band->group * output->group +
                           band->depth * output->axis[0] + j->begin * output->channel;
    int64_t row = first / w->layout.pitch, column = first % w->layout.pitch;
    for (int64_t i = 0, step; i < pixels; i += step, row++, column = 0) {
        step = fal_least(pixels - i, w->layout.pitch - column);
        const int64_t count = fal_least(step, band->columns - column);
        const int64_t to = corner + (band->row + row) * output->axis[1] +
                           (band->column + column) * output->axis[2];
        if (count <= 0)
            continue;
        const bool last = w->task->channels_last;
        const int64_t first_channel = j->begin - j->block * FAL_TILE;
        const fal_rows rows = {
            .from = sums + (last ? i * FAL_TILE_STRIP + first_channel
                                 : first_channel * FAL_TILE_STRIP + i),
            .to = (char *)output->data + to * w->task->kernels->output_size,
            .rows = last ? count : j->end - j->begin,
            .columns = last ? j->end - j->begin : count,
            .from_row = FAL_TILE_STRIP,
            .from_column = 1,
            .to_row = last ? output->axis[2] : output->channel,
            .to_column = last ? output->channel : output->axis[2],
            .finish = w->finish,
        };
        write_rows(w, &rows);
    }
}

static void run_job(const work *w, const job *j)
{
    const fal_tiles_layout *l = &w->layout;
    const fal_tile_kernels *kernels = w->task->kernels->tiles;
    const fal_tiles_band *band = j->band;
    const char *biases = fal_tiles_packed_group(l, w->packed, band->group);
    const int64_t pixels = (band->rows - 1) * l->pitch + band->columns;
    const bool is_unsigned = w->task->problem.weight_dtype == FALTUNG_U8;
    const bool last = w->task->channels_last;
    fal_tile_products products = {
        .pixel = l->pixel,
        .number = l->plane,
        .chunk = l->chunk * l->plane,
        .offset = w->desk.offset,
        .taps = l->taps,
        .chunks = l->chunks,
        .weight = biases + l->blocks * l->bias_tile + j->block * l->weight_tile,
        .weight_tile = l->weight_tile,
        .bias = biases + j->block * l->bias_tile,
        .sums = w->desk.sums,
    };
    for (int64_t first = 0; first < pixels; first += STRIPS * FAL_TILE_STRIP) {
        const int64_t count = fal_least(pixels - first, STRIPS * FAL_TILE_STRIP);
        const bool wide = count > FAL_TILE;
        products.input = w->desk.band + first * l->pixel;
        products.strips = fal_ceil_divide(count, FAL_TILE_STRIP);
        kernels->multiply[is_unsigned][last][j->blocks - 1][wide](&products);
        for (int64_t s = 0, done = 0; s < products.strips; s++, done += FAL_TILE_STRIP)
            write_strip(w, j, first + done, fal_least(count - done, FAL_TILE_STRIP),
                        w->desk.sums + s * STRIP_SUMS);
    }
}

// The output channels [begin, end) of a group over one band.
static void run_band(const work *w, const fal_tiles_band *band, int64_t begin, int64_t end)
{
    prepare_band(w, band);
    for (int64_t block = begin / FAL_TILE; block * FAL_TILE < end; block += 2) {
        const int64_t blocks = fal_least(2, fal_ceil_divide(end, FAL_TILE) - block);
        const int64_t first = block * FAL_TILE, past = first + blocks * FAL_TILE;
        const job j = {band, block, blocks, fal_most(begin, first), fal_least(end, past)};
        run_job(w, &j);
    }
}

// Every band of an image and a group at one depth.
static void run_bands(const work *w, fal_tiles_band band, const fal_part *part, int64_t begin,
                      int64_t end)
{
    const int64_t *from = part->begin, *to = part->end;
    for (band.row = from[FAL_ROW]; band.row < to[FAL_ROW]; band.row += w->layout.rows)
        for (band.column = from[FAL_COLUMN]; band.column < to[FAL_COLUMN];
             band.column += w->layout.columns) {
            band.rows = fal_least(to[FAL_ROW] - band.row, w->layout.rows);
            band.columns = fal_least(to[FAL_COLUMN] - band.column, w->layout.columns);
            run_band(w, &band, begin, end);
        }
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    const int64_t *from = part->begin, *to = part->end;
    const int64_t channels = task->problem.output_channels;
    fal_finish finish;
    work w = {.task = task, .all = all, .packed = packed, .layout = fal_tiles_lay_out(task)};
    fal_tiles_band band = {0};
    w.finish = fal_find_finish(task, all, &finish);
    lay_out_desk(&w, workspace);
    task->kernels->tiles->begin((int)w.layout.chunk, task->channels_last);
    for (band.image = from[FAL_IMAGE]; band.image < to[FAL_IMAGE]; band.image++)
        for (int64_t c = from[FAL_CHANNEL], past; c < to[FAL_CHANNEL]; c = past) {
            band.group = c / channels;
            const int64_t base = band.group * channels;
            past = fal_least(base + channels, to[FAL_CHANNEL]);
            for (band.depth = from[FAL_DEPTH]; band.depth < to[FAL_DEPTH]; band.depth++)
                run_bands(&w, band, part, c - base, past - base);
        }
    task->kernels->tiles->end();
}

// ----------------------------------------------------------------------------------- the algorithm

static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_tiles_layout l = fal_tiles_lay_out(task);
    size[FAL_IMAGE] = 1;
    size[FAL_CHANNEL] = 2 * FAL_TILE;
    size[FAL_DEPTH] = 1;
    size[FAL_ROW] = l.rows;
    size[FAL_COLUMN] = l.columns;
}

// Every band is read, written, and read by each pair of blocks, and needs all weights of its group.
static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    const fal_tiles_layout l = fal_tiles_lay_out(task);
    const double planes = (double)p->batch * (double)p->groups * (double)p->axis[0].output;
    const double bands = planes * (double)fal_ceil_divide(p->axis[1].output, l.rows) *
                         (double)fal_ceil_divide(p->axis[2].output, l.columns);
    double outputs = planes * (double)p->output_channels;
    outputs *= (double)p->axis[1].output * (double)p->axis[2].output;
    const double pairs = (double)fal_ceil_divide(l.blocks, 2);
    d->bytes = bands * (4 * (double)l.band * (2 + pairs) + (double)(l.blocks * l.weight_tile)) +
               outputs * (double)task->kernels->output_size;
    snprintf(d->how, sizeof d->how,
             "tiles of %d channels by %d pixels, two by two; bands of %" PRId64 " by %" PRId64
             " outputs; chunks of %" PRId64 " channels",
             FAL_TILE, FAL_TILE, l.rows, l.columns,
             l.chunk * l.parts * (fal_is_integer(p->dtype) ? 2 : 1));
}

// A band of one row and a few dozen columns must be of a reasonable size.
static bool has_huge_band(const fal_problem *p)
{
    const double most = 4 << 20; // numbers
    double numbers = (double)p->input_channels * (double)p->axis[0].kernel;
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        const double outputs = i == 1 ? 1 : axis->output < 128 ? (double)axis->output : 128;
        numbers *= outputs * (double)axis->stride + (double)axis->dilation * (double)axis->kernel;
    }
    return numbers > most;
}

// Weights that lie in memory are never so many, but those of a view by strides of 0 may be.
static bool has_huge_weight(const fal_problem *p)
{
    const double most = (double)(INT64_C(1) << 40); // bytes
    double bytes = 4.0 * FAL_TILE * ((double)p->input_channels + FAL_TILE);
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        bytes *= (double)p->axis[i].kernel;
    return bytes * ((double)p->output_channels + FAL_TILE) * (double)p->groups > most;
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t few = 16;
    if (!task->kernels->tiles)
        return "there are no matrix tiles for this type on this instruction set";
    if (p->accuracy == FALTUNG_ACCURACY_EXACT && !fal_is_integer(p->dtype))
        return "accuracy is exact, and tiles add in an order of their own";
    if (p->of_weight)
        return "it is a weight's gradient";
    if (!p->border_counts)
        return "the convolution is transposed, or its input dilated";
    if (p->weight_zero != 0)
        return "the weight has a zero point";
    if (p->input_channels * (fal_is_integer(p->dtype) ? 2 : 1) < few || p->output_channels < few)
        return "of few channels, most of a tile would be empty";
    if (has_huge_band(p))
        return "the input that one row of the output needs is over 4194304 numbers";
    if (has_huge_weight(p))
        return "the packed weights would take over 2^40 bytes";
    return NULL;
}

const fal_algorithm fal_tiles = {
    .name = "tiles",
    .reason = "matrix tiles of the processor's own, many products by one instruction",
    .cannot = cannot,
    .packed_bytes = fal_tiles_packed_bytes,
    .pack = fal_tiles_pack,
    .workspace = workspace_bytes,
    .grain = grain,
    .describe = describe,
    .run = run,
};
