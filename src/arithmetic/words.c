// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/words.h"

#include "arithmetic/axis.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

// Where a member stands in a faltung_axis, so that one function lists any of them.
#define MEMBER(name) offsetof(faltung_axis, name)

static int64_t get(const faltung_axis *axis, size_t member)
{
    int64_t value;
    memcpy(&value, (const char *)axis + member, sizeof value);
    return value;
}

static void take_member(const faltung_axis *axes, int count, size_t member,
                        int64_t values[FALTUNG_MAX_AXES])
{
    for (int i = 0; i < count; i++)
        values[i] = get(&axes[i], member);
}

static const char *list_member(fal_list *list, const faltung_axis *axes, int count, size_t member)
{
    int64_t values[FALTUNG_MAX_AXES] = {0};
    take_member(axes, count, member, values);
    return fal_list_write(list, count, values);
}

const char *fal_list_strides(fal_list *list, const faltung_axis *axes, int count)
{
    return list_member(list, axes, count, MEMBER(stride));
}

const char *fal_list_tuple(fal_list *list, int count, const int64_t *values)
{
    fal_list_write(list, count, values);
    list->text[0] = '(';
    list->text[strlen(list->text) - 1] = ')';
    return list->text;
}

const char *fal_list_paddings(fal_list *list, const char *brackets, const faltung_axis *axes,
                              int count)
{
    size_t length = 1;
    snprintf(list->text, sizeof list->text, "%c", brackets[0]);
    for (int i = 0; i < count; i++) {
        faltung_padding p = axes[i].padding;
        const char *before = i ? ", " : "";
        char *at = list->text + length;
        size_t room = sizeof list->text - length;
        length += (size_t)(p.begin == p.end ? snprintf(at, room, "%s%" PRId64, before, p.begin)
                                            : snprintf(at, room, "%s%" PRId64 ":%" PRId64, before,
                                                       p.begin, p.end));
    }
    snprintf(list->text + length, sizeof list->text - length, "%c", brackets[1]);
    return list->text;
}

static const char *list_paddings(fal_list *list, const faltung_axis *axes, int count)
{
    return fal_list_paddings(list, "[]", axes, count);
}

// "(14 x 14)"
static const char *list_sizes(fal_list *list, int count, const int64_t *sizes)
{
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(list->text + length, sizeof list->text - length, "%s%" PRId64,
                                   i ? " x " : "(", sizes[i]);
    snprintf(list->text + length, sizeof list->text - length, ")");
    return list->text;
}

const char *fal_list_named(fal_list *list, const char *name, int count, const int64_t *values)
{
    static const char *const names[FALTUNG_MAX_AXES] = {"depth", "height", "width"};
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length +=
            (size_t)snprintf(list->text + length, sizeof list->text - length, "%s%s_%s: %" PRId64,
                             i ? " " : "", name, names[FALTUNG_MAX_AXES - count + i], values[i]);
    return list->text;
}

static const char *list_named(fal_list *list, const faltung_axis *axes, int count, const char *name,
                              size_t member)
{
    int64_t values[FALTUNG_MAX_AXES];
    take_member(axes, count, member, values);
    return fal_list_named(list, name, count, values);
}

void fal_say_huge_padding(const faltung_axis *axes, int count, int index, faltung_message *m)
{
    fal_list list;
    faltung_padding p = axes[index].padding;
    const int64_t most = INT64_MAX / 2;
    bool low = p.begin < -most || p.end < -most;
    int64_t side = low ? (p.begin < p.end ? p.begin : p.end) : p.begin > p.end ? p.begin : p.end;
    fal_fail(m, FALTUNG_ERROR_PADDING,
             "Given padding=%" PRId64 " at dimension %d , expected padding to be at %s %" PRId64
             ": padding=%s",
             side, index, low ? "least" : "most", low ? -most : most,
             list_paddings(&list, axes, count));
}

void fal_say_negative_output_padding(const faltung_axis *axes, int count, int index,
                                     faltung_message *m)
{
    fal_list list;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_OUTPUT_PADDING,
             "negative output_padding is not supported: output_padding=%s, allowed is 0 or more",
             list_member(&list, axes, count, MEMBER(output_padding)));
}

void fal_say_stray_output_padding(const faltung_axis *axes, int count, int index,
                                  faltung_message *m)
{
    fal_list list;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_OUTPUT_PADDING,
             "output_padding is for transposed convolutions: output_padding=%s, allowed is 0",
             list_member(&list, axes, count, MEMBER(output_padding)));
}

void fal_say_large_output_padding(const faltung_axis *axes, int count, int index,
                                  faltung_message *m)
{
    fal_list output_padding, stride, dilation;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_OUTPUT_PADDING,
             "output padding must be smaller than either stride or dilation, but got %s %s %s",
             list_named(&output_padding, axes, count, "output_padding", MEMBER(output_padding)),
             list_named(&stride, axes, count, "stride", MEMBER(stride)),
             list_named(&dilation, axes, count, "dilation", MEMBER(dilation)));
}

