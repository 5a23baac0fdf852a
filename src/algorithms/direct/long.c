// SPDX-License-Identifier: Apache-2.0
//
// Tiles with pixels in the lanes over a band. Their vectors lie each in one row, or go on in the
// next row where one ends, in as many pieces, or are two halves that each lie in one.
#include "algorithms/direct/work.h"

#include "base/checked.h"

// Where the first pixel of a row is, in the source and in the output.
typedef struct row_begin {
    int64_t from, to;
} row_begin;

static row_begin find_row(const fal_work *w, int64_t image, int64_t row)
{
    const fal_view *output = &w->all->output;
    return (row_begin){image * w->source.image + row * w->source.row,
                       image * output->outer + row * output->axis[1]};
}

// So many lanes from one on.
static uint16_t set_lanes(int64_t lane, int64_t count)
{
    return (uint16_t)(((UINT32_C(1) << count) - 1) << lane);
}

// Some neighbouring pixels of a row that begin in a lane.
static fal_piece make_piece(const fal_work *w, row_begin row, int64_t column, int64_t pixels,
                            int64_t lane)
{
    const int64_t to = row.to + (column - lane) * w->all->output.axis[2];
    const int64_t from = row.from + (column - lane) * w->l->step;
    return (fal_piece){to, (int32_t)from, set_lanes(lane, pixels), set_lanes(lane, pixels)};
}

// The first of so many lanes for a row of fewer pixels. In place, the other lanes read what is
// behind it, or before the last row of a band, so that all is in the input (source.c).
static int64_t find_lane(const fal_work *w, const fal_band *band, int64_t row, int64_t pixels,
                         int64_t lanes)
{
    return w->in_place && row + 1 == band->rows ? lanes - pixels : 0;
}

// Each vector in one row. The last one of a row lies over the one before it, so that it is as full,
// and the first one over the next, if that begins with a line; what both compute is the same,
// unless it is added to what is there: then each pixel is written once.
static int64_t place_in_rows(const fal_work *w, const fal_band *band)
{
    const int64_t lanes = w->task->kernels->lanes, pixels = fal_least(lanes, band->columns);
    int64_t i = 0;
    for (int64_t image = 0; image < band->images; image++)
        for (int64_t row = 0; row < band->rows; row++) {
            const row_begin begin = find_row(w, image, row);
            const int64_t lane = find_lane(w, band, row, pixels, lanes);
            for (int64_t column = 0, next; column < band->columns; column = next, i++) {
                next = column + (column == 0 && band->head ? band->head : lanes);
                int64_t first = fal_least(column, band->columns - pixels);
                fal_piece *piece = &w->desk.piece[i];
                *piece = make_piece(w, begin, first, pixels, lane);
                if (w->all->has_residual)
                    piece->written &= set_lanes(lane + column - first, next - column);
                w->desk.spot[i] = (fal_spot){(int32_t)row, (int32_t)first, (int32_t)row};
            }
        }
    return i;
}

// The next pixel of rows that follow each other, image after image.
typedef struct cursor {
    int64_t image, row, column;
    row_begin begin;
} cursor;

// Steps behind some pixels of the cursor's row.
static void advance(const fal_work *w, const fal_band *band, cursor *c, int64_t pixels)
{
    c->column += pixels;
    if (c->column < band->columns)
        return;
    c->column = 0;
    c->row++;
    if (c->row == band->rows) {
        c->row = 0;
        c->image++;
    }
    c->begin = find_row(w, c->image, c->row);
}

// The pieces of the vector that begins at the cursor, which moves behind it. A part may be narrower
// than the rows that the number of pieces was chosen for; then they do not fill the vector.
static fal_spot fill_vector(const fal_work *w, const fal_band *band, cursor *c, fal_piece *piece)
{
    const int64_t lanes = w->task->kernels->lanes;
    fal_spot spot = {(int32_t)c->row, (int32_t)c->column, 0};
    int first = 0, pieces = 0;
    for (int64_t lane = 0; lane < lanes && c->image < band->images && pieces < w->l->lanes.pieces;
         pieces++) {
        int64_t pixels = fal_least(lanes - lane, band->columns - c->column);
        piece[pieces] = make_piece(w, c->begin, c->column, pixels, lane);
        if (piece[pieces].to != piece[first].to)
            first = pieces;
        if (first != pieces) { // it goes on where the one before ended
            piece[first].written |= piece[pieces].written;
            piece[pieces].written = 0;
        }
        spot.last_row = (int32_t)c->row;
        lane += pixels;
        advance(w, band, c, pixels);
    }
    for (; pieces < w->l->lanes.pieces; pieces++)
        piece[pieces] = (fal_piece){0};
    return spot;
}

