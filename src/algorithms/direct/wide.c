// SPDX-License-Identifier: Apache-2.0
//
// Tiles with channels in the lanes over a band. Their pixels come in runs, row by row.
#include "algorithms/direct/work.h"

#include "base/checked.h"

int64_t fal_place_runs(const fal_work *w, const fal_band *band)
{
    const fal_desk *d = &w->desk;
    const int64_t *step = w->all->output.axis, run = w->l->lanes.wide->run;
    int64_t i = 0;
    for (int64_t row = 0; row < band->rows; row++) {
        int64_t columns = row + 1 < band->rows ? band->columns : band->last_columns;
        for (int64_t column = 0; column < columns; column += run, i++) {
            int64_t pixels = fal_least(run, columns - column);
            d->run[i] = (int32_t)(row * w->source.row + column * w->source.column);
            d->place[i] = (fal_place){row * step[1] + column * step[2], pixels};
            d->spot[i] = (fal_spot){(int32_t)row, (int32_t)column, (int32_t)row};
        }
    }
    // Runs behind the last are read anywhere and written nowhere.
    for (int64_t rest = i; rest < w->l->units; rest++) {
        d->run[rest] = 0;
        d->place[rest] = (fal_place){0, 0};
        d->spot[rest] = (fal_spot){0, 0, 0};
    }
    return i;
}

// The pixels of a tile one by one. A dead one is where another one is.
static fal_tile_pixels list_pixels(const fal_work *w, const fal_band *band, int64_t first_run)
{
    const fal_wide_kernel *kernel = w->l->lanes.wide;
    fal_tile_pixels pixels;
    pixels.any_column = false;
    pixels.step = w->source.column;
    pixels.count = kernel->pixels;
    for (int p = 0; p < kernel->pixels; p++) {
        int64_t run = first_run + p / kernel->run, neighbour = p % kernel->run;
        if (neighbour >= w->desk.place[run].pixels) {
            pixels.row[p] = pixels.row[0];
            pixels.column[p] = pixels.column[0];
        } else {
            pixels.row[p] = band->row + w->desk.spot[run].row;
            pixels.column[p] = band->column + w->desk.spot[run].column + neighbour;
        }
    }
    return pixels;
}

// Pixels follow each other in rows, so the first one's place is that of all; and no two tiles that
// begin with the same pixel differ but in how many of theirs are dead.
static fal_tile_key make_key(const fal_work *w, const fal_band *band, const fal_inside *inside,
                             int64_t first_run)
{
    const int run = w->l->lanes.wide->run, runs = w->l->lanes.wide->pixels / run;
    const fal_spot *spot = &w->desk.spot[first_run];
    int64_t first = band->row + spot->row, last = first;
    fal_tile_key key = fal_tile_inside;
    bool columns = false;
    for (int i = 0; i < runs; i++) {
        int64_t pixels = w->desk.place[first_run + i].pixels,
                column = band->column + spot[i].column;
        for (int64_t dead = pixels; dead < run; dead++)
            key.dead |= UINT32_C(1) << (i * run + dead);
        if (pixels == 0)
            continue;
        last = band->row + spot[i].row;
        columns = columns || !fal_is_inside(inside[2], column) ||
                  !fal_is_inside(inside[2], column + pixels - 1);
    }
    if (!fal_is_inside(inside[0], band->depth))
        key.depth = band->depth;
    if (!fal_is_inside(inside[1], first) || !fal_is_inside(inside[1], last)) {
        key.first_row = first;
        key.last_row = last;
        columns = columns || first != last;
    }
    if (columns)
        key.column = band->column + spot->column;
    return key;
}

// Whether a tile is of one row and meets no border, as nearly all are: the runs between its first
// and its last are as full as this one.
static bool is_tile_inside(const fal_work *w, const fal_band *band, const fal_inside *inside,
                           int64_t first_run)
{
    const int64_t run = w->l->lanes.wide->run;
    const int64_t last_run = first_run + w->l->lanes.wide->pixels / run - 1;
    const fal_spot first = w->desk.spot[first_run], last = w->desk.spot[last_run];
    return w->desk.place[last_run].pixels == run && first.row == last.row &&
           fal_is_inside(inside[0], band->depth) &&
           fal_is_inside(inside[1], band->row + last.row) &&
           band->column + first.column >= inside[2].begin &&
           band->column + last.column + run <= inside[2].end;
}

void fal_find_wide_stretches(const fal_work *w, const fal_band *band)
{
    const fal_wide_kernel *kernel = w->l->lanes.wide;
    const int64_t runs = kernel->pixels / kernel->run;
    const fal_problem *p = &w->task->problem;
    const int64_t tiles = fal_ceil_divide(w->desk.memory->units, runs);
    fal_inside inside[FALTUNG_MAX_AXES];
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        inside[i] = fal_find_inside(&p->axis[i]);
    for (int64_t tile = 0; tile < tiles; tile++) {
        const fal_stretch *found = w->desk.lists->all;
        if (w->packed->skips_border && !is_tile_inside(w, band, inside, tile * runs)) {
            const fal_tile_key key = make_key(w, band, inside, tile * runs);
            found = fal_find_list(w->desk.lists, &key);
            if (!found) {
                const fal_tile_pixels pixels = list_pixels(w, band, tile * runs);
                found = fal_make_list(w->desk.lists, &key, p, kernel, &pixels);
            }
        }
        w->desk.stretches[tile] = found;
    }
}

