// SPDX-License-Identifier: Apache-2.0
#include "explanation.h"

#include "geometry.h"
#include "json.h"

#include <inttypes.h>

// What another rule gives for the same axis.
typedef struct alternative {
    faltung_padding_rule rule;
    bool applies;
    faltung_padding padding;
    int64_t output;
    int64_t shift; // of the sampling grid: how many input pixels the explained padding's windows
                   // begin before this one's
} alternative;

enum { RULES = FALTUNG_PADDING_SAME_SYMMETRIC }; // without EXPLICIT

// An explanation before it is put into words.
typedef struct explanation {
    const faltung_axis *axis;
    int64_t output;
    faltung_padding_rule rule;
    bool has_interval, has_limits;
    faltung_padding_interval interval;
    faltung_padding_limits limits;
    alternative other[RULES];
    int others;
} explanation;

static alternative find_alternative(const faltung_axis *axis, faltung_padding_rule rule)
{
    faltung_axis other = *axis;
    alternative a = {.rule = rule};
    a.applies = !faltung_axis_set_padding(&other, rule, NULL) &&
                !faltung_output_size(&other, &a.output, NULL);
    a.padding = other.padding;
    a.shift = axis->padding.begin - other.padding.begin;
    return a;
}

static explanation explain(const faltung_axis *axis, int64_t output, faltung_padding_rule rule)
{
    explanation e = {.axis = axis, .output = output, .rule = rule};
    e.has_interval = !faltung_find_padding_interval(axis, &e.interval, NULL);
    e.has_limits = !faltung_find_padding_limits(axis, &e.limits, NULL);
    for (int other = FALTUNG_PADDING_VALID; other <= FALTUNG_PADDING_SAME_SYMMETRIC; other++)
        if (other != (int)rule)
            e.other[e.others++] = find_alternative(axis, (faltung_padding_rule)other);
    return e;
}

// ----------------------------------------------------------------------------------------- words

// "2.5": half of a whole number.
static void print_half(FILE *file, int64_t twice)
{
    if (twice < 0)
        fputc('-', file);
    // In unsigned arithmetic the least int64 has a magnitude, too.
    uint64_t magnitude = twice < 0 ? -(uint64_t)twice : (uint64_t)twice;
    fprintf(file, "%" PRIu64 "%s", magnitude / 2, magnitude % 2 ? ".5" : "");
}

static void print_interval(FILE *file, const explanation *e)
{
    const faltung_padding_interval *interval = &e->interval;
    fprintf(file, "  output %" PRId64 " = ceil(%" PRId64 "/%" PRId64 ") for symmetric paddings ",
            interval->output, e->axis->input, e->axis->stride);
    print_half(file, interval->twice_min);
    fputs(" <= P < ", file);
    print_half(file, interval->twice_max);
    if (interval->exists)
        fprintf(file, "; the lowest is %" PRId64 "\n", interval->lowest);
    else
        fputs(", which holds no whole number: no symmetric padding exists\n", file);
}

static void print_limits(FILE *file, const faltung_padding_limits *limits)
{
    fprintf(file, "  over all inputs the lowest lies between %" PRId64 " and %" PRId64 "%s\n",
            limits->low, limits->high,
            limits->low == limits->high ? ": it does not depend on the input"
                                        : ": it depends on input mod stride");
}

static void print_alternative(FILE *file, const explanation *e, const alternative *a)
{
    int64_t shift = a->shift < 0 ? -a->shift : a->shift;
    fprintf(file, "  against %s (", faltung_padding_rule_name(a->rule));
    print_padding(file, a->padding);
    if (a->output != e->output)
        fprintf(file, "): its output has %" PRId64 "\n", a->output);
    else if (shift == 0)
        fputs("): the same sampling grid\n", file);
    else
        fprintf(file, "): the sampling grid is shifted by %" PRId64 " input pixel%s to the %s\n",
                shift, shift == 1 ? "" : "s", a->shift > 0 ? "begin" : "end");
}

static void print_words(FILE *file, const explanation *e)
{
    const faltung_axis *axis = e->axis;
    fprintf(file,
            "input %" PRId64 ", kernel %" PRId64 ", stride %" PRId64 ", dilation %" PRId64
            ": %s pads %" PRId64 " at the begin and %" PRId64 " at the end, output %" PRId64 "\n",
            axis->input, axis->kernel, axis->stride, axis->dilation,
            faltung_padding_rule_name(e->rule), axis->padding.begin, axis->padding.end, e->output);
    if (e->has_interval)
        print_interval(file, e);
    if (e->has_limits)
        print_limits(file, &e->limits);
    for (int i = 0; i < e->others; i++)
        if (e->other[i].applies)
            print_alternative(file, e, &e->other[i]);
}

// ------------------------------------------------------------------------------------------ JSON

// Halves as their doubles, which are whole: exact for every reader of JSON.
static void print_json(FILE *file, const explanation *e)
{
    json j = json_begin(file);
    json_integer(&j, "input", e->axis->input);
    json_text(&j, "rule", faltung_padding_rule_name(e->rule));
    if (e->has_interval) {
        json_integer(&j, "twice_min", e->interval.twice_min);
        json_integer(&j, "twice_max", e->interval.twice_max);
    }
    if (e->has_interval && e->interval.exists)
        json_integer(&j, "lowest", e->interval.lowest);
    if (e->has_limits) {
        json_integer(&j, "low", e->limits.low);
        json_integer(&j, "high", e->limits.high);
    }
    for (int i = 0; i < e->others; i++) {
        char name[64];
        snprintf(name, sizeof name, "shift_%s", faltung_padding_rule_name(e->other[i].rule));
        if (e->other[i].applies && e->other[i].output == e->output)
            json_integer(&j, name, e->other[i].shift);
    }
    json_end(&j);
}

void explain_padding(FILE *file, const faltung_axis *axis, int64_t output,
                     faltung_padding_rule rule, bool as_json)
{
    const explanation e = explain(axis, output, rule);
    if (as_json)
        print_json(file, &e);
    else
        print_words(file, &e);
}
