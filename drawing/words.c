// SPDX-License-Identifier: Apache-2.0
#include "drawing/words.h"

#include "drawing/lane.h"

#include <inttypes.h>
#include <string.h>

// The longest list of cells or taps that is spelt out.
#define LIST_MAX 4

static char *new_note(words *w)
{
    return w->note[w->notes++];
}

static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Adds to a text of WORDS_MAX_LENGTH, cutting what does not fit.
static void append(char *text, const char *format, ...)
{
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, WORDS_MAX_LENGTH - length, format, arguments);
    va_end(arguments);
}

// ---------------------------------------------------------------------------------------- the
// title

static void append_values(char *text, const char *name, int axes, const int64_t value[2])
{
    append(text, ", %s %" PRId64, name, value[0]);
    if (axes == 2 && value[1] != value[0])
        append(text, ",%" PRId64, value[1]);
}

static void append_padding(char *text, const drawing *d)
{
    append(text, ", padding ");
    for (int i = 0; i < d->axes; i++) {
        const faltung_padding *p = &d->axis[i].padding;
        if (i == 1 && p->begin == d->axis[0].padding.begin && p->end == d->axis[0].padding.end)
            continue;
        append(text, i ? ",%" PRId64 : "%" PRId64, p->begin);
        if (p->end != p->begin)
            append(text, ":%" PRId64, p->end);
    }
}

static void append_size(char *text, int axes, int64_t first, int64_t second)
{
    append(text, "%" PRId64, first);
    if (axes == 2)
        append(text, " x %" PRId64, second);
}

static void make_title(char *text, const drawing *d)
{
    const faltung_axis *a = &d->axis[0];
    const faltung_axis *b = &d->axis[d->axes - 1];
    append(text, a->transposed ? "Transposed convolution: input " : "Convolution: input ");
    append_size(text, d->axes, a->input, b->input);
    append(text, ", kernel ");
    append_size(text, d->axes, a->kernel, b->kernel);
    append_values(text, "stride", d->axes, (int64_t[2]){a->stride, b->stride});
    append_padding(text, d);
    if (a->dilation != 1 || b->dilation != 1)
        append_values(text, "dilation", d->axes, (int64_t[2]){a->dilation, b->dilation});
    if (a->output_padding || b->output_padding)
        append_values(text, "output_padding", d->axes,
                      (int64_t[2]){a->output_padding, b->output_padding});
}

// -------------------------------------------------------------------------------------- the
// formula

static void make_formula(char *text, const drawing *d)
{
    const faltung_axis *a = &d->axis[0];
    const char *kernel =
        a->dilation == 1 && d->axis[d->axes - 1].dilation == 1 ? "kernel" : "extent";
    if (a->transposed)
        append(text, "output = (input - 1)*stride + %s - begin - end + output_padding", kernel);
    else
        append(text, "output = floor((input + begin + end - %s)/stride) + 1", kernel);
}

static bool same_axis(const faltung_axis *a, const faltung_axis *b)
{
    return a->input == b->input && a->kernel == b->kernel && a->stride == b->stride &&
           a->dilation == b->dilation && a->padding.begin == b->padding.begin &&
           a->padding.end == b->padding.end && a->output_padding == b->output_padding;
}

static void append_numbers(char *text, const faltung_axis *a, int64_t output)
{
    const int64_t extent = kernel_extent(a);
    const int64_t begin = a->padding.begin, end = a->padding.end;
    if (a->transposed)
        append(text,
               "(%" PRId64 " - 1)*%" PRId64 " + %" PRId64 " - %" PRId64 " - %" PRId64 " + %" PRId64,
               a->input, a->stride, extent, begin, end, a->output_padding);
    else
        append(text,
               "floor((%" PRId64 " + %" PRId64 " + %" PRId64 " - %" PRId64 ")/%" PRId64 ") + 1",
               a->input, begin, end, extent, a->stride);
    append(text, " = %" PRId64, output);
}

// An axis that is spoken of; two that are the same are spoken of together.
typedef struct subject {
    faltung_axis axis;
    int64_t output;
    const char *sizes;       // what the size of the output is called
    const char *one, *many;  // what is counted along it
    const char *kernel_part; // what of the kernel reaches one of those
} subject;

static int list_subjects(const drawing *d, subject list[2])
{
    const faltung_axis *a = &d->axis[0], *b = &d->axis[1];
    if (d->axes == 1) {
        list[0] = (subject){*a, d->output[0], "output", "cell", "cells", "kernel position"};
        return 1;
    }
    if (same_axis(a, b)) {
        list[0] = (subject){*a,
                            d->output[0],
                            "rows, columns",
                            "row and column",
                            "rows and columns",
                            "kernel position"};
        return 1;
    }
    list[0] = (subject){*a, d->output[0], "rows", "row", "rows", "kernel row"};
    list[1] = (subject){*b, d->output[1], "columns", "column", "columns", "kernel column"};
    return 2;
}

static const char *name(const subject *about, int64_t count)
{
    return count == 1 ? about->one : about->many;
}

