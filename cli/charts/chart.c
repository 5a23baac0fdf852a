// SPDX-License-Identifier: Apache-2.0
#include "charts/chart.h"

#include "charts/gnuplot.h"
#include "drawing/shared.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SVG_HIGH      270 // a panel of each format
#define PNG_WIDE      1120
#define PNG_HIGH      560
#define TEXT_HIGH     20
#define TITLE_LENGTH  320
#define TITLE_COLUMNS 66  // of a title in SVG and PNG
#define STEMS_MOST    200 // the most widths that get a line from the lower limit to their point

// What a chart is drawn with.
typedef struct brush {
    FILE *script;
    const padding_chart *c;
    chart_format format;
    int columns;
} brush;

static bool depends_on_width(const padding_chart *c)
{
    return c->limits.low != c->limits.high;
}

static int count_panels(const padding_chart *c)
{
    return depends_on_width(c) ? 2 : 1;
}

static int64_t extent(const padding_chart *c)
{
    return c->dilation * (c->kernel - 1) + 1;
}

// -------------------------------------------------------------------------------------- the script

// In SVG the colours are names by which svg_style finds what to recolour.
static void set_terminal(const brush *b)
{
    const padding_chart *c = b->c;
    const int panels = count_panels(c);
    switch (b->format) {
    case CHART_SVG:
        fprintf(b->script,
                "set terminal svg size %g,%d dynamic noenhanced font 'system-ui,13' "
                "name 'fal_chart_k%" PRId64 "_s%" PRId64 "_d%" PRId64 "_w%" PRId64 "'\n",
                SVG_WIDTH, SVG_HIGH * panels, c->kernel, c->stride, c->dilation, c->width[0]);
        break;
    case CHART_PNG:
        fprintf(b->script,
                "set terminal pngcairo size %d,%d noenhanced font 'sans,13' background 'white'\n",
                PNG_WIDE, PNG_HIGH * panels);
        break;
    case CHART_TEXT:
        fprintf(b->script, "set terminal dumb mono noenhanced size %d,%d\n", b->columns, TEXT_HIGH);
        break;
    }
}

static void write_data(const brush *b)
{
    const padding_chart *c = b->c;
    fputs("$paddings << END\n", b->script);
    for (size_t i = 0; i < c->count; i++)
        fprintf(b->script, "%" PRId64 " %" PRId64 " %" PRId64 "\n", c->width[i],
                c->width[i] % c->stride, c->padding[i]);
    fputs("END\n", b->script);
}

// What a horizontal line means, above it or below.
static void write_limit(const brush *b, int64_t value, bool above, const char *meaning)
{
    const double lift = b->format == CHART_TEXT ? 1 : 0.6;
    fprintf(b->script,
            "set label '%s' at graph 0.99,first %" PRId64 " right offset character 0,%g "
            "textcolor rgb '#b53c0c'\n",
            meaning, value, above ? lift : -lift);
}

// The lower limit, or with `upper` the upper one, in numbers.
static void name_limit(char *text, size_t size, const padding_chart *c, bool upper)
{
    const int64_t kernel = extent(c);
    if (upper)
        snprintf(text, size, "%" PRId64 " = ceil((%" PRId64 " - 1)/2)", c->limits.high, kernel);
    else if (kernel < c->stride)
        snprintf(text, size, "0, as %" PRId64 " < %" PRId64, kernel, c->stride);
    else
        snprintf(text, size, "%" PRId64 " = ceil((%" PRId64 " - %" PRId64 ")/2)", c->limits.low,
                 kernel, c->stride);
}

static void write_limits(const brush *b)
{
    const padding_chart *c = b->c;
    char lower[80], upper[80], text[200];
    name_limit(lower, sizeof lower, c, false);
    name_limit(upper, sizeof upper, c, true);
    snprintf(text, sizeof text, "at most %s", upper);
    write_limit(b, c->limits.high, true, text);
    snprintf(text, sizeof text, "at least %s", lower);
    write_limit(b, c->limits.low, false, text);
}

static void write_axes(const brush *b)
{
    const int64_t low = b->c->limits.low, high = b->c->limits.high;
    const double spread = (double)(high - low), room = spread > 3 ? 0.3 * spread : 1;
    fprintf(b->script,
            "set border 3 linecolor rgb '#1b2430'\nset tics nomirror out textcolor rgb '#1b2430'\n"
            "set ylabel 'padding' textcolor rgb '#1b2430'\nset format '%%.0f'\nunset key\nset "
            "samples 2\n"
            "set yrange [%g:%g]\nset ytics 0,%" PRId64 "\n",
            (double)low - room, (double)high + room, label_step(1, (spread + 2 * room) / 8));
}

