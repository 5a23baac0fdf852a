// SPDX-License-Identifier: Apache-2.0
#include "drawing/svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// What characters take in the widest common font, in parts of its size: on average in a line of
// text, and the most that a digit does.
#define CHARACTER_WIDTH 0.56
#define DIGIT_WIDTH     0.64
#define LEGEND_LINE     23.0
#define SECONDS_A_STEP  0.8

// Looks. Colours contrast with the sheet, 4.5 to 1 where they carry text. A colour never stands
// alone: padding is dashed, what nothing reaches is crossed out. They are written out for each of
// the two schemes, since viewers other than browsers know no variables of CSS.
#define COLOURS(paper, ink, soft, line, red, orange)                                               \
    ".fal-drawing text{fill:" ink "}\n"                                                            \
    ".fal-drawing .fal-formula,.fal-drawing .fal-index{fill:" soft "}\n"                           \
    ".fal-drawing .fal-warn{fill:" red "}\n"                                                       \
    ".fal-paper{fill:" paper "}\n"                                                                 \
    ".fal-padding,.fal-cropped,.fal-zero{stroke:" line "}\n"                                       \
    ".fal-cross,.fal-warn-brace{stroke:" red "}\n"                                                 \
    ".fal-brace{stroke:" soft "}\n"                                                                \
    ".fal-tap{fill:" orange "}\n"                                                                  \
    ".fal-sample,.fal-frame,.fal-next,.fal-ray{stroke:" orange "}\n"

// What is filled, and the lines around it.
#define FILLED(blue, blue_line, green, green_line, plum, plum_line, bar, bar_line, zero)           \
    ".fal-input{fill:" blue ";stroke:" blue_line "}\n"                                             \
    ".fal-output{fill:" green ";stroke:" green_line "}\n"                                          \
    ".fal-added{fill:" plum ";stroke:" plum_line "}\n"                                             \
    ".fal-bar{fill:" bar ";stroke:" bar_line "}\n"                                                 \
    ".fal-span{stroke:" bar_line "}\n"                                                             \
    ".fal-zero{fill:" zero "}\n"

static const char style[] =
    ".fal-drawing{max-width:100%;height:auto;font-family:system-ui,sans-serif}\n"
    ".fal-drawing text{font-size:14px}\n"
    ".fal-drawing .fal-title{font-size:17px;font-weight:600}\n"
    ".fal-drawing .fal-index{font-size:11px}\n"
    ".fal-drawing .fal-small{font-size:9px}\n"
    ".fal-drawing .fal-middle{text-anchor:middle}\n"
    ".fal-drawing .fal-end{text-anchor:end}\n"
    ".fal-padding,.fal-cropped{fill:none;stroke-dasharray:3 2}\n"
    ".fal-zero{stroke-opacity:.5}\n"
    ".fal-cross{fill:none;stroke-opacity:.85}\n"
    ".fal-tap{fill-opacity:.35}\n"
    ".fal-sample{stroke-width:2}\n"
    ".fal-frame{fill:none;stroke-width:2.5}\n"
    ".fal-next{fill:none;stroke-width:1.5;stroke-dasharray:5 4}\n"
    ".fal-ray{fill:none;stroke-opacity:.6}\n"
    ".fal-span,.fal-brace,.fal-warn-brace{fill:none}\n"
    ".fal-still{display:none}\n"
    "@media (prefers-reduced-motion:reduce){.fal-moving{display:none}.fal-still{display:inline}}\n"
    // clang-format off
    COLOURS("#fff", "#1b2430", "#566270", "#8a96a3", "#c92a2a", "#d9480f")
    FILLED("#cfe2f9", "#2f68a8", "#c9ecd8", "#23804f", "#eccdf7", "#8a35ad", "#ffd8a8", "#c05c00",
           "#eef1f4")
    "@media (prefers-color-scheme:dark){\n"
    COLOURS("#151a21", "#e8edf2", "#a9b4c0", "#6f7c8a", "#ff8787", "#ff922b")
    FILLED("#1f4268", "#7db4ee", "#1c4d35", "#6fd0a0", "#502463", "#d79bf0", "#5c3a12", "#ffb057",
           "#242b34")
    "}\n";
// clang-format on

bool svg_begin(svg *sheet)
{
    *sheet = (svg){.y = SVG_MARGIN};
    sheet->body = open_memstream(&sheet->text, &sheet->size);
    if (!sheet->body)
        return false;
    return true;
}

