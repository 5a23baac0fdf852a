// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "charts/chart.h"
#include "files/output.h"
#include "geometry.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// The chart's format by the file's name; -1 for a name that tells none.
static int find_format(const char *path)
{
    if (!path)
        return CHART_TEXT;
    if (strcmp(path, "-") == 0 || output_name_ends(path, ".svg"))
        return CHART_SVG;
    return output_name_ends(path, ".png") ? CHART_PNG : -1;
}

// Fills widths and paddings, `count` of each.
static int find_paddings(session *s, const faltung_axis *axis, int64_t *width, int64_t *padding,
                         int64_t count)
{
    faltung_message message;
    for (int64_t i = 0; i < count; i++) {
        faltung_axis at = *axis;
        at.input = width[i] = axis->input + i;
        if (faltung_axis_set_padding(&at, FALTUNG_PADDING_SAME_SYMMETRIC, &message))
            return refuse_message(s, &message);
        padding[i] = at.padding.begin;
    }
    return EXIT_DONE;
}

static int write_chart(session *s, const padding_chart *chart, chart_format format,
                       const options *o)
{
    if (!o->outputs)
        return chart_write(s, s->out, chart, format, terminal_columns(s));
    output_file file;
    int status = output_open(s, &file, o->output[0], o->force, format == CHART_PNG);
    if (status)
        return status;
    status = chart_write(s, file.file, chart, format, 0);
    if (!status)
        return output_commit(s, &file);
    output_abandon(&file);
    return status;
}

static int plot(session *s, const options *o, const faltung_axis *axis, int64_t count,
                chart_format format)
{
    padding_chart chart = {
        .kernel = axis->kernel,
        .stride = axis->stride,
        .dilation = axis->dilation,
        .count = (size_t)count,
    };
    faltung_message message;
    if (faltung_find_padding_limits(axis, &chart.limits, &message))
        return refuse_message(s, &message);
    int64_t *numbers = malloc(2 * (size_t)count * sizeof *numbers);
    if (!numbers)
        return refuse(s, EXIT_REFUSED, "out of memory for %" PRId64 " widths", count);
    chart.width = numbers;
    chart.padding = numbers + count;
    int status = find_paddings(s, axis, numbers, numbers + count, count);
    if (!status)
        status = write_chart(s, &chart, format, o);
    free(numbers);
    return status;
}

int run_plot(session *s, const command *c, const options *o)
{
    (void)c;
    faltung_axis axis;
    int64_t stop;
    if (strcmp(o->operand[0], "padding") != 0)
        return refuse(s, EXIT_USAGE, "'%s' cannot be plotted: allowed is padding", o->operand[0]);
    int format = find_format(o->outputs ? o->output[0] : NULL);
    if (format < 0)
        return refuse(s, EXIT_USAGE, "-o '%s': allowed is a name that ends in .svg or .png, or -",
                      o->output[0]);
    int status = read_axis_range(s, o, &axis, &stop);
    if (status)
        return status;
    if (stop - axis.input > CHART_MAX_WIDTHS)
        return refuse(s, EXIT_REFUSED,
                      "--input %" PRId64 ":%" PRId64 " has %" PRId64 " widths: a chart shows %d at "
                      "most",
                      axis.input, stop, stop - axis.input, CHART_MAX_WIDTHS);
    return plot(s, o, &axis, stop - axis.input, (chart_format)format);
}
