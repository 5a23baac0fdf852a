// SPDX-License-Identifier: Apache-2.0
#include "tour/walk.h"

#include "commands.h"
#include "tour/interrupt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Of results that are not as stated the first few are named: more would hide what they have in
// common, such as a full disk.
enum { MOST_NAMED = 3 };

static int refuse_memory(session *s)
{
    return refuse(s, EXIT_REFUSED, "not enough memory for the tour");
}

// ---------------------------------------------------------------------------------- command lines

// Runs a command line and keeps what it prints in *out and *err, which the caller frees in any
// case. Returns its exit status, or -1 without memory.
static int run_line(const char *line, int columns, char **out, char **err)
{
    size_t out_size, err_size;
    arguments a;
    session inner = {.command = "", .columns = columns};
    int status = EXIT_USAGE;
    *out = *err = NULL;
    inner.out = open_memstream(out, &out_size);
    inner.err = open_memstream(err, &err_size);
    if (inner.out && inner.err)
        status = arguments_split(&a, line) ? run_command_line(&inner, a.argc, a.argv)
                                           : refuse(&inner, EXIT_USAGE, "this cannot be split");
    const bool out_whole = inner.out && fclose(inner.out) == 0 && *out;
    const bool err_whole = inner.err && fclose(inner.err) == 0 && *err;
    return out_whole && err_whole ? status : -1;
}

// Cuts a text behind its first lines.
static void keep_lines(char *text, int lines)
{
    while (lines-- > 0 && *text) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    *text = '\0';
}

