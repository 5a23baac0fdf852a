// SPDX-License-Identifier: Apache-2.0
//
// The markup of paragraphs: `code`, *emphasis*, $formula$.
#ifndef CLI_TOUR_MARKUP_H
#define CLI_TOUR_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

typedef enum span_kind { SPAN_PLAIN, SPAN_CODE, SPAN_EMPHASIS, SPAN_FORMULA } span_kind;

// A stretch of one kind, without the signs around it.
typedef struct span {
    span_kind kind;
    const char *text;
    size_t length;
} span;

// Takes the next span from a text and moves `*text` behind it; false at the end. A sign that is not
// closed stands for itself.
bool markup_next(const char **text, span *s);

#endif