static void note_numbers(words *w, const subject *about)
{
    char *note = new_note(w);
    append(note, "%s = ", about->sizes);
    append_numbers(note, &about->axis, about->output);
    if (about->axis.dilation != 1)
        append(new_note(w),
               "extent = dilation*(kernel - 1) + 1 = %" PRId64 "*(%" PRId64 " - 1) + 1 = %" PRId64,
               about->axis.dilation, about->axis.kernel, kernel_extent(&about->axis));
}

// ----------------------------------------------------------------------- what no window reaches

static void note_left_over(words *w, const subject *about)
{
    const lane l = lane_gather(&about->axis, about->output);
    const int64_t left = lane_left_over(&l), padding = l.cells - l.to;
    if (left == 0)
        return;
    char *note = new_note(w);
    append(note, "Left over: %" PRId64 " %s at the end, ", left, name(about, left));
    if (left > padding && padding > 0)
        append(note, "%" PRId64 " of the input and %" PRId64 " of padding,", left - padding,
               padding);
    else
        append(note, left > padding ? "of the input," : "of padding,");
    append(note, " where no window fits any more.");
}

static void note_skipped(words *w, const subject *about)
{
    const lane l = lane_gather(&about->axis, about->output);
    const int64_t skipped = lane_skipped(&l);
    if (skipped)
        append(new_note(w), "Skipped: %" PRId64 " %s that no window reads.", skipped,
               name(about, skipped));
}

static void note_empty(words *w, const subject *about)
{
    const lane l = lane_output(&about->axis, about->output);
    const int64_t empty = lane_skipped(&l) + lane_left_over(&l);
    if (empty)
        append(new_note(w),
               "Empty: %" PRId64 " output %s that no %s reaches: the bias alone is there.", empty,
               name(about, empty), about->kernel_part);
}

// -------------------------------------------------------------------- what output_padding adds

static void append_taps(char *text, const subject *about, const lane *l, int64_t index)
{
    int64_t tap[LIST_MAX], count = 0, window;
    for (int64_t i = 0; i < l->taps; i++) {
        if (lane_reached_by(l, index, i, &window) && count++ < LIST_MAX)
            tap[count - 1] = i;
    }
    append(text, count ? ", reached by %s%s" : ", reached by no %s", about->kernel_part,
           count > 1 ? "s" : "");
    for (int64_t i = 0; i < count && i < LIST_MAX; i++)
        append(text, "%s%" PRId64, i ? ", " : " ", tap[i]);
    if (count > LIST_MAX)
        append(text, " and %" PRId64 " more", count - LIST_MAX);
}

static void note_added(words *w, const subject *about)
{
    const lane l = lane_scatter(&about->axis, about->output);
    if (l.added == 0)
        return;
    char *note = new_note(w);
    append(note, "output_padding %" PRId64 " adds, at the end only:", about->axis.output_padding);
    for (int64_t i = 0; i < l.added && i < LIST_MAX; i++) {
        const int64_t index = l.to - l.added + i;
        append(note, "%s %s %" PRId64, i ? ";" : "", about->one, lane_element(&l, index));
        append_taps(note, about, &l, index);
    }
    if (l.added > LIST_MAX)
        append(note, "; and %" PRId64 " more", l.added - LIST_MAX);
    append(note, ".");
}

// ------------------------------------------------------------------------------------ all of it

static void note_transposed(words *w, const drawing *d)
{
    if (d->axes == 1)
        append(new_note(w), "Each bar is one input element times the kernel, added to the output "
                            "cells above it; the padding crops the ends.");
    else
        append(new_note(w), "It is a plain convolution with stride 1: zeros are put between the "
                            "input's cells (stride - 1) and around them (extent - 1 - padding), "
                            "and the kernel is turned by 180 degrees.");
}

typedef void note_maker(words *w, const subject *about);

static void note_all(words *w, note_maker *make, const subject list[2], int count)
{
    for (int i = 0; i < count; i++)
        make(w, &list[i]);
}

void words_make(words *w, const drawing *d)
{
    subject list[2];
    const int count = list_subjects(d, list);
    *w = (words){0};
    make_title(w->title, d);
    make_formula(w->formula, d);
    note_all(w, note_numbers, list, count);
    if (d->axis[0].transposed) {
        note_transposed(w, d);
        note_all(w, note_added, list, count);
        note_all(w, note_empty, list, count);
    }
    // A transposed strip is the output, in which there is nothing to be read.
    if (d->axes == 2 || !d->axis[0].transposed) {
        note_all(w, note_left_over, list, count);
        note_all(w, note_skipped, list, count);
    }
}

int words_next_line(const char **text, int columns)
{
    const char *start = *text;
    int length = (int)strlen(start);
    if (length > columns) {
        length = columns;
        while (length > 0 && start[length] != ' ')
            length--;
        if (length == 0)
            length = columns;
    }
    *text = start + length;
    *text += strspn(*text, " ");
    while (length > 0 && start[length - 1] == ' ')
        length--;
    return length;
}