// How far ahead of a band that is read in place the next one lies, of this part or, probably, of
// this thread's next one; 0: unknown. What lies in many rows side by side is no stream that a
// processor could follow. Where each channel lies by itself, the next pixels are in the same lines.
static int64_t find_ahead(const fal_work *w, const fal_band *band)
{
    const int64_t *begin = w->part->begin, *end = w->part->end;
    if (!fal_is_in_place(w, band) || !w->l->channels_last ||
        band->columns < end[FAL_COLUMN] - begin[FAL_COLUMN])
        return 0;
    if (band->row + band->rows < end[FAL_ROW])
        return band->rows * w->source.row;
    return w->ahead ? w->ahead - (band->row - begin[FAL_ROW]) * w->source.row : 0;
}

// All products of a strip, chunk by chunk, the last of which the kernel writes itself if `writes`.
// The last tile of channels has the next band, which lies `ahead`, brought near.
static void multiply_strip(const fal_work *w, const fal_block *b, const fal_wide_kernel *kernel,
                           int64_t first_tile, int tiles, bool writes, int64_t ahead)
{
    const int64_t channels = w->task->problem.input_channels;
    const int64_t first_run = first_tile * (kernel->pixels / kernel->run);
    const int64_t share = b->is_last && ahead ? kernel->pixels * w->source.column / channels : 0;
    for (int64_t c = 0; c < channels; c += w->l->chunk_channels) {
        fal_wide_strip strip = {
            .products = fal_chunk(w, b, c, kernel->channels),
            .run = w->desk.run + first_run,
            .step = w->source.column,
            .sums = w->desk.sums,
            .add = c > 0,
            .output = writes && c + w->l->chunk_channels >= channels ? b->output : NULL,
            .bias = b->bias,
            .place = w->desk.place + first_run,
            .pixel_stride = w->all->output.axis[2],
            .finish = w->finish,
            .ahead = ahead - c + c * share,
            .share = share,
        };
        strip.products.stretches = w->desk.stretches + first_tile;
        strip.products.tiles = tiles;
        kernel->multiply(&strip);
    }
}

// Whether the pixels of all runs follow each other in the output as they do in the runs.
static bool is_flat(const fal_work *w, const fal_band *band)
{
    const int64_t *step = w->all->output.axis;
    return step[2] == 1 && band->columns % w->l->lanes.wide->run == 0 &&
           (band->rows == 1 || step[1] == band->columns);
}

// Tiles of a strip, as many in each as can be, but so that their pixels fill whole squares.
static int64_t tiles_of_strip(const fal_kernels *kernels, const fal_wide_kernel *kernel,
                              int64_t tiles)
{
    int64_t lanes = kernels->lanes, odd = kernel->pixels, squares = lanes;
    for (; odd % 2 == 0 && squares > 1; odd /= 2)
        squares /= 2;
    int64_t strips = fal_ceil_divide(tiles, kernel->strip);
    return fal_least(kernel->strip, fal_round_up(fal_ceil_divide(tiles, strips), squares));
}

// Whether the kernel itself writes a block's sums: where its channels follow each other.
static bool is_written_by(const fal_work *w, const fal_block *b, const fal_wide_kernel *kernel,
                          bool flat)
{
    const fal_kernels *kernels = w->task->kernels;
    return !flat && w->all->output.channel == 1 && b->first == 0 && b->past == kernel->channels &&
           kernels->output_size == kernels->size && fal_is_brief(w->finish);
}

void fal_run_wide(const fal_work *w, const fal_band *band, const fal_block *b,
                  const fal_wide_kernel *kernel)
{
    const fal_kernels *kernels = w->task->kernels;
    const bool flat = is_flat(w, band), writes = is_written_by(w, b, kernel, flat);
    int64_t tile_runs = kernel->pixels / kernel->run;
    int64_t pixels = (band->rows - 1) * band->columns + band->last_columns;
    int64_t tiles = fal_ceil_divide(w->desk.memory->units, tile_runs);
    const int64_t strip = tiles_of_strip(kernels, kernel, tiles), ahead = find_ahead(w, band);
    for (int64_t tile = 0; tile < tiles; tile += strip) {
        int count = (int)fal_least(tiles - tile, strip);
        int64_t first_run = tile * tile_runs, pixel = tile * kernel->pixels;
        multiply_strip(w, b, kernel, tile, count, writes, ahead);
        if (writes)
            continue;
        const fal_emission emission = {
            .sums = w->desk.sums,
            .bias = b->bias,
            .output = b->output + (flat ? pixel * kernels->output_size : 0),
            .channel_stride = w->all->output.channel,
            .pixel_stride = w->all->output.axis[2],
            .place = w->desk.place + first_run,
            .flat = flat,
            .tiles = count,
            .pixels = (int)fal_least(pixels - pixel, count * kernel->pixels),
            .first = b->first,
            .past = b->past,
            .finish = w->finish,
        };
        kernels->emit_wide(&emission, kernel);
    }
}
