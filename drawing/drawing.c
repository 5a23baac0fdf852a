// SPDX-License-Identifier: Apache-2.0
#include "drawing/drawing.h"

#include "drawing/shared.h"
#include "drawing/words.h"

#include <inttypes.h>

// -------------------------------------------------------------------------- what is shared

const char *cell_class(cell kind)
{
    static const char *const classes[] = {
        [CELL_INPUT] = "fal-input", [CELL_PADDING] = "fal-padding",
        [CELL_ZERO] = "fal-zero",   [CELL_OUTPUT] = "fal-output",
        [CELL_ADDED] = "fal-added", [CELL_CROPPED] = "fal-cropped",
    };
    return classes[kind];
}

char cell_character(cell kind)
{
    static const char characters[] = {
        [CELL_INPUT] = 'o',  [CELL_PADDING] = '.', [CELL_ZERO] = ':',
        [CELL_OUTPUT] = 'o', [CELL_ADDED] = '+',   [CELL_CROPPED] = '.',
    };
    return characters[kind];
}

int64_t label_step(double distance, double room)
{
    static const int64_t factor[] = {2, 5, 10};
    int64_t step = 1;
    for (int64_t decade = 1;; decade *= 10) {
        for (int i = 0; i < 3; i++) {
            if ((double)step * distance >= room)
                return step;
            step = decade * factor[i];
        }
    }
}

int64_t shown_output(const drawing *d, int axis)
{
    return d->axis[axis].output_padding > 0 ? d->output[axis] - 1 : 0;
}

void draw_cross(svg *sheet, double x, double y, double width, double height)
{
    const double side = 0.7 * (width < height ? width : height);
    svg_print(sheet, "<path class=\"fal-cross\" d=\"M%.5g %.5gl%.4g %.4gm0-%.4gl-%.4g %.4g\"/>\n",
              x + (width - side) / 2, y + (height - side) / 2, side, side, side, side, side);
}

// ---------------------------------------------------------------------------------------- limits

static faltung_status refuse(faltung_message *message, faltung_status status, const char *format,
                             ...) __attribute__((format(printf, 3, 4)));

static faltung_status refuse(faltung_message *message, faltung_status status, const char *format,
                             ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (message)
        vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
    return status;
}

static faltung_status refuse_memory(faltung_message *message)
{
    return refuse(message, FALTUNG_ERROR_MEMORY, "not enough memory for the picture");
}

// Cells of the longer of an axis's two lanes, or more than `most` if they are more.
static int64_t count_cells(const faltung_axis *a, int64_t output, int64_t most)
{
    const int64_t sizes[] = {a->input,
                             a->kernel,
                             a->padding.begin,
                             a->padding.end,
                             output,
                             a->kernel > 1 ? a->dilation : 0,
                             a->transposed && a->input > 1 ? a->stride : 0,
                             a->output_padding};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i] > most)
            return most + 1;
    }
    const int64_t gather = lane_gather(a, output).cells, scatter = lane_scatter(a, output).cells;
    return gather > scatter ? gather : scatter;
}

static faltung_status check_size(const drawing *d, faltung_message *message)
{
    static const char *const axis_name[] = {"high", "wide"};
    if (d->axes == 1 &&
        count_cells(&d->axis[0], d->output[0], DRAWING_MAX_CELLS) > DRAWING_MAX_CELLS)
        return refuse(message, FALTUNG_ERROR_OPTION,
                      "too large to draw: a strip shows at most %d cells, padding included",
                      DRAWING_MAX_CELLS);
    for (int i = 0; d->axes == 2 && i < 2; i++) {
        if (count_cells(&d->axis[i], d->output[i], DRAWING_MAX_SIDE) > DRAWING_MAX_SIDE)
            return refuse(message, FALTUNG_ERROR_OPTION,
                          "too large to draw: a grid is at most %d cells %s, padding and inserted "
                          "zeros included",
                          DRAWING_MAX_SIDE, axis_name[i]);
    }
    return FALTUNG_OK;
}

static faltung_status check_steps(const drawing *d, faltung_message *message)
{
    const lane l = lane_scatter(&d->axis[0], d->output[0]);
    const int64_t steps = d->axes == 1 ? l.windows : d->output[0] * d->output[1];
    if (steps > DRAWING_MAX_STEPS)
        return refuse(message, FALTUNG_ERROR_OPTION,
                      "too long to animate: the kernel has %" PRId64
                      " positions, at most %d are shown",
                      steps, DRAWING_MAX_STEPS);
    return FALTUNG_OK;
}

// -------------------------------------------------------------------------------------- pictures

faltung_status draw_svg(FILE *file, const drawing *d, bool animate, faltung_message *message)
{
    faltung_status status = check_size(d, message);
    if (!status && animate)
        status = check_steps(d, message);
    if (status)
        return status;

    svg sheet;
    words w;
    if (!svg_begin(&sheet))
        return refuse_memory(message);
    words_make(&w, d);
    svg_paragraph(&sheet, "fal-title", TITLE_SIZE, w.title);
    sheet.y += 8;
    (d->axes == 1 ? draw_strip : draw_grids)(&sheet, d, animate);
    sheet.y += 4;
    svg_paragraph(&sheet, "fal-formula", TEXT_SIZE, w.formula);
    for (int i = 0; i < w.notes; i++) {
        sheet.y += 3;
        svg_paragraph(&sheet, i ? "fal-note" : "fal-numbers", TEXT_SIZE, w.note[i]);
    }
    return svg_end(&sheet, file, &w) ? FALTUNG_OK : refuse_memory(message);
}

faltung_status draw_text(FILE *file, const drawing *d, int columns, faltung_message *message)
{
    const int most = columns < PAGE_MAX_COLUMNS ? columns : PAGE_MAX_COLUMNS;
    const page p = {file, most < 32 ? 32 : most};
    const faltung_status status = check_size(d, message);
    if (status)
        return status;

    words w;
    words_make(&w, d);
    page_paragraph(&p, w.title);
    fputc('\n', file);
    if (!(d->axes == 1 ? write_strip : write_grids)(&p, d))
        return refuse_memory(message);
    fputc('\n', file);
    page_paragraph(&p, w.formula);
    for (int i = 0; i < w.notes; i++)
        page_paragraph(&p, w.note[i]);
    return FALTUNG_OK;
}