static const char *sign(const char *text, size_t index)
{
    const bool apart = index > 0 && text[index - 1] == ' ' && text[index + 1] == ' ';
    switch (text[index]) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '*':
        return "\u00b7";
    case '-':
        return apart ? "\u2212" : NULL;
    case 'x':
        return apart ? "\u00d7" : NULL;
    default:
        return NULL;
    }
}

static bool write_text(FILE *file, const char *text)
{
    bool done = true;
    for (size_t i = 0; text[i]; i++) {
        const char *written = sign(text, i);
        done = (written ? fputs(written, file) : fputc(text[i], file)) != EOF && done;
    }
    return done;
}

void svg_print(svg *sheet, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vfprintf(sheet->body, format, arguments) < 0)
        sheet->lost = true;
    va_end(arguments);
}

bool svg_end(svg *sheet, FILE *file, const words *w)
{
    if (fclose(sheet->body) != 0 || sheet->lost || !sheet->text) {
        free(sheet->text);
        return false;
    }
    const double height = sheet->y + SVG_MARGIN;
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fal-drawing\" role=\"img\" "
            "viewBox=\"0 0 %g %.0f\" width=\"%g\" height=\"%.0f\">\n<title>",
            SVG_WIDTH, height, SVG_WIDTH, height);
    write_text(file, w->title);
    fputs("</title>\n<desc>", file);
    for (int i = 0; i < w->notes; i++) {
        fputs(i ? " " : "", file);
        write_text(file, w->note[i]);
    }
    fprintf(file, "</desc>\n<style>\n%s</style>\n", style);
    fprintf(file, "<rect class=\"fal-paper\" width=\"%g\" height=\"%.0f\" rx=\"8\"/>\n", SVG_WIDTH,
            height);
    fwrite(sheet->text, 1, sheet->size, file);
    fputs("</svg>\n", file);
    free(sheet->text);
    return true;
}

void svg_rect(svg *sheet, const char *classes, double x, double y, double width, double height)
{
    svg_print(sheet, "<rect class=\"%s\" x=\"%.5g\" y=\"%.5g\" width=\"%.5g\" height=\"%.5g\"/>\n",
              classes, x, y, width, height);
}

void svg_text(svg *sheet, const char *classes, double x, double y, const char *format, ...)
{
    char text[WORDS_MAX_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    svg_print(sheet, "<text class=\"%s\" x=\"%.5g\" y=\"%.5g\">", classes, x, y);
    if (!write_text(sheet->body, text))
        sheet->lost = true;
    svg_print(sheet, "</text>\n");
}

void svg_paragraph(svg *sheet, const char *classes, double size, const char *text)
{
    const int columns = (int)(SVG_CONTENT / (size * CHARACTER_WIDTH));
    const char *line = text;
    for (int length; (length = words_next_line(&text, columns)) > 0; line = text) {
        sheet->y += size * 1.45;
        svg_text(sheet, classes, SVG_MARGIN, sheet->y - size * 0.35, "%.*s", length, line);
    }
}

double svg_text_width(double size, const char *text)
{
    return size * CHARACTER_WIDTH * (double)strlen(text);
}

double svg_number_width(double size, int64_t number)
{
    return size * DIGIT_WIDTH * snprintf(NULL, 0, "%" PRId64, number);
}

void svg_legend(svg *sheet, double *x, const char *classes, const char *meaning)
{
    const double sample = 16, width = sample + 6 + svg_text_width(TEXT_SIZE, meaning);
    if (*x > 0 && *x + width > SVG_CONTENT) {
        *x = 0;
        sheet->y += LEGEND_LINE;
    }
    const double left = SVG_MARGIN + *x, top = sheet->y;
    const bool crossed = strcmp(classes, "fal-cross") == 0;
    if (crossed)
        svg_print(sheet, "<path class=\"fal-cross\" d=\"M%g %gl10 10m0-10l-10 10\"/>\n", left + 3,
                  top + 3);
    else
        svg_rect(sheet, classes, left + 1, top + 1, sample - 2, sample - 2);
    svg_text(sheet, "fal-legend", left + sample + 6, top + 13, "%s", meaning);
    *x += width + 10;
}

void svg_end_legend(svg *sheet, double *x)
{
    if (*x > 0)
        sheet->y += LEGEND_LINE;
    *x = 0;
}

void svg_open_motion(svg *sheet)
{
    svg_print(sheet, "<animateTransform attributeName=\"transform\" type=\"translate\" "
                     "calcMode=\"discrete\" repeatCount=\"indefinite\" values=\"");
}

void svg_close_motion(svg *sheet, int64_t steps)
{
    svg_print(sheet, "\" dur=\"%gs\"/>\n", SECONDS_A_STEP * (double)steps);
}
