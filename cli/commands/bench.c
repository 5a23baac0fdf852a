// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "bench/report.h"

#include <stdlib.h>

// Everything of one run of the command; each array has an element per problem.
typedef struct bench {
    problem_list list;
    result *results;
    subject *subjects; // those of the problems that are supported, one behind the other
    measurement *measurements;
    int count; // of subjects
    ceilings machine;
} bench;

// The problems come from one place, so that their order is plain.
static int read_problems(session *s, const options *o, problem_list *list)
{
    int places = (o->operands > 0) + o->table + was_given(o, OPTION_FILE);
    if (places != 1)
        return refuse(s, EXIT_USAGE, "%s: problems, --table or --file FILE",
                      places ? "only one of these can say what to time"
                             : "one of these must say what to time");
    if (o->table)
        return problems_from_table(s, list);
    if (was_given(o, OPTION_FILE))
        return problems_from_file(s, list, o->file);
    return problems_from_words(s, list, o->operands, o->operand);
}

static int take_arrays(session *s, bench *b)
{
    size_t count = (size_t)b->list.count;
    b->results = calloc(count, sizeof *b->results);
    b->subjects = calloc(count, sizeof *b->subjects);
    b->measurements = calloc(count, sizeof *b->measurements);
    if (b->results && b->subjects && b->measurements)
        return EXIT_DONE;
    return refuse(s, EXIT_REFUSED, "out of memory: %zu problems do not fit into it", count);
}

// Whether sums are all that there is to a problem.
static bool is_checkable(const faltung_conv *conv)
{
    bool dilates = false;
    for (int i = 0; i < conv->axes; i++)
        dilates = dilates || conv->input_dilation[i] != 1;
    return !dilates && conv->activation == FALTUNG_ACTIVATION_NONE &&
           conv->padding_mode == FALTUNG_PADDING_ZEROS;
}

// Makes a subject of a problem, or says why there is none: in its row if it is one of the table.
static int prepare_one(session *s, const settings *set, const options *o, bench *b, int i)
{
    wanted *w = &b->list.item[i];
    result *r = &b->results[i];
    *r = (result){.wanted = w, .why = w->why.text};
    if (!w->understood)
        return EXIT_DONE;
    if (o->check && !is_checkable(&w->problem.conv))
        return refuse(s, EXIT_REFUSED,
                      "'%s': --check knows no activation, padding mode or dilated input", w->text);
    w->problem.conv.accuracy = o->accuracy;
    w->problem.conv.algorithm = o->algorithm;
    w->problem.conv.threads = set->threads;
    w->problem.conv.workspace_limit = (size_t)o->workspace_limit;
    r->supported = subject_make(&b->subjects[b->count], &w->problem, &w->why);
    if (r->supported)
        r->subject = &b->subjects[b->count++];
    else if (!w->name)
        return refuse(s, EXIT_REFUSED, "'%s': %s", w->text, w->why.text);
    return EXIT_DONE;
}

static int prepare(session *s, const settings *set, const options *o, bench *b)
{
    int status = take_arrays(s, b);
    for (int i = 0; !status && i < b->list.count; i++)
        status = prepare_one(s, set, o, b, i);
    return status;
}

static int finish(session *s, const options *o, bench *b)
{
    int status = EXIT_DONE;
    for (int i = 0; !status && i < b->list.count; i++) {
        result *r = &b->results[i];
        if (!r->supported)
            continue;
        result_figures(r, &b->measurements[r->subject - b->subjects]);
        r->checked = o->check;
        if (o->check)
            status = check_subject(s, r->subject, &r->verdict);
    }
    return status;
}

static void report(session *s, const settings *set, const options *o, bench *b)
{
    if (!o->json)
        report_text(s, set, &b->machine, b->list.count, b->results);
    for (int i = 0; o->json && i < b->list.count; i++)
        report_json(s, set, &b->results[i]);
}

// Refuses results that are wrong; else says that they are right.
static int conclude(session *s, const options *o, const bench *b)
{
    double most = 0;
    for (int i = 0; i < b->list.count; i++) {
        const result *r = &b->results[i];
        if (r->checked && r->verdict.of_bound > 1)
            return refuse(s, EXIT_REFUSED,
                          "'%s': the result differs from the definition by %.3g, %.3g times what "
                          "rounding explains",
                          r->wanted->text, r->verdict.error, r->verdict.of_bound);
        if (r->checked && r->verdict.of_bound > most)
            most = r->verdict.of_bound;
    }
    if (o->check && !o->json)
        fprintf(s->out,
                "\nchecked: no result differs from the definition by more than %.2g of what "
                "rounding explains\n",
                most);
    return EXIT_DONE;
}

static void release(bench *b)
{
    for (int i = 0; i < b->count; i++)
        subject_free(&b->subjects[i]);
    for (int i = 0; b->measurements && i < b->list.count; i++)
        measurement_free(&b->measurements[i]);
    machine_free(&b->machine);
    free(b->results);
    free(b->subjects);
    free(b->measurements);
    problems_free(&b->list);
}

static int time_problems(session *s, const options *o, bench *b)
{
    settings set = {.threads = o->threads ? (int)o->threads : 1, .seconds = o->seconds};
    int status = find_instruction_set(s, &set.isa);
    if (!status)
        status = prepare(s, &set, o, b);
    if (!status)
        status = measure(s, &set, b->count, b->subjects, b->measurements, &b->machine);
    if (!status)
        status = finish(s, o, b);
    if (!status) {
        report(s, &set, o, b);
        status = conclude(s, o, b);
    }
    return status;
}

int run_bench(session *s, const command *c, const options *o)
{
    (void)c;
    bench b = {0};
    int status = read_problems(s, o, &b.list);
    if (!status && o->list)
        report_list(s, o->json, &b.list);
    else if (!status)
        status = time_problems(s, o, &b);
    release(&b);
    return status;
}
