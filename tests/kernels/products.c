// SPDX-License-Identifier: Apache-2.0
#include "products.h"

#include <string.h>

static arena input, offset, weight, stretches, lists;

static void append(model *m, int64_t first, int64_t count, int skip)
{
    assert_true(m->stretches < MOST_STRETCHES);
    m->stretch[m->stretches++] = (fal_stretch){(int32_t)first, (int32_t)count, skip};
}

// One tile's own way through the products; `skip`, if it is not negative, is left out once.
static void append_some(model *m, const selection *s, int skip, prng *random)
{
    int64_t units = s->products / s->unit, count = random_between(random, skip >= 0, 4);
    for (int64_t i = 0; i < count; i++) {
        int64_t first = random_between(random, 0, units - 1);
        int any = (int)random_between(random, 0, s->skips - 1);
        append(m, first, random_between(random, 1, units - first), i || skip < 0 ? any : skip);
    }
}

// What ends a list tells nothing but that.
static void append_end(model *m)
{
    append(m, INT32_MIN / 2, 0, INT32_MAX);
}

static void fill_lists(model *m, const selection *s, prng *random)
{
    int64_t chosen = random_between(random, 0, s->tiles - 1);
    for (int tile = 0; tile < s->tiles; tile++) {
        if (s->way != SOME && tile > 0) { // all share one
            m->lists[tile] = m->lists[0];
            continue;
        }
        m->lists[tile] = &m->stretch[m->stretches];
        if (s->way == SOME)
            append_some(m, s, tile == chosen ? s->skip : -1, random);
        else if (s->way == ALL)
            append(m, 0, s->products / s->unit, s->skip);
        append_end(m);
    }
}

void model_make(model *m, const fal_kernels *set, int channels, const selection *s, prng *random)
{
    assert_true(channels <= MOST_CHANNELS && s->products <= MOST_PRODUCTS);
    assert_true(s->tiles <= FAL_LONG_STRIP && s->products % s->unit == 0);
    m->set = set;
    m->channels = channels;
    m->stretches = 0;
    m->least = m->past = 0;
    memset(m->is_read, 0, sizeof m->is_read);
    fill_nan(set, m->input, MOST_INPUT);
    fill_reals(set, m->weight, s->products * channels, random);
    for (int64_t k = 0; k < s->products; k++)
        m->offset[k] = (int32_t)random_between(random, -400, 400);
    fill_lists(m, s, random);
    m->products = (fal_products){.input = number_at(set, m->input, MOST_INPUT / 2),
                                 .offset = m->offset,
                                 .weight = m->weight,
                                 .count = s->products,
                                 .stretches = m->lists,
                                 .unit = s->unit,
                                 .tiles = s->tiles};
}

void model_read(model *m, int64_t at, prng *random)
{
    int64_t i = at + MOST_INPUT / 2;
    bool first = m->least == m->past;
    assert_true(i >= 0 && i < MOST_INPUT);
    if (m->is_read[i])
        return;
    m->is_read[i] = true;
    set_number(m->set, m->input, i, random_real(random));
    m->least = first || at < m->least ? at : m->least;
    m->past = first || at >= m->past ? at + 1 : m->past;
}

fal_products model_place(const model *m, edge at)
{
    const fal_stretch *copied =
        place(&stretches, m->stretch, (size_t)m->stretches * sizeof *copied, sizeof *copied, at);
    const fal_stretch *list[FAL_LONG_STRIP];
    fal_products p = m->products;
    size_t tiles = (size_t)p.tiles;
    for (int i = 0; i < p.tiles; i++)
        list[i] = copied + (m->lists[i] - m->stretch);
    p.stretches = place(&lists, list, tiles * sizeof *list, sizeof *list, at);
    p.offset = place(&offset, m->offset, (size_t)p.count * sizeof *p.offset, sizeof *p.offset, at);
    // Weights of whole vectors of channels are aligned, and fill lines.
    size_t line = bytes_of(m->set, m->channels) % 64 ? (size_t)m->set->size : 64;
    p.weight = place(&weight, m->weight, bytes_of(m->set, p.count * m->channels), line, at);
    const void *least = number_at(m->set, p.input, m->least);
    p.input =
        number_at(m->set, place_numbers(&input, m->set, least, m->past - m->least, at), -m->least);
    return p;
}

int64_t product_count(int i)
{
    static const int64_t more[] = {63, 64, 65, 100, 256, 257, MOST_PRODUCTS};
    const int few = 48;
    if (i < few)
        return i + 1;
    return i - few < (int)COUNT_OF(more) ? more[i - few] : 0;
}

void make_product_arenas(void)
{
    arena_make(&input, MOST_INPUT * sizeof(double));
    arena_make(&offset, MOST_PRODUCTS * sizeof(int32_t));
    arena_make(&weight, MOST_PRODUCTS * MOST_CHANNELS * sizeof(double));
    arena_make(&stretches, MOST_STRETCHES * sizeof(fal_stretch));
    arena_make(&lists, FAL_LONG_STRIP * sizeof(fal_stretch *));
}

void free_product_arenas(void)
{
    arena *all[] = {&input, &offset, &weight, &stretches, &lists};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
}
