// SPDX-License-Identifier: Apache-2.0
//
// The twins for one type of number, included once for each:
//   REAL       the type
//   FMA        its fused multiply-add
//   TWIN(tag)  names for it

// One product of all pixels and channels of a tile.
static void TWIN(go_on)(const fal_wide_kernel *kernel, const fal_wide_strip *s, int tile,
                        const fal_stretch *stretch, int64_t product, REAL *chain)
{
    const REAL *input = s->products.input, *weight = s->products.weight;
    weight += product * kernel->channels;
    for (int p = 0; p < kernel->pixels; p++, chain += kernel->channels) {
        if (!is_taken(kernel, stretch, p))
            continue;
        REAL x = input[wide_pixel(kernel, s, tile, p) + s->products.offset[product]];
        for (int c = 0; c < kernel->channels; c++)
            chain[c] = FMA(x, weight[c], chain[c]);
    }
}

static void TWIN(multiply_wide)(const fal_wide_kernel *kernel, const fal_wide_strip *s)
{
    int64_t unit = s->products.unit;
    int count = kernel->pixels * kernel->channels;
    for (int tile = 0; tile < s->products.tiles; tile++) {
        REAL chain[FAL_STRIP_SUMS] = {0}, *sums = (REAL *)s->sums + tile * count;
        for (const fal_stretch *st = s->products.stretches[tile]; st->count; st++)
            for (int64_t k = st->first * unit; k < (st->first + st->count) * unit; k++)
                TWIN(go_on)(kernel, s, tile, st, k, chain);
        for (int i = 0; i < count; i++)
            sums[i] = s->add ? sums[i] + chain[i] : chain[i];
    }
}

// What is to be written to *to for a sum: only what rounds once is tried here.
static REAL TWIN(finish)(const fal_finish *f, const REAL *to, REAL sum)
{
    if (!f)
        return sum;
    if (f->adds)
        sum += *(const REAL *)((uintptr_t)to + (uintptr_t)f->residual);
    if (f->activation.kind == FALTUNG_ACTIVATION_NONE)
        return sum;
    REAL low = (REAL)f->activation.low, high = (REAL)f->activation.high;
    return sum < low ? low : sum > high ? high : sum;
}

static void TWIN(write_rows)(const fal_rows *rows)
{
    for (int64_t r = 0; r < rows->rows; r++)
        for (int64_t i = 0; i < rows->columns; i++) {
            const REAL *from = (const REAL *)rows->from + r * rows->from_row;
            REAL *to = (REAL *)rows->to + r * rows->to_row + i * rows->to_column;
            *to = TWIN(finish)(rows->finish, to, from[i * rows->from_column]);
        }
}

static void TWIN(emit_wide)(const fal_emission *e, const fal_wide_kernel *kernel)
{
    const REAL *sums = e->sums, *bias = e->bias;
    for (int p = 0; p < e->tiles * kernel->pixels; p++, sums += kernel->channels) {
        const fal_place *place = &e->place[p / kernel->run];
        int neighbour = p % kernel->run;
        REAL *to = (REAL *)e->output + place->position + neighbour * e->pixel_stride;
        for (int c = e->first; c < e->past && neighbour < place->pixels; c++) {
            REAL *at = to + c * e->channel_stride;
            *at = TWIN(finish)(e->finish, at, sums[c] + bias[c]);
        }
    }
}

// The chain of one channel and one lane of a vector.
static REAL TWIN(chain_of)(const fal_long_kernel *kernel, const fal_long_strip *s, int tile,
                           int channel, int64_t pixel)
{
    const REAL *input = s->products.input, *weight = s->products.weight;
    int64_t unit = s->products.unit;
    REAL chain = 0;
    for (const fal_stretch *st = s->products.stretches[tile]; st->count; st++)
        for (int64_t k = st->first * unit; k < (st->first + st->count) * unit; k++)
            chain = FMA(input[pixel + s->products.offset[k]],
                        weight[k * kernel->channels + channel], chain);
    return chain;
}

