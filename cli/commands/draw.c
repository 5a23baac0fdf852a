// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "drawing/drawing.h"
#include "files/output.h"
#include "geometry.h"
#include "terminal.h"

#include <string.h>

static int read_drawing(session *s, const options *o, drawing *d)
{
    faltung_axis axes[FALTUNG_MAX_AXES];
    faltung_message message;
    if (o->input.is_range)
        return refuse(s, EXIT_USAGE, "--input is a range: one size per axis is needed");
    int status = read_axes(s, o, axes, &d->axes);
    if (status)
        return status;
    if (d->axes > 2)
        return refuse(s, EXIT_REFUSED, "--input has %d sizes: one or two axes can be drawn",
                      d->axes);
    for (int i = 0; i < d->axes; i++) {
        d->axis[i] = axes[i];
        if (faltung_output_size(&axes[i], &d->output[i], &message))
            return refuse_message(s, &message);
    }
    return EXIT_DONE;
}

static int write_svg(session *s, const drawing *d, const char *path, const options *o)
{
    output_file file;
    faltung_message message;
    int status = output_open(s, &file, path, o->force, false);
    if (status)
        return status;
    if (draw_svg(file.file, d, o->animate, &message) == FALTUNG_OK)
        return output_commit(s, &file);
    output_abandon(&file);
    return refuse_message(s, &message);
}

static int write_text(session *s, const drawing *d)
{
    faltung_message message;
    if (draw_text(s->out, d, terminal_columns(s), &message))
        return refuse_message(s, &message);
    return EXIT_DONE;
}

int run_draw(session *s, const command *c, const options *o)
{
    (void)c;
    drawing d;
    const char *path = o->outputs ? o->output[0] : NULL;
    if (path && strcmp(path, "-") != 0 && !output_name_ends(path, ".svg"))
        return refuse(s, EXIT_USAGE, "-o '%s': allowed is a name that ends in .svg, or -", path);
    if (!path && o->animate)
        return refuse(s, EXIT_USAGE, "--animate needs -o: a terminal's picture stands still");
    int status = read_drawing(s, o, &d);
    if (status)
        return status;
    return path ? write_svg(s, &d, path, o) : write_text(s, &d);
}
