// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include "bench/team.h"
#include "json.h"
#include "values.h"

#include <math.h>
#include <string.h>

void result_figures(result *r, measurement *m)
{
    r->best = samples_least(&m->best);
    r->median = samples_median(&m->median);
    r->ceiling = samples_greatest(&m->ceiling);
    r->share = samples_median(&m->share);
    r->copying = samples_greatest(&m->copying);
    r->calls = m->calls;
}

// Floating-point operations, of which a multiply-add is two, in billions.
static double giga(double multiply_adds)
{
    return 2e-9 * multiply_adds;
}

static double work(const result *r)
{
    return r->subject->explanation.multiply_adds;
}

static double bytes_per_second(const result *r)
{
    return r->subject->explanation.bytes / r->best;
}

static const char *algorithm(const result *r)
{
    return r->subject->explanation.algorithm[r->subject->explanation.chosen];
}

// Columns that a name takes, with the gap behind it.
static double name_columns(const wanted *w)
{
    return w->name ? (double)strlen(w->name) + 2 : 0;
}

// ------------------------------------------------------------------------------------------ JSON

static void put_figures(json *j, const settings *set, const result *r)
{
    json_number(j, "best_s", r->best);
    json_number(j, "median_s", r->median);
    json_number(j, "gflops_best", giga(work(r) / r->best));
    json_number(j, "gflops_median", giga(work(r) / r->median));
    json_number(j, "ceiling_gflops", giga(r->ceiling));
    json_number(j, "share", r->share);
    json_number(j, "share_best", work(r) / r->best / r->ceiling);
    if (r->wanted->target)
        json_number(j, "target", r->wanted->target / 100.0);
    json_number(j, "bytes_per_s", bytes_per_second(r));
    json_number(j, "copy_bytes_per_s", r->copying);
    json_number(j, "copy_share", bytes_per_second(r) / r->copying);
    json_text(j, "algorithm", algorithm(r));
    json_text(j, "accuracy", accuracy_name(r->subject->problem.conv.accuracy));
    json_text(j, "isa", set->isa->name);
    json_integer(j, "threads", set->threads);
    json_integer(j, "workspace_bytes", (int64_t)r->subject->explanation.workspace_bytes);
    json_integer(j, "calls", r->calls);
    if (r->checked) {
        json_boolean(j, "correct", r->verdict.of_bound <= 1);
        json_number(j, "max_err", r->verdict.error);
        json_number(j, "max_err_of_bound", r->verdict.of_bound);
    }
}

void report_json(session *s, const settings *set, const result *r)
{
    json j = json_begin(s->out);
    if (r->wanted->name)
        json_text(&j, "name", r->wanted->name);
    json_text(&j, "problem", r->wanted->text);
    if (r->supported)
        put_figures(&j, set, r);
    else
        json_text(&j, "not_supported", r->why);
    json_end(&j);
}

// ------------------------------------------------------------------------------------------ list

static void put_wanted_json(session *s, const wanted *w)
{
    json j = json_begin(s->out);
    if (w->name)
        json_text(&j, "name", w->name);
    json_text(&j, "problem", w->text);
    if (w->target)
        json_number(&j, "target", w->target / 100.0);
    json_end(&j);
}

void report_list(session *s, bool as_json, const problem_list *list)
{
    int width = 0;
    for (int i = 0; i < list->count; i++)
        width = (int)fmax(width, name_columns(&list->item[i]));
    for (int i = 0; i < list->count; i++) {
        const wanted *w = &list->item[i];
        if (as_json)
            put_wanted_json(s, w);
        else
            fprintf(s->out, "%-*s%s\n", width, w->name ? w->name : "", w->text);
    }
}

// ------------------------------------------------------------------------------------------ text

static void put_ceiling(FILE *out, const char *type, samples *rates)
{
    fprintf(out, "   %s %7.1f (%7.1f)", type, giga(samples_greatest(rates)),
            giga(samples_median(rates)));
}

static void put_machine(FILE *out, const settings *set, ceilings *machine)
{
    int threads = team_size(set->threads);
    fprintf(out, "ceilings of %d thread%s in GFLOP/s, best (median):\n", threads,
            threads == 1 ? "" : "s");
    for (int i = 0; i < instruction_set_count; i++) {
        const instruction_set *isa = &instruction_sets[i];
        if (!machine->f32[i].count)
            continue;
        fprintf(out, "%s %-6s %d bits", isa == set->isa ? "->" : "  ", isa->name, isa->f32->bits);
        put_ceiling(out, "f32", &machine->f32[i]);
        put_ceiling(out, "f64", &machine->f64[i]);
        fputc('\n', out);
    }
    fputs("\nbest and median of a call; GFLOP/s of the best; share of the ceiling, best against "
          "best\n"
          "and the median against its neighbours in time; copy: bytes per second as a share of\n"
          "copying as many\n\n",
          out);
}

// Columns that the first one takes: the longest name, or nothing where there are none.
static int name_width(int count, const result *results)
{
    int width = 0;
    for (int i = 0; i < count; i++)
        width = (int)fmax(width, name_columns(results[i].wanted));
    return width;
}

// The target of a row of the table; problems of the user's own have none, and no column for it.
static void put_target(FILE *out, int width, const result *r)
{
    if (width && r->wanted->target)
        fprintf(out, " %6d%%", r->wanted->target);
    else if (width)
        fprintf(out, " %7s", "-");
}

static void put_line(FILE *out, int width, const result *r)
{
    fprintf(out, "%-*s", width, r->wanted->name ? r->wanted->name : "");
    if (!r->supported) {
        fprintf(out, "not supported: %s\n", r->why);
        return;
    }
    fprintf(out, "%11.2f %11.2f %8.1f %5.0f%%", 1e6 * r->best, 1e6 * r->median,
            giga(work(r) / r->best), 100 * work(r) / r->best / r->ceiling);
    put_target(out, width, r);
    fprintf(out, " %6.0f%% %6.0f%%  %-15s %s\n", 100 * r->share,
            100 * bytes_per_second(r) / r->copying, algorithm(r), r->wanted->text);
}

void report_text(session *s, const settings *set, ceilings *machine, int count,
                 const result *results)
{
    int width = name_width(count, results);
    put_machine(s->out, set, machine);
    fprintf(s->out, "%-*s%11s %11s %8s %6s%s %7s %7s  %-15s %s\n", width, width ? "name" : "",
            "best us", "median us", "GFLOP/s", "share", width ? "  target" : "", "median", "copy",
            "algorithm", "problem");
    for (int i = 0; i < count; i++)
        put_line(s->out, width, &results[i]);
}
