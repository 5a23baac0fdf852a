// SPDX-License-Identifier: Apache-2.0
#include "tour/page.h"

#include "files/output.h"
#include "tour/formula.h"
#include "tour/html.h"
#include "tour/steps.h"
#include "tour/wording.h"

#include <errno.h>
#include <string.h>

typedef struct page {
    session *session;
    FILE *file;
    int figure;   // number of the last
    bool running; // whether a row of commands goes on with the next block
    int status;   // of what failed first
} page;

static void write_paragraph(FILE *file, const char *text)
{
    fputs("<p>", file);
    html_prose(file, text);
    fputs("</p>\n", file);
}

static void write_text(page *p, const block *b, const outcome *o)
{
    (void)o;
    write_paragraph(p->file, b->text);
}

static void write_formula(page *p, const block *b, const outcome *o)
{
    (void)o;
    fputs("<div class=\"formula\">", p->file);
    formula_write(p->file, b->text, strlen(b->text), true);
    fputs("</div>\n", p->file);
}

static void write_python(page *p, const block *b, const outcome *o)
{
    (void)o;
    fputs("<pre class=\"python\"><code>", p->file);
    html_text(p->file, b->text);
    fputs("</code></pre>\n", p->file);
}

// ---------------------------------------------------------------------------------------- commands

// An option and its value stay on one line where there is not room for all.
static void write_line(FILE *file, const char *line, int lines)
{
    bool open = false;
    fputs("<pre class=\"line\"><code>faltung", file);
    while (*line) {
        char word[MAX_LINE];
        const bool option = *line == '-';
        const int length = (int)strcspn(line, " ");
        if (open && option)
            fputs("</span>", file);
        fputs(option ? " <span>" : " ", file);
        open = open || option;
        snprintf(word, sizeof word, "%.*s", length, line);
        html_text(file, word);
        line += length;
        line += strspn(line, " ");
    }
    if (open)
        fputs("</span>", file);
    if (lines)
        fprintf(file, " | head -n %d", lines);
    fputs("</code></pre>\n", file);
}

// Names the files that a command has written: what follows its -o.
static void write_written(FILE *file, const char *line)
{
    arguments a;
    const char *before = "<p class=\"note\">wrote ";
    if (!arguments_split(&a, line))
        return;
    for (int i = 1; i + 1 < a.argc; i++) {
        if (strcmp(a.argv[i], "-o") != 0)
            continue;
        fprintf(file, "%s<a href=\"%s\">%s</a>", before, a.argv[i + 1], a.argv[i + 1]);
        before = ", ";
    }
    if (before[0] == ',')
        fputs("</p>\n", file);
}

static void write_printed(FILE *file, const char *kind, const char *text)
{
    if (!*text)
        return;
    fprintf(file, "<pre class=\"%s\"><samp>", kind);
    html_text(file, text);
    fputs("</samp></pre>\n", file);
}

// Commands that follow one another share one box.
static void write_command(page *p, const block *b, const outcome *o)
{
    if (!p->running)
        fputs("<div class=\"run\">\n", p->file);
    p->running = b[1].kind == BLOCK_COMMAND;
    write_line(p->file, b->text, b->lines);
    write_printed(p->file, b->part ? "result words" : "result", o->out);
    write_printed(p->file, "refusal", o->err);
    if (b->status)
        fprintf(p->file, "<p class=\"note\">exit status %d</p>\n", b->status);
    else
        write_written(p->file, b->text);
    if (!p->running)
        fputs("</div>\n", p->file);
}

// ----------------------------------------------------------------------------------------- figures

// Copies an SVG file, all of whose bytes are one element.
static void copy_file(page *p, const char *name)
{
    char bytes[4096];
    size_t count;
    FILE *file = fopen(name, "rb");
    if (!file) {
        p->status = refuse(p->session, EXIT_REFUSED, "cannot read '%s': %s", name, strerror(errno));
        return;
    }
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0)
        fwrite(bytes, 1, count, p->file);
    if (ferror(file))
        p->status = refuse(p->session, EXIT_REFUSED, "cannot read '%s'", name);
    fclose(file);
}

static void write_figure(page *p, const block *b, const outcome *o)
{
    (void)o;
    char line[MAX_LINE];
    write_figure_line(line, b, ".svg");
    fprintf(p->file, "<figure id=\"figure-%d\">\n<div class=\"picture\">\n", ++p->figure);
    copy_file(p, strrchr(line, ' ') + 1);
    fprintf(p->file, "</div>\n<figcaption><b>Figure %d.</b> ", p->figure);
    html_prose(p->file, b->caption);
    fputs("</figcaption>\n<div class=\"run\">\n", p->file);
    write_line(p->file, line, 0);
    fprintf(p->file, "<p class=\"note\">wrote <a href=\"%s.svg\">%s.svg</a>", b->name, b->name);
    if (b->figure == FIGURE_CHART)
        fprintf(p->file, "; the same as <a href=\"%s.png\">%s.png</a>", b->name, b->name);
    fputs("</p>\n</div>\n</figure>\n", p->file);
}