static void write_panel(const brush *b, const char *x_name, int column, double from, double to)
{
    const int64_t low = b->c->limits.low;
    const bool stems = b->c->count <= STEMS_MOST && b->format != CHART_TEXT;
    fprintf(b->script, "set xlabel '%s' textcolor rgb '#1b2430'\n", x_name);
    fprintf(b->script, "set xrange [%.17g:%.17g]\nset xtics %" PRId64 "\n", from - 0.5, to + 0.5,
            label_step(1, (to - from) / (b->format == CHART_TEXT ? 6 : 11)));
    fputs("plot ", b->script);
    if (stems)
        fprintf(b->script,
                "$paddings using %d:(%" PRId64 "):(0):($3 - %" PRId64
                ") with vectors nohead linecolor rgb "
                "'#a8c4e2' title '', ",
                column, low, low);
    const int64_t limit[] = {b->c->limits.low, b->c->limits.high};
    for (int i = 0; i < count_panels(b->c); i++)
        fprintf(b->script, "%" PRId64 " with lines %s title 'limit %" PRId64 "', ", limit[i],
                b->format == CHART_TEXT ? "linetype 0" : "linecolor rgb '#d9480f' dashtype 2",
                limit[i]);
    fprintf(b->script,
            "$paddings using %d:3 with points pointtype %s pointsize %g linecolor rgb '#2f68a8' "
            "title 'lowest padding'\n",
            column, b->format == CHART_TEXT ? "'*'" : "7", b->format == CHART_PNG ? 1.0 : 0.5);
}

static void write_titles(char first[TITLE_LENGTH], char second[TITLE_LENGTH],
                         const padding_chart *c)
{
    char kernel[80] = "", range[80];
    if (c->dilation != 1)
        snprintf(kernel, sizeof kernel, ", D %" PRId64 " (extent %" PRId64 ")", c->dilation,
                 extent(c));
    if (depends_on_width(c))
        snprintf(range, sizeof range, "from %" PRId64 " to %" PRId64 ", depending on W",
                 c->limits.low, c->limits.high);
    else
        snprintf(range, sizeof range, "always %" PRId64 ", whatever W is", c->limits.low);
    snprintf(first, TITLE_LENGTH,
             "Lowest symmetric padding with output ceil(W/S), for K %" PRId64 ", S %" PRId64
             "%s: %s",
             c->kernel, c->stride, kernel, range);
    snprintf(second, TITLE_LENGTH,
             "It depends on W mod S only, so it repeats every %" PRId64 " widths", c->stride);
}

// Titles do not wrap by themselves.
static void set_title(const brush *b, const char *text)
{
    const int columns = b->format == CHART_TEXT ? b->columns - 4 : TITLE_COLUMNS;
    const char *line = text, *before = "";
    fputs("set title \"", b->script);
    for (int length; (length = words_next_line(&text, columns)) > 0; line = text, before = "\\n")
        fprintf(b->script, "%s%.*s", before, length, line);
    fputs("\" textcolor rgb '#1b2430'\n", b->script);
}

static void write_panels(const brush *b)
{
    const padding_chart *c = b->c;
    const bool two = depends_on_width(c), multiplot = two && b->format != CHART_TEXT;
    char first[TITLE_LENGTH], second[TITLE_LENGTH], x_name[48];
    write_titles(first, second, c);
    if (multiplot)
        fputs("set multiplot layout 2,1\n", b->script);
    set_title(b, first);
    write_panel(b, "width W", 1, (double)c->width[0], (double)c->width[c->count - 1]);
    if (two) {
        set_title(b, second);
        snprintf(x_name, sizeof x_name, "W mod %" PRId64, c->stride);
        write_panel(b, x_name, 2, 0, (double)(c->stride - 1));
    }
    if (multiplot)
        fputs("unset multiplot\n", b->script);
}

static int write_script(session *s, const padding_chart *c, chart_format format, int columns,
                        char **script)
{
    size_t size;
    brush b = {open_memstream(script, &size), c, format, columns};
    if (!b.script)
        return refuse(s, EXIT_REFUSED, "not enough memory for the chart");
    set_terminal(&b);
    write_data(&b);
    write_axes(&b);
    write_limits(&b);
    write_panels(&b);
    const bool lost = ferror(b.script) != 0;
    if (fclose(b.script) == 0 && !lost && *script)
        return EXIT_DONE;
    free(*script);
    return refuse(s, EXIT_REFUSED, "not enough memory for the chart");
}

