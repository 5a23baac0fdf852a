// SPDX-License-Identifier: Apache-2.0
//
// Strips with pixels in the lanes: every kernel against its twin, bit for bit, each of its buffers
// exactly as large as it is accessed and against a page that may not be.
#include "tests.h"

#include "pieces.h"
#include "products.h"
#include "twin.h"

#include <string.h>

enum { LINE_SUMS = 16, ROOM = FAL_STRIP_SUMS + FAL_SLACK, MOST_KEPT = 1 << 13 };

static arena piece, sums, bias, residual, output, kept;

// What is done beside the products of a strip that walks through them.
typedef enum beside { NOTHING, KEEP, FETCH, BESIDES } beside;

// A strip, and what it is about to find and to leave, in room for numbers of either type.
typedef struct long_case {
    const subject *s;
    const fal_long_kernel *kernel;
    model m;
    piece_list pieces;
    fal_long_strip strip;
    double before[ROOM], after[ROOM];
    double bias[MOST_CHANNELS];
    double output[MOST_OUTPUT], residual[MOST_OUTPUT];
    fal_finish finish, placed; // for the twin, and for the kernel
    double kept[MOST_KEPT];    // from its middle on
    int64_t least_kept, past_kept;
} long_case;

static int64_t sums_of(const long_case *c)
{
    const fal_long_kernel *k = c->kernel;
    return (int64_t)c->strip.products.tiles * k->channels * k->vectors * c->s->set->lanes;
}

// Up to where they fill lines.
static int64_t padded_sums_of(const long_case *c)
{
    return (sums_of(c) + LINE_SUMS - 1) / LINE_SUMS * LINE_SUMS;
}

static void note_lane(long_case *c, int tile, int64_t pixel, prng *random)
{
    int64_t unit = c->m.products.unit;
    for (const fal_stretch *st = c->m.lists[tile]; st->count; st++)
        for (int64_t k = st->first * unit; k < (st->first + st->count) * unit; k++)
            model_read(&c->m, pixel + c->m.offset[k], random);
}

// What two halves read, all of a vector each.
static void note_halves(long_case *c, int tile, const fal_piece *half, prng *random)
{
    const int lanes = c->s->set->lanes;
    for (int i = 0; i < lanes; i++) {
        note_lane(c, tile, half[0].from + i, random);
        note_lane(c, tile, half[1].from + lanes - 1 + i, random);
    }
}

static void note_reads(long_case *c, prng *random)
{
    const fal_long_kernel *k = c->kernel;
    for (int v = 0; v < c->m.products.tiles * k->vectors; v++) {
        const fal_piece *pieces = &c->pieces.piece[v * k->pieces];
        if (k->step == 2) {
            note_halves(c, v / k->vectors, pieces, random);
            continue;
        }
        for (int lane = 0; lane < c->s->set->lanes; lane++) {
            const fal_piece *p = piece_of(k, pieces, lane);
            if (p)
                note_lane(c, v / k->vectors, p->from + lane, random);
        }
    }
}

static void make_case(long_case *c, const subject *s, const selection *chosen,
                      const long_layout *layout, prng *random)
{
    c->s = s;
    c->kernel = s->long_kernel;
    model_make(&c->m, s->set, c->kernel->channels, chosen, random);
    pieces_make(&c->pieces, s, chosen->tiles, layout, random);
    note_reads(c, random);
    fill_nan(s->set, c->bias, MOST_CHANNELS);
    fill_reals(s->set, c->bias, c->kernel->channels, random);
    c->strip = (fal_long_strip){
        .products = c->m.products,
        .piece = c->pieces.piece,
        .sums = c->after,
        .bias = c->bias,
        .output = number_at(s->set, c->output, -c->pieces.least),
        .channel_stride = c->pieces.channel_stride,
        .pixel_stride = c->pieces.pixel_stride,
        .finish =
            random_finish(s->set, &c->finish, (char *)c->residual - (char *)c->output, random),
    };
    fill_reals(s->set, c->residual, c->pieces.past - c->pieces.least, random);
}