// One lane of all channels; `sums` is where the lane's first one is.
static void TWIN(multiply_lane)(const fal_long_kernel *kernel, int lanes, const fal_long_strip *s,
                                int tile, int64_t pixel, REAL *sums)
{
    for (int c = 0; c < kernel->channels; c++, sums += kernel->vectors * lanes) {
        REAL chain = TWIN(chain_of)(kernel, s, tile, c, pixel);
        *sums = s->add ? *sums + chain : chain;
    }
}

static void TWIN(emit_long)(const fal_long_kernel *kernel, int lanes, const fal_long_strip *s,
                            int first, int past)
{
    const REAL *sums = s->sums, *bias = s->bias;
    int vectors = kernel->vectors, pieces = s->products.tiles * vectors * kernel->pieces;
    for (int i = 0; i < pieces; i++)
        for (int lane = 0; lane < lanes; lane++)
            for (int c = first; c < past && s->piece[i].written >> lane & 1; c++) {
                int vector = i / kernel->pieces, tile = vector / vectors;
                int64_t at = (int64_t)(tile * kernel->channels + c) * vectors + vector % vectors;
                int64_t to = s->piece[i].to + lane * s->pixel_stride + c * s->channel_stride;
                REAL *place = (REAL *)s->output + to;
                *place = TWIN(finish)(s->finish, place, sums[at * lanes + lane] + bias[c]);
            }
}

static void TWIN(multiply_long)(const fal_long_kernel *kernel, int lanes, const fal_long_strip *s)
{
    int vectors = kernel->vectors;
    for (int v = 0; v < s->products.tiles * vectors; v++)
        for (int lane = 0; lane < lanes; lane++) {
            int tile = v / vectors, first = tile * kernel->channels * vectors + v % vectors;
            const fal_piece *piece = piece_of(kernel, &s->piece[v * kernel->pieces], lane);
            if (piece)
                TWIN(multiply_lane)
            (kernel, lanes, s, tile, piece->from + lane * kernel->step,
             (REAL *)s->sums + first * lanes + lane);
        }
    if (s->last)
        TWIN(emit_long)(kernel, lanes, s, 0, kernel->channels);
}

static REAL TWIN(plane_sum)(const fal_plane_kernel *kernel, int lanes, const fal_plane_strip *s,
                            int64_t row, int64_t i)
{
    REAL chain = 0;
    int64_t first, past;
    const int64_t phase = i % kernel->phases, lane = i / kernel->phases;
    plane_rows(kernel, s, row, &first, &past);
    for (int64_t column = phase ? s->past_column[phase - 1] : 0; column < s->past_column[phase];
         column++)
        for (int64_t r = first; r < past; r++) {
            int64_t at = (r - s->first_row) * s->pitch + s->offset[column] + lane * kernel->stride;
            int64_t k = r - row * kernel->stride;
            REAL x = plane_reads(kernel, lanes, s, column, lane) ? ((const REAL *)s->input)[at] : 0;
            chain = FMA(x, ((const REAL *)s->weight)[column * s->rows + k], chain);
        }
    return TWIN(finish)(s->finish, NULL, chain + *(const REAL *)s->bias);
}

static void TWIN(multiply_plane)(const fal_plane_kernel *kernel, int lanes,
                                 const fal_plane_strip *s)
{
    for (int64_t row = 0; row < s->output_rows; row++)
        for (int64_t i = 0; i < kernel->vectors * lanes * kernel->phases; i++)
            if (plane_writes(kernel, lanes, s, i))
                ((REAL *)s->output)[row * s->output_pitch + i] =
                    TWIN(plane_sum)(kernel, lanes, s, row, i);
}

static void TWIN(sum_across)(const fal_across *a)
{
    for (int64_t p = 0; p < a->pixels; p++)
        for (int64_t c = 0; c < a->channels; c++) {
            REAL chain = 0;
            for (int64_t tap = 0; tap < a->taps; tap++)
                chain = FMA(((const REAL *)a->input[tap])[p * a->input_step + c],
                            ((const REAL *)a->weight[tap])[c], chain);
            REAL *to = (REAL *)a->output + p * a->output_step + c;
            *to = TWIN(finish)(a->finish, to, chain + ((const REAL *)a->bias)[c]);
        }
}

