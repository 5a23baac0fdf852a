// SPDX-License-Identifier: Apache-2.0
#include "tour/text.h"

#include "terminal.h"
#include "tour/markup.h"
#include "tour/steps.h"
#include "tour/wording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Results and figures are indented, and paragraphs are no wider than is good to read.
enum { INDENT = 4, LEAST_PROSE = 20, MOST_PROSE = 80, MOST_FIGURE = 116, MOST_TEXT = 2048 };

typedef struct paper {
    FILE *file;
    int columns;
    bool style;
    int figure; // number of the last
} paper;

static const char bold[] = "1", slanted[] = "3", warning[] = "31", coloured[] = "36";

static void set_style(const paper *p, const char *code)
{
    if (p->style && code)
        fprintf(p->file, "\033[%sm", code);
}

static void end_style(const paper *p, const char *code)
{
    if (p->style && code)
        fputs("\033[0m", p->file);
}

// -------------------------------------------------------------------------------------- paragraphs

// A text without its markup, and for each character the code of its style, or NULL.
typedef struct styled {
    size_t length;
    char text[MOST_TEXT];
    const char *code[MOST_TEXT];
} styled;

static void strip(styled *to, const char *text, const char *usual)
{
    static const char *const codes[] = {
        [SPAN_CODE] = coloured, [SPAN_EMPHASIS] = slanted, [SPAN_FORMULA] = NULL};
    to->length = 0;
    for (span s; markup_next(&text, &s);)
        for (size_t i = 0; i < s.length && to->length + 1 < MOST_TEXT; i++) {
            to->code[to->length] = codes[s.kind] ? codes[s.kind] : usual;
            to->text[to->length++] = s.text[i];
        }
    to->text[to->length] = '\0';
}

static void print_styled(const paper *p, const styled *s, size_t from, size_t to)
{
    const char *code = NULL;
    for (size_t i = from; i < to; i++) {
        if (s->code[i] != code) {
            end_style(p, code);
            set_style(p, s->code[i]);
            code = s->code[i];
        }
        fputc(s->text[i], p->file);
    }
    end_style(p, code);
}

// Where the line that begins at `from` ends: behind the last word that fits, or the only one.
static size_t line_end(const styled *s, size_t from, size_t room)
{
    size_t last = 0;
    for (size_t i = from; i <= s->length; i++) {
        if (i < s->length && s->text[i] != ' ')
            continue;
        if (last && i - from > room)
            return last;
        last = i;
    }
    return s->length;
}

// `usual` is the style of what has no other.
static void print_paragraph(const paper *p, const char *text, int indent, const char *usual)
{
    styled s;
    strip(&s, text, usual);
    const int width = p->columns < MOST_PROSE ? p->columns : MOST_PROSE;
    const int room = width - indent > LEAST_PROSE ? width - indent : LEAST_PROSE;
    for (size_t from = 0; from < s.length;) {
        const size_t to = line_end(&s, from, (size_t)room);
        fprintf(p->file, "%*s", indent, "");
        print_styled(p, &s, from, to);
        fputc('\n', p->file);
        from = to + (s.text[to] == ' ');
    }
    fputc('\n', p->file);
}

// Underlined where nothing can be bold.
static void print_heading(const paper *p, const char *text, char line)
{
    styled s;
    strip(&s, text, bold);
    print_styled(p, &s, 0, s.length);
    fputc('\n', p->file);
    if (!p->style) {
        for (size_t i = 0; i < s.length; i++)
            fputc(line, p->file);
        fputc('\n', p->file);
    }
    fputc('\n', p->file);
}

static void print_lines(const paper *p, const char *text)
{
    while (*text) {
        const int length = (int)strcspn(text, "\n");
        fprintf(p->file, "%*s%.*s\n", length ? INDENT : 0, "", length, text);
        text += length;
        text += *text == '\n';
    }
}

// ------------------------------------------------------------------------------------------ blocks