// All pixels of all rows one behind the other.
static int64_t place_across_rows(const fal_work *w, const fal_band *band)
{
    cursor c = {.begin = find_row(w, 0, 0)};
    int64_t i = 0;
    for (; c.image < band->images; i++)
        w->desk.spot[i] = fill_vector(w, band, &c, &w->desk.piece[i * w->l->lanes.pieces]);
    return i;
}

// The halves of a row, from the i-th of all on. The last one lies over the one before it, so that
// it is as full.
static void put_halves(const fal_work *w, const fal_band *band, int64_t image, int64_t row,
                       int64_t i)
{
    const int64_t half = w->task->kernels->lanes / 2, pixels = fal_least(half, band->columns);
    const int64_t free = find_lane(w, band, row, pixels, half), last = band->columns - pixels;
    const row_begin begin = find_row(w, image, row);
    for (int64_t column = 0; column < band->columns; column += half, i++) {
        const int64_t first = fal_least(column, last), lane = i % 2 * half + free;
        fal_piece *piece = &w->desk.piece[i];
        fal_spot *spot = &w->desk.spot[i / 2];
        *piece = make_piece(w, begin, first, pixels, lane);
        if (w->all->has_residual)
            piece->written &= set_lanes(lane + column - first, half);
        if (i % 2 == 0)
            *spot = (fal_spot){(int32_t)row, (int32_t)first, 0};
        spot->last_row = (int32_t)row;
    }
}

// Fills a vector of which there is but the first half with one that reads a pixel beside it and
// writes nothing: behind it in a band, and in place before it, which is the second half then.
static void fill_pair(const fal_work *w, fal_piece *pair)
{
    const int32_t lanes = (int32_t)w->task->kernels->lanes, half = lanes / 2;
    fal_piece *beside = &pair[w->in_place ? 0 : 1];
    pair[1] = pair[0];
    if (w->in_place) {
        pair[1].to -= half * w->all->output.axis[2];
        pair[1].from -= lanes;
        pair[1].lanes = (uint16_t)(pair[1].lanes << half);
        pair[1].written = (uint16_t)(pair[1].written << half);
    }
    beside->from += w->in_place ? -2 : 2 - lanes;
    beside->lanes = beside->written = 0;
}

// Where both halves follow each other in the output, they are written as one.
static void join_halves(fal_piece *pair)
{
    if (pair[0].to == pair[1].to) {
        pair[0].written |= pair[1].written;
        pair[1].written = 0;
    }
}

// Two halves of a vector, each in one row. In place, the last of all is a second one (source.c).
static int64_t place_halves(const fal_work *w, const fal_band *band)
{
    const int64_t in_row = fal_ceil_divide(band->columns, w->task->kernels->lanes / 2);
    const int64_t rows = band->images * band->rows, count = rows * in_row;
    const int64_t vectors = fal_ceil_divide(count, 2);
    for (int64_t r = 0; r < rows; r++)
        put_halves(w, band, r / band->rows, r % band->rows, r * in_row);
    if (count % 2)
        fill_pair(w, &w->desk.piece[count - 1]);
    for (int64_t v = 0; v < vectors; v++)
        join_halves(&w->desk.piece[2 * v]);
    return vectors;
}

static int64_t place_vectors(const fal_work *w, const fal_band *band)
{
    if (w->l->lanes.step == 2)
        return place_halves(w, band);
    return w->l->lanes.pieces == 1 ? place_in_rows(w, band) : place_across_rows(w, band);
}

