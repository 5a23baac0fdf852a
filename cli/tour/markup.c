// SPDX-License-Identifier: Apache-2.0
#include "tour/markup.h"

#include <string.h>

static const char signs[] = "`*$";
static const span_kind kinds[] = {SPAN_CODE, SPAN_EMPHASIS, SPAN_FORMULA};

bool markup_next(const char **text, span *s)
{
    const char *begin = *text;
    if (!*begin)
        return false;
    const char *sign = strchr(signs, *begin), *end = sign ? strchr(begin + 1, *begin) : NULL;
    if (end) {
        *s = (span){kinds[sign - signs], begin + 1, (size_t)(end - begin - 1)};
        *text = end + 1;
        return true;
    }
    s->kind = SPAN_PLAIN;
    s->text = begin;
    s->length = 1 + strcspn(begin + 1, signs);
    *text = begin + s->length;
    return true;
}