// ------------------------------------------------------------------------------- claims and tables

static void write_claim(page *p, const block *b, const outcome *o)
{
    char how[MAX_WORDING];
    word_claim(how, b, o);
    fputs("<p class=\"claim\">", p->file);
    html_prose(p->file, b->text);
    fputs(". <small>", p->file);
    html_prose(p->file, how);
    fputs("</small></p>\n", p->file);
}

static void write_cell(FILE *file, const char *text, const char *element)
{
    const bool none = strcmp(text, "none") == 0;
    fprintf(file, "<%s%s>", element, none ? " class=\"none\"" : "");
    html_prose(file, text);
    fprintf(file, "</%.2s>", element);
}

static void write_row(FILE *file, const table *t, int row)
{
    fputs("<tr>", file);
    for (int column = 0; column < t->columns; column++)
        write_cell(file, t->cell[row][column],
                   !row      ? "th scope=\"col\""
                   : !column ? "th scope=\"row\""
                             : "td");
    fputs("</tr>\n", file);
}

static void write_table(page *p, const block *b, const outcome *o)
{
    fputs("<div class=\"table\"><table>\n<caption>", p->file);
    html_prose(p->file, b->text);
    fputs("</caption>\n<thead>\n", p->file);
    write_row(p->file, o->table, 0);
    fputs("</thead>\n<tbody>\n", p->file);
    for (int row = 1; row < o->table->rows; row++)
        write_row(p->file, o->table, row);
    fputs("</tbody>\n</table></div>\n", p->file);
}

static void (*const writers[])(page *, const block *, const outcome *) = {
    [BLOCK_TEXT] = write_text,       [BLOCK_FORMULA] = write_formula, [BLOCK_PYTHON] = write_python,
    [BLOCK_COMMAND] = write_command, [BLOCK_FIGURE] = write_figure,   [BLOCK_CLAIM] = write_claim,
    [BLOCK_TABLE] = write_table,
};

// --------------------------------------------------------------------------------------- the whole

static void write_head(FILE *file)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
          "<meta name=\"color-scheme\" content=\"light dark\" />\n<title>",
          file);
    html_text(file, tour_title);
    fputs("</title>\n<style>\n", file);
    for (const char *const *part = page_style; *part; part++)
        fputs(*part, file);
    fputs("</style>\n</head>\n<body>\n", file);
}

static void write_introduction(FILE *file, const report *r)
{
    fputs("<header>\n<h1>", file);
    html_text(file, tour_title);
    fputs("</h1>\n", file);
    for (const char *const *text = tour_introduction; *text; text++)
        write_paragraph(file, *text);
    fputs("</header>\n<nav aria-label=\"Steps\">\n<ol>\n", file);
    for (int i = 0; i < r->step_count; i++) {
        fprintf(file, "<li><a href=\"#step-%d\">", i + 1);
        html_prose(file, r->steps[i].heading);
        fputs("</a></li>\n", file);
    }
    fputs("</ol>\n</nav>\n", file);
}

static void write_steps(page *p, const report *r)
{
    const outcome *o = r->outcomes;
    fputs("<main>\n", p->file);
    for (int i = 0; i < r->step_count; i++) {
        fprintf(p->file, "<section id=\"step-%d\">\n<h2><span class=\"number\">%d</span> <span>",
                i + 1, i + 1);
        html_prose(p->file, r->steps[i].heading);
        fputs("</span></h2>\n", p->file);
        for (const block *b = r->steps[i].blocks; b->kind != BLOCK_END; b++)
            writers[b->kind](p, b, o++);
        fputs("</section>\n", p->file);
    }
    fputs("</main>\n", p->file);
}

static void write_footer(FILE *file, const report *r)
{
    char text[MAX_WORDING];
    word_report(text, r);
    fputs("<footer>\n", file);
    write_paragraph(file, text);
    fprintf(file,
            "<p>Made by <code>faltung tour</code> of Faltung %s. The arrays, drawings and charts "
            "lie beside this page.</p>\n</footer>\n</body>\n</html>\n",
            faltung_version());
}

int write_as_page(session *s, const report *r)
{
    output_file output;
    const int status = output_open(s, &output, "index.html", false, false);
    if (status)
        return status;
    page p = {.session = s, .file = output.file};
    write_head(p.file);
    write_introduction(p.file, r);
    write_steps(&p, r);
    write_footer(p.file, r);
    if (!p.status)
        return output_commit(s, &output);
    output_abandon(&output);
    return p.status;
}