// Has a strip walk through its products, so many numbers from each to the next.
static void let_walk(long_case *c, int64_t step, prng *random)
{
    for (int64_t k = 0; k < c->m.products.count; k++)
        c->m.offset[k] = (int32_t)(k * step);
    c->strip.walks = true;
    c->strip.step = step;
    c->strip.looks_ahead = random_between(random, 0, 1);
    note_reads(c, random);
}

// What is kept of every vector: what was read, at its pixels and so many numbers further for each
// product. Where two are kept at one place, they are the same.
static void let_keep(long_case *c, int64_t keep_step)
{
    const fal_kernels *set = c->s->set;
    bool first = true;
    fill_nan(set, c->kept, MOST_KEPT);
    for (int64_t i = 0; i < c->pieces.count * c->m.products.count; i++) {
        const int64_t product = i / c->pieces.count;
        const int64_t from = c->pieces.piece[i % c->pieces.count].from;
        const int64_t to = from + product * keep_step;
        const void *read = number_at(set, c->m.products.input, from + c->m.offset[product]);
        memcpy(number_at(set, c->kept, MOST_KEPT / 2 + to), read, bytes_of(set, set->lanes));
        c->least_kept = first || to < c->least_kept ? to : c->least_kept;
        c->past_kept = first || to + set->lanes > c->past_kept ? to + set->lanes : c->past_kept;
        first = false;
    }
    c->strip.keep = c->kept;
    c->strip.keep_step = keep_step;
}

// Has a strip bring near what may lie anywhere.
static void let_fetch(long_case *c, prng *random)
{
    c->strip.fetch = (const char *)c->output;
    c->strip.fetch_step = random_between(random, -9999, 9999);
    c->strip.visit = random_between(random, 0, 6);
    c->strip.lines = random_between(random, 0, 3);
}

static void note_case(const long_case *c, edge at)
{
    const fal_long_strip *s = &c->strip;
    blame(
        "%s: tiles %d, products %d in units of %d, strides %d and %d, add %d, last %d, finish %d, "
        "walks %d by %d, keeps %d by %d, against the %s",
        name_of(c->s).text, s->products.tiles, (int)s->products.count, (int)s->products.unit,
        (int)s->channel_stride, (int)s->pixel_stride, s->add, s->last, s->finish != NULL, s->walks,
        (int)s->step, s->keep != NULL, (int)s->keep_step, name_of_edge(at));
}

// Copies of all but the products. What the output holds before is NaN.
static fal_long_strip place_strip(long_case *c, int64_t sum_count, edge at)
{
    const fal_kernels *set = c->s->set;
    fal_long_strip strip = c->strip;
    size_t size = sizeof *strip.piece;
    int64_t outputs = c->pieces.past - c->pieces.least;
    strip.piece = place(&piece, c->pieces.piece, (size_t)c->pieces.count * size, size, at);
    strip.sums = place(&sums, c->before, bytes_of(set, sum_count), 64, at);
    strip.bias = place_numbers(&bias, set, c->bias, c->kernel->channels + FAL_SLACK, at);
    void *to = arena_place(&output, bytes_of(set, outputs), (size_t)set->size, at);
    fill_nan(set, to, outputs);
    strip.output = number_at(set, to, -c->pieces.least);
    const char *added = place_numbers(&residual, set, c->residual, outputs, at);
    c->placed = c->finish;
    c->placed.residual = added - (const char *)to;
    strip.finish = strip.finish ? &c->placed : NULL;
    if (strip.keep) {
        const int64_t count = c->past_kept - c->least_kept;
        void *least = arena_place(&kept, bytes_of(set, count), (size_t)set->size, at);
        fill_nan(set, least, count);
        strip.keep = number_at(set, least, -c->least_kept);
    }
    return strip;
}

