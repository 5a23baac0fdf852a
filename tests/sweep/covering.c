// SPDX-License-Identifier: Apache-2.0
#include "covering.h"

#include <stdlib.h>
#include <string.h>

// A selection is `strength` factors; a tuple a value for each. Tuples of all selections are counted
// through, those of a selection from its `base` on.
typedef struct selection {
    int factor[3];
    int64_t base, count;
} selection;

typedef struct state {
    const covering *c;
    selection *selections;
    int count;
    int64_t tuples;
    char *seen; // for each tuple: whether it occurred, or was given up
    prng random;
} state;

static void add_selection(state *s, int a, int b, int d)
{
    const int *levels = s->c->levels;
    selection *next = &s->selections[s->count++];
    *next = (selection){{a, b, d}, s->tuples, (int64_t)levels[a] * levels[b]};
    if (d >= 0)
        next->count *= levels[d];
    s->tuples += next->count;
}

static void add_selections(state *s)
{
    int factors = s->c->factors;
    s->selections = calloc((size_t)(factors * factors * factors), sizeof *s->selections);
    assert_non_null(s->selections);
    for (int a = 0; a < factors; a++)
        for (int b = a + 1; b < factors; b++) {
            if (s->c->strength == 2)
                add_selection(s, a, b, -1);
            for (int d = b + 1; s->c->strength == 3 && d < factors; d++)
                add_selection(s, a, b, d);
        }
    s->seen = calloc((size_t)s->tuples, 1);
    assert_non_null(s->seen);
}

static int64_t tuple_of(const state *s, const selection *selected, const int *combination)
{
    int64_t tuple = 0;
    for (int i = 0; i < s->c->strength; i++)
        tuple = tuple * s->c->levels[selected->factor[i]] + combination[selected->factor[i]];
    return selected->base + tuple;
}

// New tuples in a combination; notes them if it is taken.
static int count_new(state *s, const int *combination, bool take)
{
    int count = 0;
    for (int i = 0; i < s->count; i++) {
        char *seen = &s->seen[tuple_of(s, &s->selections[i], combination)];
        count += !*seen;
        if (take)
            *seen = 1;
    }
    return count;
}

// A combination with a tuple, the rest by chance.
static void draw(state *s, const selection *selected, int64_t tuple, int *combination)
{
    const covering *c = s->c;
    for (int f = 0; f < c->factors; f++)
        combination[f] = (int)random_between(&s->random, 0, c->levels[f] - 1);
    tuple -= selected->base;
    for (int i = c->strength - 1; i >= 0; i--) {
        int factor = selected->factor[i];
        combination[factor] = (int)(tuple % c->levels[factor]);
        tuple /= c->levels[factor];
    }
}

// The combination with a tuple that shows the most new ones for what it costs; false if none that
// makes sense turned up.
static bool find_best(state *s, const selection *selected, int64_t tuple, int *best)
{
    enum { ENOUGH = 60, TRIES = 600 };
    int combination[MAX_FACTORS], found = 0;
    double best_score = 0;
    for (int i = 0; i < TRIES && found < ENOUGH; i++) {
        draw(s, selected, tuple, combination);
        double cost = s->c->cost(combination);
        if (cost <= 0)
            continue;
        found++;
        double score = count_new(s, combination, false) / cost;
        if (score > best_score) {
            best_score = score;
            memcpy(best, combination, sizeof combination);
        }
    }
    return found > 0;
}

int covering_visit(const covering *c, void (*visit)(const int *combination))
{
    state s = {.c = c, .random = {7}};
    int visited = 0, combination[MAX_FACTORS];
    add_selections(&s);
    for (int i = 0; i < s.count; i++) {
        const selection *selected = &s.selections[i];
        for (int64_t tuple = selected->base; tuple < selected->base + selected->count; tuple++) {
            if (s.seen[tuple])
                continue;
            s.seen[tuple] = 1; // even if nothing makes sense with it
            if (!find_best(&s, selected, tuple, combination))
                continue;
            count_new(&s, combination, true);
            visit(combination);
            visited++;
        }
    }
    free(s.selections);
    free(s.seen);
    return visited;
}