static void note(outcome *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(outcome *o, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(o->wrong, sizeof o->wrong, format, list);
    va_end(list);
    const size_t length = strlen(o->wrong);
    if (length && o->wrong[length - 1] == '\n') // of what a command said
        o->wrong[length - 1] = '\0';
}

// Whether a text begins with these words, however its lines are broken.
static bool begins_with(const char *text, const char *words)
{
    for (; *words; words++) {
        if (*words == ' ') {
            if (!strchr(" \n", *text))
                return false;
            text += strspn(text, " \n");
        } else if (*words != *text++) {
            return false;
        }
    }
    return true;
}

static bool contains(const char *text, const char *words)
{
    while (*text && !begins_with(text, words))
        text++;
    return *text;
}

static void judge_command(const block *b, int status, outcome *o)
{
    const bool refusal = b->status != EXIT_DONE;
    const char *said = refusal ? o->err : o->out;
    const bool matches =
        refusal || b->part ? contains(said, b->expected) : strcmp(said, b->expected) == 0;
    if (status != b->status)
        note(o, "faltung %s: exit status %d, stated is %d: %s", b->text, status, b->status, o->err);
    else if (!matches)
        note(o, "faltung %s: '%s', stated is '%s'", b->text, said, b->expected);
    else if (*(refusal ? o->out : o->err))
        note(o, "faltung %s: it also said '%s'", b->text, refusal ? o->out : o->err);
}

static int walk_command(session *s, const block *b, report *r, outcome *o)
{
    const int status = run_line(b->text, 0, &o->out, &o->err);
    if (status < 0)
        return refuse_memory(s);
    if (b->lines)
        keep_lines(o->out, b->lines);
    judge_command(b, status, o);
    r->commands++;
    return EXIT_DONE;
}

// --------------------------------------------------------------------------------------- figures

void write_figure_line(char line[MAX_LINE], const block *b, const char *ending)
{
    const bool moves = b->figure == FIGURE_ANIMATED;
    snprintf(line, MAX_LINE, "%s%s -o %s%s", b->text, moves ? " --animate" : "", b->name, ending);
}

static int make_file(session *s, const block *b, const char *ending, outcome *o)
{
    char line[MAX_LINE], *out, *err;
    write_figure_line(line, b, ending);
    const int status = run_line(line, 0, &out, &err);
    if (status > 0 && !o->wrong[0])
        note(o, "faltung %s: exit status %d: %s", line, status, err);
    free(out);
    free(err);
    return status < 0 ? refuse_memory(s) : EXIT_DONE;
}

static int walk_figure(session *s, const block *b, int columns, report *r, outcome *o)
{
    int status = run_line(b->text, columns, &o->out, &o->err);
    if (status < 0)
        return refuse_memory(s);
    r->figures++;
    if (status)
        note(o, "faltung %s: exit status %d: %s", b->text, status, o->err);
    else if (!contains(o->out, b->expected))
        note(o, "faltung %s: '%s' is not in the picture", b->text, b->expected);
    status = make_file(s, b, ".svg", o);
    if (!status && b->figure == FIGURE_CHART)
        status = make_file(s, b, ".png", o);
    return status;
}

// ---------------------------------------------------------------------------- claims and tables

static int walk_claim(session *s, const block *b, report *r, outcome *o)
{
    size_t size;
    session inner = {.out = s->out, .command = ""};
    inner.err = open_memstream(&o->err, &size);
    if (!inner.err)
        return refuse_memory(s);
    b->check(&inner, &b->domain, &o->found);
    if (fclose(inner.err) != 0 || !o->err)
        return refuse_memory(s);
    r->claims++;
    r->cases += o->found.cases;
    if (o->found.against[0])
        note(o, "\"%s\": %s %s", b->text, o->found.against, o->err);
    return EXIT_DONE;
}

static int walk_table(session *s, const block *b, report *r, outcome *o)
{
    o->table = calloc(1, sizeof *o->table);
    if (!o->table)
        return refuse_memory(s);
    b->fill(o->table, &o->found);
    r->tables++;
    if (o->found.against[0])
        note(o, "the table \"%s\": %s", b->text, o->found.against);
    return EXIT_DONE;
}

// ------------------------------------------------------------------------------------- the walk

static int walk_block(session *s, const block *b, int columns, report *r, outcome *o)
{
    int status = EXIT_DONE;
    if (b->kind == BLOCK_COMMAND)
        status = walk_command(s, b, r, o);
    else if (b->kind == BLOCK_FIGURE)
        status = walk_figure(s, b, columns, r, o);
    else if (b->kind == BLOCK_CLAIM)
        status = walk_claim(s, b, r, o);
    else if (b->kind == BLOCK_TABLE)
        status = walk_table(s, b, r, o);
    r->wrong += o->wrong[0] != '\0';
    return status;
}

static int count_blocks(const step *steps, int count)
{
    int blocks = 0;
    for (int i = 0; i < count; i++)
        for (const block *b = steps[i].blocks; b->kind != BLOCK_END; b++)
            blocks++;
    return blocks;
}

int walk_steps(session *s, const step *steps, int count, int columns, report *r)
{
    *r = (report){.steps = steps, .step_count = count, .blocks = count_blocks(steps, count)};
    r->outcomes = calloc((size_t)r->blocks + 1, sizeof *r->outcomes);
    if (!r->outcomes)
        return refuse_memory(s);
    outcome *o = r->outcomes;
    int status = EXIT_DONE;
    for (int i = 0; !status && i < count; i++)
        for (const block *b = steps[i].blocks; !status && b->kind != BLOCK_END; b++, o++)
            status = interrupt_came() ? EXIT_REFUSED : walk_block(s, b, columns, r, o);
    return status;
}

void report_free(report *r)
{
    for (int i = 0; r->outcomes && i < r->blocks; i++) {
        free(r->outcomes[i].out);
        free(r->outcomes[i].err);
        free(r->outcomes[i].table);
    }
    free(r->outcomes);
    *r = (report){0};
}

int report_results(const report *r)
{
    return r->commands + r->figures + r->claims + r->tables;
}

int refuse_wrong(session *s, const report *r)
{
    char text[MOST_NAMED * sizeof r->outcomes->wrong + 256] = "";
    size_t length = 0;
    int named = 0;
    const outcome *o = r->outcomes;
    for (int i = 0; i < r->step_count; i++)
        for (const block *b = r->steps[i].blocks; b->kind != BLOCK_END; b++, o++)
            if (o->wrong[0] && ++named <= MOST_NAMED)
                length += (size_t)snprintf(text + length, sizeof text - length, "; step %d: %s",
                                           i + 1, o->wrong);
    if (named > MOST_NAMED)
        snprintf(text + length, sizeof text - length, "; and %d more", named - MOST_NAMED);
    return refuse(s, EXIT_REFUSED, "%d of %d results are not as stated%s", r->wrong,
                  report_results(r), text);
}
