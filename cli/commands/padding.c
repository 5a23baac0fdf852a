// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "geometry.h"
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Finds the padding of an axis by the rule asked for, and the size that comes of it.
static int find(session *s, faltung_axis *axis, const options *o, int64_t *output)
{
    faltung_message message;
    if (faltung_axis_set_padding(axis, o->rule, &message) ||
        faltung_output_size(axis, output, &message))
        return refuse_message(s, &message);
    return EXIT_DONE;
}

static void print_json(session *s, const faltung_axis *axes, int count, const int64_t *output)
{
    int64_t input[FALTUNG_MAX_AXES] = {0};
    faltung_padding padding[FALTUNG_MAX_AXES];
    for (int i = 0; i < count; i++) {
        input[i] = axes[i].input;
        padding[i] = axes[i].padding;
    }
    json j = json_begin(s->out);
    json_integers(&j, "input", count, input);
    json_paddings(&j, "padding", count, padding);
    json_integers(&j, "output", count, output);
    json_end(&j);
}

// --------------------------------------------------------------------------------- over a range

// Refuses before anything is printed: what can go wrong goes wrong at one of the ends.
static int check_ends(session *s, const faltung_axis *axis, int64_t stop, const options *o)
{
    faltung_axis first = *axis, last = *axis;
    int64_t output;
    last.input = stop - 1;
    int status = find(s, &first, o, &output);
    return status ? status : find(s, &last, o, &output);
}

static int print_range(session *s, const faltung_axis *axis, int64_t stop, const options *o)
{
    int status = EXIT_DONE;
    int64_t output;
    for (int64_t input = axis->input; !status && !ferror(s->out) && input < stop; input++) {
        faltung_axis at = *axis;
        at.input = input;
        status = find(s, &at, o, &output);
        if (o->json) {
            print_json(s, &at, 1, &output);
        } else {
            fprintf(s->out, "%" PRId64 " ", input);
            print_padding(s->out, at.padding);
            fputc('\n', s->out);
        }
    }
    return status;
}

static int compare_paddings(const void *a, const void *b)
{
    const faltung_padding *x = a, *y = b;
    return x->begin != y->begin ? (x->begin > y->begin) - (x->begin < y->begin)
                                : (x->end > y->end) - (x->end < y->end);
}

// Different paddings in rising order.
typedef struct padding_set {
    faltung_padding *value;
    size_t count, room;
} padding_set;

static bool insert(padding_set *set, faltung_padding padding)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_paddings(&set->value[middle], &padding);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (set->count == set->room) {
        size_t room = set->room ? 2 * set->room : 16;
        faltung_padding *more = realloc(set->value, room * sizeof *more);
        if (!more)
            return false;
        set->value = more;
        set->room = room;
    }
    memmove(&set->value[low + 1], &set->value[low], (set->count - low) * sizeof padding);
    set->value[low] = padding;
    set->count++;
    return true;
}

static int print_unique(session *s, const faltung_axis *axis, int64_t stop, const options *o)
{
    padding_set set = {NULL, 0, 0};
    int status = EXIT_DONE;
    int64_t output;
    // Every rule depends on the width through its remainder by the stride alone: one period is all.
    if (stop - axis->input > axis->stride)
        stop = axis->input + axis->stride;
    for (int64_t input = axis->input; !status && input < stop; input++) {
        faltung_axis at = *axis;
        at.input = input;
        status = find(s, &at, o, &output);
        if (!status && !insert(&set, at.padding))
            status = refuse(s, EXIT_REFUSED, "out of memory for over %zu paddings", set.count);
    }
    if (!status && o->json) {
        json j = json_begin(s->out);
        json_paddings(&j, "unique", (int)set.count, set.value);
        json_end(&j);
    } else if (!status) {
        for (size_t i = 0; i < set.count; i++) {
            print_padding(s->out, set.value[i]);
            fputc('\n', s->out);
        }
    }
    free(set.value);
    return status;
}

static int run_range(session *s, const options *o)
{
    faltung_axis axis;
    int64_t stop;
    int status = read_axis_range(s, o, &axis, &stop);
    if (!status && o->explain)
        return refuse(s, EXIT_USAGE, "--explain is for one size of the input, not for a range");
    if (!status)
        status = check_ends(s, &axis, stop, o);
    if (!status)
        status = o->unique ? print_unique(s, &axis, stop, o) : print_range(s, &axis, stop, o);
    return status;
}

