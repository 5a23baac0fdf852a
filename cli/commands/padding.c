// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "explanation.h"
#include "figures.h"
#include "geometry.h"
#include "json.h"

#include <limits.h>
#include <stdlib.h>

// ------------------------------------------------------------------------------ unique paddings

// Different paddings in rising order.
typedef struct padding_list {
    faltung_padding *value;
    size_t count, room;
} padding_list;

// Adds a padding that is not below the last one.
static bool add(padding_list *list, faltung_padding padding)
{
    const faltung_padding *last = list->count ? &list->value[list->count - 1] : NULL;
    if (last && last->begin == padding.begin && last->end == padding.end)
        return true;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        faltung_padding *more = room <= INT_MAX ? realloc(list->value, room * sizeof *more) : NULL;
        if (!more)
            return false;
        list->value = more;
        list->room = room;
    }
    list->value[list->count++] = padding;
    return true;
}

// Adds the paddings for the inputs from `first` to `last`, which lie between two multiples of the
// stride. From the last of them to the first the padding rises; it is none for those that are at
// least the kernel's extent behind the lower multiple, of which one stands for all.
static int add_stretch(session *s, const faltung_axis *axis, int64_t first, int64_t last,
                       faltung_padding_rule rule, padding_list *list)
{
    int status = EXIT_DONE;
    int64_t output, multiple = (first - 1) / axis->stride * axis->stride;
    int64_t extent = (axis->kernel - 1) * axis->dilation + 1;
    for (int64_t input = last; !status && input >= first; input--) {
        faltung_axis at = *axis;
        at.input = input;
        status = find_output(s, &at, rule, &output);
        if (!status && !add(list, at.padding))
            status = refuse(s, EXIT_REFUSED, "out of memory for over %zu paddings", list->count);
        if (input - multiple > extent)
            input = multiple + extent;
    }
    return status;
}

// Every rule depends on the input through its remainder by the stride alone, so one period is all.
static int find_unique(session *s, const faltung_axis *axis, int64_t stop,
                       faltung_padding_rule rule, padding_list *list)
{
    int64_t first = axis->input, last = stop - 1;
    if (last - first >= axis->stride)
        last = first + (axis->stride - 1);
    // The first stretch ends at a multiple of the stride; another one may follow, of inputs that
    // are closer to the multiple before them and so have higher paddings.
    int64_t to_multiple = axis->stride - 1 - (first - 1) % axis->stride;
    int64_t end = last - first > to_multiple ? first + to_multiple : last;
    int status = add_stretch(s, axis, first, end, rule, list);
    return status || end == last ? status : add_stretch(s, axis, end + 1, last, rule, list);
}

static void print_list(session *s, const padding_list *list, bool as_json)
{
    if (as_json) {
        json j = json_begin(s->out);
        json_paddings(&j, "unique", (int)list->count, list->value);
        json_end(&j);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        print_padding(s->out, list->value[i]);
        fputc('\n', s->out);
    }
}

static int print_unique(session *s, const options *o)
{
    faltung_axis axis;
    int64_t stop;
    padding_list list = {NULL, 0, 0};
    int status = read_axis_range(s, o, &axis, &stop);
    if (!status)
        status = check_range(s, &axis, stop, o->rule);
    if (!status)
        status = find_unique(s, &axis, stop, o->rule, &list);
    if (!status)
        print_list(s, &list, o->json);
    free(list.value);
    return status;
}

// ----------------------------------------------------------------------------------- the command

static void print_one(FILE *file, const faltung_axis *axis, int64_t output)
{
    (void)output;
    print_padding(file, axis->padding);
}

static void print_all(session *s, const faltung_axis *axes, int count, const int64_t *output,
                      const options *o)
{
    if (o->json)
        print_axes_json(s->out, axes, count, output);
    for (int i = 0; !o->json && i < count; i++) {
        print_padding(s->out, axes[i].padding);
        fputc(i + 1 < count ? ',' : '\n', s->out);
    }
    for (int i = 0; o->explain && i < count; i++)
        explain_padding(s->out, &axes[i], output[i], o->rule, o->json);
}

// The padding that gives an axis an output of the size asked for, or of the one that is the rule's.
static int find_padding(session *s, const options *o, faltung_axis *axis, const int64_t *size,
                        int64_t *output)
{
    faltung_message message;
    if (!was_given(o, OPTION_OUTPUT_SIZE))
        return find_output(s, axis, o->rule, output);
    if (faltung_axis_set_output_size(axis, o->rule, *size, &message))
        return refuse_message(s, &message);
    return find_output(s, axis, FALTUNG_PADDING_EXPLICIT, output);
}

int run_padding(session *s, const command *c, const options *o)
{
    (void)c;
    if (o->explain && (o->input.is_range || o->unique))
        return refuse(
            s, EXIT_USAGE,
            "--explain is about one padding: not with a range of inputs, nor with --unique");
    if (o->explain && o->transposed)
        return refuse(s, EXIT_USAGE,
                      "--explain is about paddings of the input: not with "
                      "--transposed");
    if (was_given(o, OPTION_OUTPUT_SIZE) && (o->input.is_range || o->unique))
        return refuse(s, EXIT_USAGE,
                      "--output-size is of one input: not with a range, nor with --unique");
    if (o->unique)
        return print_unique(s, o);
    if (o->input.is_range)
        return print_range(s, o, o->rule, print_one);
    faltung_axis axes[FALTUNG_MAX_AXES];
    int64_t output[FALTUNG_MAX_AXES], size[FALTUNG_MAX_AXES];
    int count, status = read_axes(s, o, axes, &count);
    if (!status)
        status = spread_values(s, OPTION_OUTPUT_SIZE, &o->output_size, count, 1, size);
    for (int i = 0; !status && i < count; i++)
        status = find_padding(s, o, &axes[i], &size[i], &output[i]);
    if (!status)
        print_all(s, axes, count, output, o);
    return status;
}