int64_t fal_place_vectors(const fal_work *w, const fal_band *band)
{
    const int pieces = w->l->lanes.pieces;
    const int64_t vectors = place_vectors(w, band);
    // Those that fill the last tile are read where the last one is, and written nowhere.
    for (int64_t rest = vectors; rest < w->l->units; rest++) {
        w->desk.spot[rest] = w->desk.spot[vectors - 1];
        for (int i = 0; i < pieces; i++) {
            fal_piece *piece = &w->desk.piece[rest * pieces + i];
            *piece = w->desk.piece[(vectors - 1) * pieces + i];
            piece->lanes = piece->written = 0;
        }
    }
    return vectors;
}

// A row of the kernel is left out where all rows of a tile are at the border.
static const fal_stretch *find_stretches(const fal_work *w, const fal_band *band,
                                         const fal_inside *inside, int64_t first_vector,
                                         int vectors)
{
    const fal_problem *p = &w->task->problem;
    const fal_spot *spot = w->desk.spot + first_vector;
    int64_t first = band->row + spot[0].row, last = band->row + spot[vectors - 1].last_row;
    fal_tile_key key = fal_tile_inside;
    if (!w->packed->skips_border || w->in_place || last - first >= FAL_TILE_PIXELS)
        return w->desk.lists->all;
    if (!fal_is_inside(inside[0], band->depth))
        key.depth = band->depth;
    if (!fal_is_inside(inside[1], first) || !fal_is_inside(inside[1], last)) {
        key.first_row = first;
        key.last_row = last;
    }
    const fal_stretch *found = fal_find_list(w->desk.lists, &key);
    if (found)
        return found;
    fal_tile_pixels rows = {.any_column = true};
    for (int64_t row = first; row <= last; row++)
        rows.row[rows.count++] = row;
    return fal_make_list(w->desk.lists, &key, p, NULL, &rows);
}

// All products of a strip, chunk by chunk.
static void multiply_strip(fal_work *w, const fal_block *b, const fal_long_kernel *kernel,
                           const fal_stretch *const *stretches, int64_t first_vector, int tiles)
{
    int64_t channels = w->task->problem.input_channels;
    const fal_kernels *kernels = w->task->kernels;
    // The kernel itself writes numbers only, and all channels.
    const bool writes =
        b->first == 0 && b->past == kernel->channels && kernels->output_size == kernels->size;
    fal_long_strip strip;
    for (int64_t c = 0; c < channels; c += w->l->chunk_channels) {
        strip = (fal_long_strip){
            .products = fal_chunk(w, b, c, kernel->channels),
            .piece = w->desk.piece + first_vector * w->l->lanes.pieces,
            .sums = w->desk.sums,
            .add = c > 0,
            .last = writes && c + w->l->chunk_channels >= channels,
            .bias = b->bias,
            .output = b->output,
            .channel_stride = w->all->output.channel,
            .pixel_stride = w->all->output.axis[2],
            .finish = w->finish,
            .walks = w->l->taps == 1,
            .step = fal_present_source(w)->channel,
        };
        strip.products.stretches = stretches;
        strip.products.tiles = tiles;
        fal_do_beside(w, c, &strip);
        kernel->multiply(&strip);
    }
    fal_count_visits(w, tiles);
    if (!writes)
        kernels->emit_long(&strip, kernel, b->first, b->past);
}

void fal_run_long(fal_work *w, const fal_band *band, const fal_block *b,
                  const fal_long_kernel *kernel)
{
    const fal_stretch *stretches[FAL_LONG_STRIP];
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_inside inside[] = {fal_find_inside(&axis[0]), fal_find_inside(&axis[1])};
    int64_t tiles = fal_ceil_divide(w->desk.memory->units, kernel->vectors);
    for (int64_t tile = 0; tile < tiles; tile += kernel->strip) {
        int count = (int)fal_least(tiles - tile, kernel->strip);
        for (int i = 0; i < count; i++)
            stretches[i] =
                find_stretches(w, band, inside, (tile + i) * kernel->vectors, kernel->vectors);
        multiply_strip(w, b, kernel, stretches, tile * kernel->vectors, count);
    }
}
