// SPDX-License-Identifier: Apache-2.0
#include "tour/html.h"

#include "tour/formula.h"
#include "tour/markup.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void write_escaped(FILE *file, const char *text, size_t length)
{
    for (const char *c = text; c < text + length; c++)
        switch (*c) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        default:
            fputc(*c, file);
        }
}

void html_text(FILE *file, const char *text)
{
    write_escaped(file, text, strlen(text));
}

// Writes "step 6" as a link, if that is what stands at `text`. Returns its length.
static size_t write_link(FILE *file, const char *text, const char *end)
{
    const char word[] = "step ";
    char *behind;
    if (strncmp(text, word, sizeof word - 1) != 0 || !isdigit((unsigned char)text[sizeof word - 1]))
        return 0;
    const long number = strtol(text + sizeof word - 1, &behind, 10);
    if (behind > end)
        return 0;
    fprintf(file, "<a href=\"#step-%ld\">step\u00a0%ld</a>", number, number);
    return (size_t)(behind - text);
}

// Whether " x " between two numbers stands here, as in "3 x 3".
static bool is_times(const char *text, const char *begin, const char *end)
{
    return text > begin && end - text > 3 && isdigit((unsigned char)text[-1]) &&
           strncmp(text, " x ", 3) == 0 && isdigit((unsigned char)text[3]);
}

static void write_plain(FILE *file, const char *text, size_t length)
{
    const char *end = text + length;
    for (const char *c = text; c < end;) {
        const size_t link = write_link(file, c, end);
        if (link) {
            c += link;
            continue;
        }
        const bool times = is_times(c, text, end);
        if (times)
            fputs("\u00a0\u00d7\u00a0", file);
        else if (*c == '\'')
            fputs("\u2019", file);
        else
            write_escaped(file, c, 1);
        c += times ? 3 : 1;
    }
}

// Sets a formula, and the sign behind it if there is one at `*text`, which it takes: no line breaks
// between the two.
static void write_formula(FILE *file, const span *formula, const char **text)
{
    const bool has_sign = **text && strchr(".,;:?", **text);
    if (has_sign)
        fputs("<span class=\"keep\">", file);
    formula_write(file, formula->text, formula->length, false);
    if (has_sign)
        fprintf(file, "%c</span>", *(*text)++);
}

void html_prose(FILE *file, const char *text)
{
    static const char *const elements[] = {[SPAN_CODE] = "code", [SPAN_EMPHASIS] = "em"};
    for (span s; markup_next(&text, &s);) {
        if (s.kind == SPAN_PLAIN) {
            write_plain(file, s.text, s.length);
        } else if (s.kind == SPAN_FORMULA) {
            write_formula(file, &s, &text);
        } else {
            fprintf(file, "<%s>", elements[s.kind]);
            write_escaped(file, s.text, s.length);
            fprintf(file, "</%s>", elements[s.kind]);
        }
    }
}
