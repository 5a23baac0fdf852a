// SPDX-License-Identifier: Apache-2.0
#include "figures.h"

#include "geometry.h"
#include "json.h"

#include <inttypes.h>

int find_output(session *s, faltung_axis *axis, faltung_padding_rule rule, int64_t *output)
{
    faltung_message message;
    if (faltung_axis_set_padding(axis, rule, &message) ||
        faltung_output_size(axis, output, &message))
        return refuse_message(s, &message);
    return EXIT_DONE;
}

void print_axes_json(FILE *file, const faltung_axis *axes, int count, const int64_t *output)
{
    int64_t input[FALTUNG_MAX_AXES] = {0};
    faltung_padding padding[FALTUNG_MAX_AXES];
    for (int i = 0; i < count; i++) {
        input[i] = axes[i].input;
        padding[i] = axes[i].padding;
    }
    json j = json_begin(file);
    json_integers(&j, "input", count, input);
    json_paddings(&j, "padding", count, padding);
    json_integers(&j, "output", count, output);
    json_end(&j);
}

int check_range(session *s, const faltung_axis *axis, int64_t stop, faltung_padding_rule rule)
{
    // What can go wrong goes wrong at one of the ends: too small a size, or too large a one.
    faltung_axis first = *axis, last = *axis;
    int64_t output;
    last.input = stop - 1;
    int status = find_output(s, &first, rule, &output);
    return status ? status : find_output(s, &last, rule, &output);
}

int print_range(session *s, const options *o, faltung_padding_rule rule,
                void (*print)(FILE *file, const faltung_axis *axis, int64_t output))
{
    faltung_axis axis;
    int64_t stop, output;
    int status = read_axis_range(s, o, &axis, &stop);
    if (!status)
        status = check_range(s, &axis, stop, rule);
    for (int64_t input = axis.input; !status && !ferror(s->out) && input < stop; input++) {
        faltung_axis at = axis;
        at.input = input;
        status = find_output(s, &at, rule, &output);
        if (o->json) {
            print_axes_json(s->out, &at, 1, &output);
        } else {
            fprintf(s->out, "%" PRId64 " ", input);
            print(s->out, &at, output);
            fputc('\n', s->out);
        }
    }
    return status;
}
