// SPDX-License-Identifier: Apache-2.0
#include "pieces.h"

const long_layout long_layouts[] = {
    {false, 1, 1},   // planes
    {false, -1, 1},  //
    {false, 1, 2},   // a phase
    {false, -1, 2},  //
    {false, 1, 3},   //
    {false, 1, -1},  // mirrored
    {false, -1, -2}, //
    {true, 1, 1},    // channels last
    {true, -1, 1},   //
    {true, 1, -1},   //
};

const int long_layout_count = COUNT_OF(long_layouts);

static void shuffle(int *order, int count, prng *random)
{
    for (int i = 0; i < count; i++) {
        int j = (int)random_between(random, 0, i);
        order[i] = order[j];
        order[j] = i;
    }
}

// How the lanes of a vector are dealt out to its pieces.
typedef enum division {
    TOGETHER, // neighbours, as where rows end within a vector
    ANYHOW,
    NONE, // as behind the last vector
    DIVISIONS,
} division;

// Which piece has which lane: -1 none.
typedef struct owners {
    int piece[16];
} owners;

static owners divide_lanes(int lanes, int pieces, division how, prng *random)
{
    owners o = {{0}};
    int piece = 0;
    for (int i = 0; i < lanes; i++) {
        piece += piece < pieces - 1 && random_between(random, 0, 3) == 0;
        o.piece[i] = how == TOGETHER ? piece
                     : how == ANYHOW ? (int)random_between(random, -1, pieces - 1)
                                     : -1;
    }
    return o;
}

// The same for the two halves of a vector.
static owners divide_halves(int lanes, division how, prng *random)
{
    owners o = {{0}};
    for (int i = 0; i < lanes; i++) {
        const bool left_out = how == NONE || (how == ANYHOW && random_between(random, 0, 2) == 0);
        o.piece[i] = left_out ? -1 : i >= lanes / 2;
    }
    return o;
}

static uint16_t lanes_of(const owners *o, int lanes, int piece)
{
    unsigned set = 0;
    for (int i = 0; i < lanes; i++)
        set |= (unsigned)(o->piece[i] == piece) << i;
    return (uint16_t)set;
}

// The pieces of one vector. Each has a slot of the output to itself, as many pixels as a vector has
// lanes, and may leave some of them out. What takes no part lies anywhere.
static void fill_vector(const subject *s, division how, fal_piece *piece, const int *slot,
                        int64_t pixel_stride, prng *random)
{
    const int lanes = s->set->lanes, pieces = s->long_kernel->pieces, step = s->long_kernel->step;
    const owners o =
        step == 2 ? divide_halves(lanes, how, random) : divide_lanes(lanes, pieces, how, random);
    for (int i = 0; i < pieces; i++) {
        uint16_t set = lanes_of(&o, lanes, i);
        bool whole = random_between(random, 0, 2) > 0;
        uint16_t written = whole ? set : set & (uint16_t)random_bits(random);
        bool read = set || pieces == 1 || step == 2;
        piece[i] = (fal_piece){
            .to = written ? slot[i] * lanes * pixel_stride : random_between(random, -9999, 9999),
            .from = (int32_t)(read ? random_between(random, -900, 900) : 1 << 20),
            .lanes = set,
            .written = written,
        };
    }
}

// Makes the first of two or more pieces write what those behind it have, too.
static void join_pieces(fal_piece *piece, int pieces, prng *random)
{
    int first = (int)random_between(random, 0, pieces - 1);
    int last = (int)random_between(random, first, pieces - 1);
    for (int i = first + 1; i <= last && piece[first].written; i++) {
        piece[first].written |= piece[i].written;
        piece[i].written = 0;
        piece[i].to = random_between(random, -9999, 9999);
    }
}

static void fill_strides(piece_list *p, const subject *s, const long_layout *layout, prng *random)
{
    int64_t gap = random_between(random, 0, 5), pixels = (int64_t)p->count * s->set->lanes;
    p->channel_stride = layout->channel;
    p->pixel_stride = layout->pixel;
    if (layout->channels_inside) {
        p->pixel_stride *= s->long_kernel->channels + gap;
    } else {
        int64_t pixel = p->pixel_stride < 0 ? -p->pixel_stride : p->pixel_stride;
        p->channel_stride *= pixel * pixels + gap;
    }
}

void pieces_make(piece_list *p, const subject *s, int tiles, const long_layout *layout,
                 prng *random)
{
    const fal_long_kernel *k = s->long_kernel;
    int slot[MOST_PIECES];
    p->count = tiles * k->vectors * k->pieces;
    assert_true(p->count <= MOST_PIECES);
    fill_strides(p, s, layout, random);
    shuffle(slot, p->count, random);
    for (int i = 0; i < p->count; i += k->pieces) {
        int64_t any = random_between(random, 0, 5); // mostly the first
        division how = any < DIVISIONS ? (division)any : TOGETHER;
        fill_vector(s, how, &p->piece[i], &slot[i], p->pixel_stride, random);
        if (how == TOGETHER)
            join_pieces(&p->piece[i], k->pieces, random);
    }
    pieces_find_extent(p, 0, k->channels);
}

static void include(piece_list *p, int64_t at)
{
    bool first = p->least == p->past;
    p->least = first || at < p->least ? at : p->least;
    p->past = first || at >= p->past ? at + 1 : p->past;
}

void pieces_find_extent(piece_list *p, int first, int past_channel)
{
    p->least = p->past = 0;
    for (int i = 0; i < p->count; i++)
        for (int lane = 0; lane < 16; lane++)
            for (int c = first; c < past_channel && p->piece[i].written >> lane & 1; c++)
                include(p, p->piece[i].to + lane * p->pixel_stride + c * p->channel_stride);
    assert_true(p->past - p->least <= MOST_OUTPUT);
}
