// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "figures.h"
#include "geometry.h"

#include <inttypes.h>

static void print_size(FILE *file, const faltung_axis *axis, int64_t output)
{
    (void)axis;
    fprintf(file, "%" PRId64, output);
}

int run_size(session *s, const command *c, const options *o)
{
    (void)c;
    if (o->input.is_range)
        return print_range(s, o, o->padding.rule, print_size);
    faltung_axis axes[FALTUNG_MAX_AXES];
    int64_t output[FALTUNG_MAX_AXES];
    int count, status = read_axes(s, o, axes, &count);
    for (int i = 0; !status && i < count; i++)
        status = find_output(s, &axes[i], FALTUNG_PADDING_EXPLICIT, &output[i]);
    if (status)
        return status;
    if (o->json) {
        print_axes_json(s->out, axes, count, output);
        return EXIT_DONE;
    }
    for (int i = 0; i < count; i++)
        fprintf(s->out, "%" PRId64 "%c", output[i], i + 1 < count ? ',' : '\n');
    return EXIT_DONE;
}
