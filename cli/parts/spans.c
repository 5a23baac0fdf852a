// SPDX-License-Identifier: Apache-2.0
#include "parts/spans.h"

#include <stdlib.h>
#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool make_room(spans *set)
{
    if (set->count < set->room)
        return true;
    size_t room = set->room ? 2 * set->room : 16;
    span *larger = realloc(set->span, room * sizeof *larger);
    if (!larger)
        return false;
    set->span = larger;
    set->room = room;
    return true;
}

bool spans_add(spans *set, span added)
{
    size_t first = 0, past;
    if (added.begin >= added.end)
        return true;
    if (!make_room(set))
        return false;
    while (first < set->count && set->span[first].end < added.begin)
        first++;
    for (past = first; past < set->count && set->span[past].begin <= added.end; past++) {
        added.begin = least(added.begin, set->span[past].begin);
        added.end = most(added.end, set->span[past].end);
    }
    memmove(set->span + first + 1, set->span + past, (set->count - past) * sizeof *set->span);
    set->span[first] = added;
    set->count = set->count + 1 - (past - first);
    return true;
}

span spans_first_missing(const spans *set, span within)
{
    for (size_t i = 0; i < set->count && within.begin < within.end; i++) {
        const span *s = &set->span[i];
        if (s->end <= within.begin)
            continue;
        if (s->begin > within.begin)
            return (span){within.begin, least(within.end, s->begin)};
        within.begin = least(s->end, within.end);
    }
    return within;
}

int64_t spans_count(const spans *set, span within)
{
    int64_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count +=
            most(0, least(set->span[i].end, within.end) - most(set->span[i].begin, within.begin));
    return count;
}

void spans_free(spans *set)
{
    free(set->span);
    *set = (spans){0};
}