void fal_say_stride(const faltung_axis *axes, int count, int index, faltung_message *m)
{
    fal_list list;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_STRIDE,
             "non-positive stride is not supported: stride=%s, allowed is 1 or more",
             fal_list_strides(&list, axes, count));
}

void fal_say_dilation(const faltung_axis *axes, int count, int index, faltung_message *m)
{
    fal_list list;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_DILATION,
             "dilation should be greater than zero: dilation=%s, allowed is 1 or more",
             list_member(&list, axes, count, MEMBER(dilation)));
}

void fal_say_input_dilation(const faltung_axis *axes, int count, int index, faltung_message *m)
{
    fal_list list;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_DILATION,
             "input dilation should be greater than zero: input_dilation=%s, allowed is 1 or more",
             list_member(&list, axes, count, MEMBER(input_dilation)));
}

void fal_say_stray_input_dilation(const faltung_axis *axes, int count, int index,
                                  faltung_message *m)
{
    fal_list list;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_DILATION,
             "input_dilation is for convolutions: input_dilation=%s, allowed is 1 (stride is what "
             "dilates the input of a transposed one)",
             list_member(&list, axes, count, MEMBER(input_dilation)));
}

void fal_say_kernel(const faltung_axis *axes, int count, int index, faltung_message *m)
{
    fal_list list;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_KERNEL, "kernel size should be greater than zero, but got %s",
             list_named(&list, axes, count, "kernel", MEMBER(kernel)));
}

void fal_say_empty(const faltung_axis *axes, int count, int index, faltung_message *m)
{
    fal_list list;
    (void)index;
    fal_fail(m, FALTUNG_ERROR_EMPTY, "input size should be greater than zero, but got %s",
             list_named(&list, axes, count, "input", MEMBER(input)));
}

void fal_say_no_padding(const faltung_axis *axes, int count, int index, faltung_message *m)
{
    const faltung_axis *axis = &axes[index];
    int64_t extent = 0;
    (void)count;
    fal_axis_extent(axis, &extent);
    int64_t less = (extent - 1) / 2, more = extent / 2;
    fal_fail(m, FALTUNG_ERROR_NO_PADDING,
             "no symmetric padding exists for stride=1 and an even kernel extent: kernel=%" PRId64
             " dilation=%" PRId64 " needs %" PRId64 " in all, so one side gets more: %" PRId64
             ":%" PRId64 " (same_upper) or %" PRId64 ":%" PRId64 " (same_lower)",
             axis->kernel, axis->dilation, extent - 1, less, more, more, less);
}

void fal_say_overflow(const faltung_axis *axes, int count, int index, faltung_message *m)
{
    fal_list input, kernel, stride, padding, dilation;
    int64_t extent;
    fal_fail(m, FALTUNG_ERROR_OVERFLOW,
             "%s does not fit into 64 bits: input=%s kernel=%s stride=%s padding=%s dilation=%s",
             fal_axis_extent(&axes[index], &extent) ? "the extent of the dilated kernel"
             : axes[index].transposed               ? "the size of the output"
                                                    : "the size of the padded input",
             list_member(&input, axes, count, MEMBER(input)),
             list_member(&kernel, axes, count, MEMBER(kernel)),
             fal_list_strides(&stride, axes, count), list_paddings(&padding, axes, count),
             list_member(&dilation, axes, count, MEMBER(dilation)));
}

void fal_say_too_small(const faltung_axis *axes, int count, const int64_t *sizes,
                       faltung_message *m)
{
    int64_t input[FALTUNG_MAX_AXES], padded[FALTUNG_MAX_AXES], extent[FALTUNG_MAX_AXES];
    fal_list a, b, padding;
    for (int i = 0; i < count; i++) {
        input[i] = axes[i].input;
        if (!axes[i].transposed) { // else the sum might not fit
            fal_axis_spread(&axes[i], &padded[i]);
            padded[i] += axes[i].padding.begin + axes[i].padding.end;
        }
        fal_axis_extent(&axes[i], &extent[i]);
    }
    if (axes[0].transposed)
        fal_fail(m, FALTUNG_ERROR_TOO_SMALL,
                 "Given input size per channel: %s. Calculated output size per channel: %s. "
                 "Output size is too small: padding=%s",
                 list_sizes(&a, count, input), list_sizes(&b, count, sizes),
                 list_paddings(&padding, axes, count));
    else
        fal_fail(m, FALTUNG_ERROR_TOO_SMALL,
                 "Calculated padded input size per channel: %s. Kernel size: %s. Kernel size "
                 "can't be greater than actual input size",
                 list_sizes(&a, count, padded), list_sizes(&b, count, extent));
}

void fal_say_output_size(const faltung_axis *axes, int count, fal_output_request request,
                         faltung_message *m)
{
    fal_list sizes, tuple, low, high, input;
    fal_fail(m, FALTUNG_ERROR_OUTPUT_SIZE,
             "requested an output size of %s, but valid sizes range from %s to %s (for an "
             "input of %s): output_size=%s",
             fal_list_tuple(&tuple, count, request.sizes), fal_list_write(&low, count, request.low),
             fal_list_write(&high, count, request.high),
             list_member(&input, axes, count, MEMBER(input)),
             fal_list_write(&sizes, count, request.sizes));
}
