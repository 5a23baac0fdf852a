// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "geometry.h"
#include "json.h"

#include <inttypes.h>

static void print_size_json(session *s, const faltung_axis *axes, int count, const int64_t *output)
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

static int find_size(session *s, faltung_axis *axis, faltung_padding_rule rule, int64_t *output)
{
    faltung_message message;
    if (faltung_axis_set_padding(axis, rule, &message) ||
        faltung_output_size(axis, output, &message))
        return refuse_message(s, &message);
    return EXIT_DONE;
}

static int print_range(session *s, const options *o)
{
    faltung_axis axis;
    int64_t stop, output;
    int status = read_axis_range(s, o, &axis, &stop);
    if (status)
        return status;
    // What can go wrong goes wrong at one end, too small or too large: nothing is printed before
    // both are known to be right.
    faltung_axis first = axis, last = axis;
    last.input = stop - 1;
    if ((status = find_size(s, &first, o->padding.rule, &output)) ||
        (status = find_size(s, &last, o->padding.rule, &output)))
        return status;
    for (int64_t input = axis.input; !status && !ferror(s->out) && input < stop; input++) {
        faltung_axis at = axis;
        at.input = input;
        status = find_size(s, &at, o->padding.rule, &output);
        if (o->json)
            print_size_json(s, &at, 1, &output);
        else
            fprintf(s->out, "%" PRId64 " %" PRId64 "\n", input, output);
    }
    return status;
}

int run_size(session *s, const command *c, const options *o)
{
    (void)c;
    if (o->input.is_range)
        return print_range(s, o);
    faltung_axis axes[FALTUNG_MAX_AXES];
    int64_t output[FALTUNG_MAX_AXES];
    faltung_message message;
    int count, status = read_axes(s, o, axes, &count);
    if (status)
        return status;
    for (int i = 0; i < count; i++)
        if (faltung_output_size(&axes[i], &output[i], &message))
            return refuse_message(s, &message);
    if (o->json) {
        print_size_json(s, axes, count, output);
        return EXIT_DONE;
    }
    for (int i = 0; i < count; i++)
        fprintf(s->out, "%" PRId64 "%s", output[i], i + 1 < count ? "," : "\n");
    return EXIT_DONE;
}