static REAL TWIN(dot)(const fal_dots *d, int64_t picture, int64_t tap, int lane)
{
    const int lanes = 64 / (int)sizeof(REAL);
    REAL chain = 0;
    for (int64_t n = 0; n < d->images; n++)
        for (int64_t s = 0; s < d->strips; s++)
            for (int64_t v = 0; v < d->vectors; v++) {
                int64_t x = n * d->input_image + s * d->input_strip + v * lanes + lane;
                int64_t y = picture * d->grad_picture + n * d->grad_image + s * d->grad_strip +
                            v * lanes + lane;
                chain = FMA(((const REAL *)d->input)[d->offset[tap] + x],
                            ((const REAL *)d->grad)[y], chain);
            }
    return chain;
}

static void TWIN(sum_dots)(const fal_dots *d)
{
    const int lanes = 64 / (int)sizeof(REAL);
    for (int64_t i = 0; i < d->pictures * d->taps; i++)
        for (int lane = 0; lane < lanes; lane++) {
            REAL *to = (REAL *)d->sums + i * lanes + lane;
            const REAL sum = TWIN(dot)(d, i / d->taps, i % d->taps, lane);
            *to = d->add ? *to + sum : sum;
        }
}

static REAL TWIN(dot_across)(const fal_dots_across *d, int lane, int tap, int64_t channel, REAL sum)
{
    const fal_dots_list *list = &d->list[lane];
    for (int64_t i = list->first; i < list->first + list->count * d->images; i++) {
        const int64_t x = d->place[i].input + d->offset + tap / d->columns * d->row +
                          tap % d->columns * d->column + channel;
        const int64_t y = d->place[i].grad + channel;
        const bool inside = d->inside[i] >> tap & 1;
        sum = FMA(inside ? ((const REAL *)d->input)[x] : 0, ((const REAL *)d->grad)[y], sum);
    }
    return sum;
}

static void TWIN(sum_dots_across)(const fal_dots_across *d)
{
    const int lanes = 64 / (int)sizeof(REAL);
    for (int tap = 0; tap < d->rows * d->columns; tap++)
        for (int lane = 0; lane < lanes; lane++)
            for (int64_t channel = 0; channel < d->channels; channel++) {
                REAL *sum = (REAL *)d->sums + (tap * lanes + lane) * lanes + channel;
                *sum = TWIN(dot_across)(d, lane, tap, channel, d->add ? *sum : 0);
            }
}

static void TWIN(fold_dots_across)(void *sums, int64_t taps)
{
    const int lanes = 64 / (int)sizeof(REAL);
    for (int64_t tap = 0; tap < taps; tap++)
        for (int half = lanes / 2; half; half /= 2)
            for (int i = 0; i < half * lanes; i++) {
                REAL *sum = (REAL *)sums + tap * lanes * lanes + i;
                sum[0] += sum[half * lanes];
            }
}

static void TWIN(copy)(const fal_box *b)
{
    for (int64_t p = 0; p < b->planes; p++)
        for (int64_t r = 0; r < b->rows; r++)
            for (int64_t c = 0; c < b->columns; c++) {
                const int64_t at = b->to_odd ? c / 2 + c % 2 * b->to_odd : c;
                ((REAL *)b->to)[p * b->to_plane + r * b->to_row + at] =
                    ((const REAL *)
                         b->from)[p * b->from_plane + r * b->from_row + c * b->from_column];
            }
}

static const twin TWIN(twin) = {
    TWIN(multiply_wide),    TWIN(emit_wide),  TWIN(multiply_long), TWIN(emit_long),
    TWIN(multiply_plane),   TWIN(sum_across), TWIN(sum_dots),      TWIN(sum_dots_across),
    TWIN(fold_dots_across), TWIN(copy),       TWIN(write_rows),
};

#undef REAL
#undef FMA
#undef TWIN