// Lanes of no piece leave what they like.
static void forgive_lanes(const long_case *c, const void *found, void *expected)
{
    const fal_long_kernel *k = c->kernel;
    int lanes = c->s->set->lanes;
    for (int64_t i = 0; i < sums_of(c); i++) {
        int64_t vector = i / lanes, tile = vector / (k->channels * k->vectors);
        int64_t pixels = tile * k->vectors + vector % k->vectors;
        const fal_piece *own = &c->pieces.piece[pixels * k->pieces];
        const bool has_none = k->pieces == 1 && !own->lanes;
        if (has_none || !piece_of(k, own, (int)(i % lanes)))
            memcpy(number_at(c->s->set, expected, i), number_at(c->s->set, found, i),
                   (size_t)c->s->set->size);
    }
}

static void assert_output(const long_case *c, const fal_long_strip *strip)
{
    const fal_kernels *set = c->s->set;
    assert_same_numbers(set, number_at(set, strip->output, c->pieces.least), c->output,
                        c->pieces.past - c->pieces.least, "output");
}

// What is in the sums in the end is said only if they are not the last ones.
static void check_kernel(long_case *c, edge at)
{
    int64_t count = padded_sums_of(c);
    fal_long_strip strip = place_strip(c, count, at);
    strip.products = model_place(&c->m, at);
    if (strip.walks)
        strip.products.offset = NULL;
    c->kernel->multiply(&strip);
    assert_output(c, &strip);
    if (strip.keep)
        assert_same_numbers(c->s->set, number_at(c->s->set, strip.keep, c->least_kept),
                            number_at(c->s->set, c->kept, MOST_KEPT / 2 + c->least_kept),
                            c->past_kept - c->least_kept, "kept");
    if (strip.last)
        return;
    forgive_lanes(c, strip.sums, c->after);
    assert_same_numbers(c->s->set, strip.sums, c->after, count, "sum");
}

static void check_case(long_case *c, bool add, bool last, prng *random)
{
    const fal_kernels *set = c->s->set;
    fill_nan(set, c->before, ROOM);
    if (add)
        fill_reals(set, c->before, sums_of(c), random);
    c->strip.add = add;
    c->strip.last = last;
    memcpy(c->after, c->before, bytes_of(set, padded_sums_of(c)));
    fill_nan(set, c->output, c->pieces.past - c->pieces.least);
    twin_of(set)->multiply_long(c->kernel, set->lanes, &c->strip);
    for (int at = 0; at < EDGES; at++) {
        note_case(c, (edge)at);
        check_kernel(c, (edge)at);
    }
}

static const long_layout *any_layout(prng *random)
{
    return &long_layouts[random_between(random, 0, long_layout_count - 1)];
}

static void check_products(const subject *s, prng *random)
{
    static long_case c;
    for (int k = first_tried(random); product_count(k); k += TRY_EVERY) {
        const selection all = {ALL, 1, product_count(k), 1, 1, 0};
        make_case(&c, s, &all, any_layout(random), random);
        check_case(&c, k & 1, k & 2, random);
    }
}

void any_number_of_products_is_summed_in_long_tiles(void **state)
{
    (void)state;
    check_each(LONG, check_products);
}

// Few products are kept apart, and of many each number where it was.
static void check_walk(const subject *s, int64_t products, beside what, prng *random)
{
    static long_case c;
    const int tiles = (int)random_between(random, 1, s->long_kernel->strip < 3 ? 1 : 3);
    const int64_t far = 400 / products, step = random_between(random, -far, far);
    const selection none = {NONE, tiles, products, 1, 1, 0}, all = {ALL, tiles, products, 1, 1, 0};
    make_case(&c, s, &none, any_layout(random), random);
    model_make(&c.m, s->set, s->long_kernel->channels, &all, random);
    c.strip.products = c.m.products;
    let_walk(&c, step, random);
    if (what == KEEP)
        let_keep(&c, products > 2 ? step : 1900);
    if (what == FETCH)
        let_fetch(&c, random);
    check_case(&c, products & 1, products & 2, random);
}

static void check_walks(const subject *s, prng *random)
{
    if (s->long_kernel->pieces > 1)
        return;
    for (int k = first_tried(random); product_count(k); k += TRY_EVERY)
        check_walk(s, product_count(k), (beside)(k % BESIDES), random);
}

void long_tiles_walk_through_products(void **state)
{
    (void)state;
    check_each(LONG, check_walks);
}