// ------------------------------------------------------------------------------------- the output

// The sheet, and what becomes of gnuplot's colours, as it writes them, on a dark one. No variables
// of CSS, which viewers other than browsers do not know.
static const char svg_style[] = ".fal-chart{max-width:100%;height:auto}\n"
                                ".fal-chart .fal-paper{fill:#fff}\n"
                                "@media (prefers-color-scheme:dark){\n"
                                ".fal-chart .fal-paper{fill:#151a21}\n"
                                ".fal-chart [fill=\"rgb(27,36,48)\"]{fill:#e8edf2}\n"
                                ".fal-chart [fill=\"rgb(181,60,12)\"]{fill:#ffa94d}\n"
                                ".fal-chart [stroke=\"rgb( 27,  36,  48)\"]{stroke:#e8edf2}\n"
                                ".fal-chart [stroke=\"rgb(168, 196, 226)\"]{stroke:#2d5784}\n"
                                ".fal-chart [stroke=\"rgb(217,  72,  15)\"]{stroke:#ff922b}\n"
                                ".fal-chart [color=\"rgb( 47, 104, 168)\"]{color:#7db4ee}\n"
                                "}\n";

// Puts a head of our own before what gnuplot drew.
static int write_svg(session *s, FILE *file, const padding_chart *c, const char *drawn)
{
    static const char end_of_head[] = "</desc>";
    const char *body = strstr(drawn, end_of_head);
    if (!body)
        return refuse(s, EXIT_REFUSED, "gnuplot wrote something that is no SVG of its version 5");
    char title[TITLE_LENGTH], note[TITLE_LENGTH];
    write_titles(title, note, c);
    const int height = SVG_HIGH * count_panels(c);
    fprintf(
        file,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
        "class=\"fal-chart\" role=\"img\" viewBox=\"0 0 %g %d\" width=\"%g\" height=\"%d\">\n"
        "<title>%s</title>\n<desc>%s.</desc>\n",
        SVG_WIDTH, height, SVG_WIDTH, height, title,
        depends_on_width(c) ? note : "Both limits agree");
    fprintf(file,
            "<style>\n%s</style>\n<rect class=\"fal-paper\" width=\"%g\" height=\"%d\" rx=\"8\"/>",
            svg_style, SVG_WIDTH, height);
    fputs(body + strlen(end_of_head), file);
    return EXIT_DONE;
}

// Lines without form feeds, blanks at their ends, and blank lines at the begin and the end.
static void write_text(FILE *file, const char *drawn)
{
    size_t blank_lines = 0;
    bool begun = false;
    while (*drawn) {
        drawn += strspn(drawn, "\f");
        const size_t length = strcspn(drawn, "\n");
        size_t shown = length;
        while (shown > 0 && drawn[shown - 1] == ' ')
            shown--;
        blank_lines += shown == 0 && begun;
        for (; shown && blank_lines; blank_lines--)
            fputc('\n', file);
        if (shown)
            fprintf(file, "%.*s\n", (int)shown, drawn);
        begun = begun || shown;
        drawn += length + (drawn[length] == '\n');
    }
}

static int check(session *s, const padding_chart *c)
{
    if (c->count > CHART_MAX_WIDTHS)
        return refuse(s, EXIT_REFUSED, "too many widths for a chart: %zu, at most %d", c->count,
                      CHART_MAX_WIDTHS);
    const int64_t values[] = {c->width[c->count - 1], c->stride, c->limits.high};
    for (int i = 0; i < 3; i++) {
        if (values[i] > CHART_MAX_VALUE)
            return refuse(s, EXIT_REFUSED, "too large for a chart: %" PRId64 ", at most %" PRId64,
                          values[i], (int64_t)CHART_MAX_VALUE);
    }
    return EXIT_DONE;
}

int chart_write(session *s, FILE *file, const padding_chart *c, chart_format format, int columns)
{
    const int wide = columns < 40 ? 40 : columns > 400 ? 400 : columns;
    char *script, *drawn;
    size_t size;
    int status = check(s, c);
    if (status == EXIT_DONE)
        status = write_script(s, c, format, wide, &script);
    if (status != EXIT_DONE)
        return status;
    status = gnuplot_run(s, script, &drawn, &size);
    free(script);
    if (status != EXIT_DONE)
        return status;
    if (format == CHART_SVG)
        status = write_svg(s, file, c, drawn);
    else if (format == CHART_TEXT)
        write_text(file, drawn);
    else
        fwrite(drawn, 1, size, file);
    free(drawn);
    return status;
}