static void print_wrong(const paper *p, const outcome *o)
{
    if (!o->wrong[0])
        return;
    set_style(p, warning);
    fprintf(p->file, "Not as stated: %s\n\n", o->wrong);
    end_style(p, warning);
}

static void print_text(paper *p, const block *b, const outcome *o)
{
    (void)o;
    print_paragraph(p, b->text, 0, NULL);
}

static void print_indented(paper *p, const block *b, const outcome *o)
{
    (void)o;
    print_lines(p, b->text);
    fputc('\n', p->file);
}

static void print_command(paper *p, const block *b, const outcome *o)
{
    fprintf(p->file, "%*s$ ", INDENT, "");
    set_style(p, bold);
    fprintf(p->file, "faltung %s", b->text);
    if (b->lines)
        fprintf(p->file, " | head -n %d", b->lines);
    end_style(p, bold);
    fputc('\n', p->file);
    print_lines(p, o->out);
    print_lines(p, o->err);
    fputc('\n', p->file);
    print_wrong(p, o);
}

static void print_figure(paper *p, const block *b, const outcome *o)
{
    char caption[MOST_TEXT];
    print_command(p, b, o);
    snprintf(caption, sizeof caption, "Figure %d. %s", ++p->figure, b->caption);
    print_paragraph(p, caption, INDENT, NULL);
}

static void print_claim(paper *p, const block *b, const outcome *o)
{
    char text[MOST_TEXT], how[MAX_WORDING];
    word_claim(how, b, o);
    snprintf(text, sizeof text, "%s. %s", b->text, o->wrong[0] ? "" : how);
    print_paragraph(p, text, INDENT, NULL);
    print_wrong(p, o);
}

static int column_width(const table *t, int column)
{
    styled s;
    size_t width = 0;
    for (int row = 0; row < t->rows; row++) {
        strip(&s, t->cell[row][column], NULL);
        width = s.length > width ? s.length : width;
    }
    return (int)width;
}

static void print_table(paper *p, const block *b, const outcome *o)
{
    const table *t = o->table;
    styled s;
    for (int row = 0; row < t->rows; row++) {
        fprintf(p->file, "%*s", INDENT - 2, "");
        for (int column = 0; column < t->columns; column++) {
            strip(&s, t->cell[row][column], row ? NULL : bold);
            fprintf(p->file, "%*s", 2 + column_width(t, column) - (int)s.length, "");
            print_styled(p, &s, 0, s.length);
        }
        fputc('\n', p->file);
    }
    fputc('\n', p->file);
    print_paragraph(p, b->text, INDENT, NULL);
    print_wrong(p, o);
}

static void (*const printers[])(paper *, const block *, const outcome *) = {
    [BLOCK_TEXT] = print_text,       [BLOCK_FORMULA] = print_indented,
    [BLOCK_PYTHON] = print_indented, [BLOCK_COMMAND] = print_command,
    [BLOCK_FIGURE] = print_figure,   [BLOCK_CLAIM] = print_claim,
    [BLOCK_TABLE] = print_table,
};

// --------------------------------------------------------------------------------------- the whole

int text_figure_columns(const session *s)
{
    const int room = terminal_columns(s) - INDENT;
    return room < MOST_FIGURE ? (room > 1 ? room : 1) : MOST_FIGURE;
}

void write_as_text(session *s, const report *r)
{
    paper p = {s->out, terminal_columns(s), terminal_has_style(s), 0};
    const outcome *o = r->outcomes;
    char text[MAX_WORDING];
    print_heading(&p, tour_title, '=');
    for (const char *const *paragraph = tour_introduction; *paragraph; paragraph++)
        print_paragraph(&p, *paragraph, 0, NULL);
    for (int i = 0; i < r->step_count; i++) {
        snprintf(text, sizeof text, "%d. %s", i + 1, r->steps[i].heading);
        print_heading(&p, text, '-');
        for (const block *b = r->steps[i].blocks; b->kind != BLOCK_END; b++)
            printers[b->kind](&p, b, o++);
    }
    word_report(text, r);
    print_paragraph(&p, text, 0, r->wrong ? warning : bold);
}