static void check_tiles(const subject *s, prng *random)
{
    static long_case c;
    for (int tiles = 1; tiles <= s->long_kernel->strip; tiles++) {
        const selection all = {ALL, tiles, 3, 1, 1, 0};
        for (int i = tiles % (2 * TRY_EVERY); i < long_layout_count; i += 2 * TRY_EVERY) {
            make_case(&c, s, &all, &long_layouts[i], random);
            check_case(&c, i & 2, true, random);
        }
        check_case(&c, tiles & 1, false, random);
    }
}

void any_number_of_long_tiles_is_computed_and_written(void **state)
{
    (void)state;
    check_each(LONG, check_tiles);
}

static void check_stretches(const subject *s, prng *random)
{
    static long_case c;
    const int repeats = 100;
    for (int i = 0; i < repeats; i += TRY_EVERY) {
        int tiles = (int)random_between(random, 1, s->long_kernel->strip / (i % 4 + 1));
        int64_t unit = random_between(random, 1, 4), units = random_between(random, 1, 9);
        const selection some = {i % 8 ? SOME : NONE, tiles, unit * units, unit, 1, 0};
        make_case(&c, s, &some, any_layout(random), random);
        check_case(&c, i & 1, i & 2, random);
    }
}

void long_tiles_leave_out_products(void **state)
{
    (void)state;
    check_each(LONG, check_stretches);
}

// Channels of sums that a strip has left in the room that is set aside for any strip.
static void check_emission(long_case *c, int first, int past, edge at, prng *random)
{
    const fal_kernels *set = c->s->set;
    pieces_find_extent(&c->pieces, first, past);
    int64_t outputs = c->pieces.past - c->pieces.least;
    c->strip.output = number_at(set, c->output, -c->pieces.least);
    fill_nan(set, c->before, ROOM);
    fill_reals(set, c->before, sums_of(c), random);
    memcpy(c->after, c->before, sizeof c->after);
    fill_nan(set, c->output, outputs);
    twin_of(set)->emit_long(c->kernel, set->lanes, &c->strip, first, past);
    blame("emission of %s: tiles %d, channels %d to %d, strides %d and %d, against the %s",
          name_of(c->s).text, c->strip.products.tiles, first, past, (int)c->strip.channel_stride,
          (int)c->strip.pixel_stride, name_of_edge(at));
    fal_long_strip strip = place_strip(c, ROOM, at);
    set->emit_long(&strip, c->kernel, first, past);
    assert_output(c, &strip);
    assert_same_numbers(set, strip.sums, c->before, ROOM, "sum");
}

static void check_channels(const subject *s, prng *random)
{
    static long_case c;
    int channels = s->long_kernel->channels, strip = s->long_kernel->strip;
    for (int first = 0; first < channels; first++)
        for (int past = first + 1; past <= channels; past++)
            for (int l = 0; l < long_layout_count; l++) {
                int tiles = (int)random_between(random, 1, strip < 3 ? strip : 3);
                const selection none = {NONE, tiles, 1, 1, 1, 0};
                make_case(&c, s, &none, &long_layouts[l], random);
                check_emission(&c, first, past, (edge)((first + past) % 2), random);
            }
}

void any_channels_of_long_sums_are_written(void **state)
{
    (void)state;
    check_each(LONG, check_channels);
}

int make_long_arenas(void **state)
{
    (void)state;
    make_product_arenas();
    arena_make(&piece, MOST_PIECES * sizeof(fal_piece));
    arena_make(&sums, ROOM * sizeof(double));
    arena_make(&bias, MOST_CHANNELS * sizeof(double));
    arena_make(&residual, MOST_OUTPUT * sizeof(double));
    arena_make(&output, MOST_OUTPUT * sizeof(double));
    arena_make(&kept, MOST_KEPT * sizeof(double));
    return 0;
}

int free_long_arenas(void **state)
{
    (void)state;
    free_product_arenas();
    arena *all[] = {&piece, &sums, &bias, &residual, &output, &kept};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
    return 0;
}
