// SPDX-License-Identifier: Apache-2.0
#include "drawing/text.h"

#include "drawing/words.h"

#include <stdlib.h>
#include <string.h>

bool canvas_make(canvas *c, int64_t width, int64_t height)
{
    *c = (canvas){width, height, malloc((size_t)(width * height))};
    if (!c->cells)
        return false;
    memset(c->cells, ' ', (size_t)(width * height));
    return true;
}

void canvas_free(canvas *c)
{
    free(c->cells);
}

void canvas_put(canvas *c, int64_t x, int64_t y, char character)
{
    if (x >= 0 && x < c->width && y >= 0 && y < c->height)
        c->cells[y * c->width + x] = character;
}

void canvas_print(canvas *c, int64_t x, int64_t y, const char *text)
{
    for (; *text; text++, x++)
        canvas_put(c, x, y, *text);
}

static bool is_blank(const char *text, int64_t length)
{
    for (int64_t i = 0; i < length; i++) {
        if (text[i] != ' ')
            return false;
    }
    return true;
}

static void write_line(FILE *file, const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    fprintf(file, "%.*s\n", (int)length, text);
}

void page_canvas(const page *p, const canvas *c, int margin)
{
    static const char gap[] = " ... ";
    const bool cut = c->width > p->columns;
    const int64_t room = p->columns - margin - (int64_t)strlen(gap);
    const int64_t left = cut ? (room + 1) / 2 : c->width - margin;
    const int64_t right = cut ? room / 2 : 0;
    bool hidden = false;
    for (int64_t y = 0; y < c->height; y++) {
        const char *line = c->cells + y * c->width;
        const char *end = line + c->width - right;
        const bool was_hidden = hidden;
        hidden = cut && is_blank(line + margin, left) && is_blank(end, right);
        char text[PAGE_MAX_COLUMNS + 1];
        snprintf(text, sizeof text, "%.*s%s%.*s", (int)(margin + left), line, cut ? gap : "",
                 (int)right, end);
        if (!hidden)
            write_line(p->file, text);
        else if (!was_hidden)
            write_line(p->file, "...");
    }
}

void page_paragraph(const page *p, const char *text)
{
    const char *line = text;
    for (int length; (length = words_next_line(&text, p->columns)) > 0; line = text)
        fprintf(p->file, "%.*s\n", length, line);
}