// --------------------------------------------------------------------------------- explanations

// "2.5": half of a whole number.
static void print_half(FILE *file, int64_t twice)
{
    if (twice < 0)
        fputc('-', file);
    // In unsigned arithmetic the least int64 has a magnitude, too.
    uint64_t magnitude = twice < 0 ? -(uint64_t)twice : (uint64_t)twice;
    fprintf(file, "%" PRIu64 "%s", magnitude / 2, magnitude % 2 ? ".5" : "");
}

static void explain_interval(session *s, const faltung_axis *axis)
{
    faltung_padding_interval interval;
    faltung_padding_limits limits;
    if (faltung_find_padding_interval(axis, &interval, NULL))
        return;
    fprintf(s->out, "  output %" PRId64 " = ceil(%" PRId64 "/%" PRId64 ") for symmetric paddings ",
            interval.output, axis->input, axis->stride);
    print_half(s->out, interval.twice_min);
    fputs(" <= P < ", s->out);
    print_half(s->out, interval.twice_max);
    if (interval.exists)
        fprintf(s->out, "; the lowest is %" PRId64 "\n", interval.lowest);
    else
        fputs(", which holds no whole number: no symmetric padding exists\n", s->out);
    if (!faltung_find_padding_limits(axis, &limits, NULL))
        fprintf(s->out, "  over all inputs the lowest lies between %" PRId64 " and %" PRId64 "%s\n",
                limits.low, limits.high,
                limits.low == limits.high ? ": it does not depend on the input"
                                          : ": it depends on input mod stride");
}

// How far the windows of `axis` begin before or behind those of another rule with the same output.
static void explain_shift(session *s, const faltung_axis *axis, int64_t output,
                          faltung_padding_rule rule)
{
    faltung_axis other = *axis;
    int64_t size;
    if (faltung_axis_set_padding(&other, rule, NULL) || faltung_output_size(&other, &size, NULL))
        return;
    fprintf(s->out, "  against %s (", faltung_padding_rule_name(rule));
    print_padding(s->out, other.padding);
    int64_t shift = axis->padding.begin - other.padding.begin;
    if (size != output)
        fprintf(s->out, "): its output has %" PRId64 "\n", size);
    else if (shift == 0)
        fputs("): the same sampling grid\n", s->out);
    else
        fprintf(s->out, "): the sampling grid is shifted by %" PRId64 " input pixel%s to the %s\n",
                shift < 0 ? -shift : shift, shift == 1 || shift == -1 ? "" : "s",
                shift > 0 ? "begin" : "end");
}

static void explain(session *s, const faltung_axis *axis, int64_t output, const options *o)
{
    fprintf(s->out,
            "input %" PRId64 ", kernel %" PRId64 ", stride %" PRId64 ", dilation %" PRId64
            ": %s pads %" PRId64 " at the begin and %" PRId64 " at the end, output %" PRId64 "\n",
            axis->input, axis->kernel, axis->stride, axis->dilation,
            faltung_padding_rule_name(o->rule), axis->padding.begin, axis->padding.end, output);
    explain_interval(s, axis);
    for (int rule = FALTUNG_PADDING_VALID; rule <= FALTUNG_PADDING_SAME_SYMMETRIC; rule++)
        if (rule != (int)o->rule)
            explain_shift(s, axis, output, (faltung_padding_rule)rule);
}

int run_padding(session *s, const command *c, const options *o)
{
    (void)c;
    if (o->input.is_range)
        return run_range(s, o);
    faltung_axis axes[FALTUNG_MAX_AXES];
    int64_t output[FALTUNG_MAX_AXES];
    int count, status = read_axes(s, o, axes, &count);
    for (int i = 0; !status && i < count; i++)
        status = find(s, &axes[i], o, &output[i]);
    if (status)
        return status;
    if (o->json) {
        print_json(s, axes, count, output);
        return EXIT_DONE;
    }
    for (int i = 0; i < count; i++) {
        print_padding(s->out, axes[i].padding);
        fputc(i + 1 < count ? ',' : '\n', s->out);
    }
    for (int i = 0; o->explain && i < count; i++)
        explain(s, &axes[i], output[i], o);
    return EXIT_DONE;
}
