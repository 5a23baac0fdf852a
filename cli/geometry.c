// SPDX-License-Identifier: Apache-2.0
#include "geometry.h"

#include <inttypes.h>
#include <string.h>

int refuse_message(session *s, const faltung_message *message)
{
    return refuse(s, EXIT_REFUSED, "%s", message->text);
}

void print_padding(FILE *file, faltung_padding padding)
{
    fprintf(file, "%" PRId64, padding.begin);
    if (padding.end != padding.begin)
        fprintf(file, ":%" PRId64, padding.end);
}

static int refuse_length(session *s, option_id id, int axes, const char *list)
{
    char name[32];
    const char *option = option_specs[id].name;
    for (size_t i = 0; i <= strlen(option); i++)
        name[i] = option[i] == '-' ? '_' : option[i];
    return refuse(s, EXIT_REFUSED,
                  "expected %s to be a single integer value or a list of %d values to match the "
                  "convolution dimensions, but got %s=[%s]: --%s",
                  name, axes, name, list, option);
}

int spread_values(session *s, option_id id, const axis_values *given, int axes, int64_t usual,
                  int64_t *values)
{
    if (given->count > 1 && given->count != axes) {
        char list[MAX_AXIS_VALUES * 24];
        size_t length = 0;
        for (int i = 0; i < given->count; i++)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%" PRId64,
                                       i ? ", " : "", given->value[i]);
        return refuse_length(s, id, axes, list);
    }
    for (int i = 0; i < axes; i++)
        values[i] = given->count == 0 ? usual : given->value[given->count == 1 ? 0 : i];
    return EXIT_DONE;
}

// "1, 0:2"
static void list_paddings(const axis_paddings *given, char *list, size_t size)
{
    size_t length = 0;
    for (int i = 0; i < given->count; i++) {
        faltung_padding p = given->value[i];
        length +=
            (size_t)snprintf(list + length, size - length, "%s%" PRId64, i ? ", " : "", p.begin);
        if (p.end != p.begin)
            length += (size_t)snprintf(list + length, size - length, ":%" PRId64, p.end);
    }
}

int spread_paddings(session *s, const axis_paddings *given, int axes, faltung_padding *values)
{
    char list[MAX_AXIS_VALUES * 48];
    list_paddings(given, list, sizeof list);
    if (given->count > 1 && given->count != axes)
        return refuse_length(s, OPTION_PADDING, axes, list);
    if (given->negative)
        return refuse(s, EXIT_REFUSED,
                      "negative padding is not supported: padding=[%s], allowed is 0 or more, or "
                      "begin:end, of which a negative side crops: --padding",
                      list);
    for (int i = 0; i < axes; i++)
        values[i] =
            given->count == 0 ? (faltung_padding){0, 0} : given->value[given->count == 1 ? 0 : i];
    return EXIT_DONE;
}

// The axes as given, before any rule.
static int describe_axes(session *s, const options *o, faltung_axis *axes, int *count)
{
    int64_t kernel[FALTUNG_MAX_AXES], stride[FALTUNG_MAX_AXES], dilation[FALTUNG_MAX_AXES],
        input_dilation[FALTUNG_MAX_AXES], output_padding[FALTUNG_MAX_AXES];
    faltung_padding padding[FALTUNG_MAX_AXES];
    int n = o->input.count, status;
    if (!was_given(o, OPTION_INPUT) || !was_given(o, OPTION_KERNEL))
        return refuse(s, EXIT_USAGE, "--%s is needed",
                      was_given(o, OPTION_INPUT) ? "kernel" : "input");
    if (n > FALTUNG_MAX_AXES)
        return refuse(s, EXIT_USAGE, "--input has %d values: allowed are 1 to %d axes", n,
                      FALTUNG_MAX_AXES);
    if ((status = spread_values(s, OPTION_KERNEL, &o->kernel, n, 1, kernel)) ||
        (status = spread_values(s, OPTION_STRIDE, &o->stride, n, 1, stride)) ||
        (status = spread_values(s, OPTION_DILATION, &o->dilation, n, 1, dilation)) ||
        (status =
             spread_values(s, OPTION_INPUT_DILATION, &o->input_dilation, n, 1, input_dilation)) ||
        (status =
             spread_values(s, OPTION_OUTPUT_PADDING, &o->output_padding, n, 0, output_padding)) ||
        (status = spread_paddings(s, &o->padding, n, padding)))
        return status;
    for (int i = 0; i < n; i++)
        axes[i] = (faltung_axis){.input = o->input.value[i],
                                 .kernel = kernel[i],
                                 .stride = stride[i],
                                 .dilation = dilation[i],
                                 .padding = padding[i],
                                 .transposed = o->transposed,
                                 .output_padding = output_padding[i],
                                 .input_dilation = input_dilation[i]};
    *count = n;
    return EXIT_DONE;
}

int read_axes(session *s, const options *o, faltung_axis axes[FALTUNG_MAX_AXES], int *count)
{
    faltung_message message;
    int status = describe_axes(s, o, axes, count);
    for (int i = 0; !status && i < *count; i++)
        if (faltung_axis_set_padding(&axes[i], o->padding.rule, &message))
            return refuse_message(s, &message);
    return status;
}

int read_axis_range(session *s, const options *o, faltung_axis *axis, int64_t *stop)
{
    faltung_axis axes[FALTUNG_MAX_AXES];
    int count = 0, status = describe_axes(s, o, axes, &count);
    if (status)
        return status;
    if (count != 1)
        return refuse(s, EXIT_USAGE, "--input has %d values: allowed is a size or a range", count);
    *axis = axes[0];
    if (!o->input.is_range && axis->input == INT64_MAX)
        return refuse(s, EXIT_REFUSED, "--input %" PRId64 " is too large", axis->input);
    *stop = o->input.is_range ? o->input.stop : axis->input + 1;
    if (*stop <= axis->input)
        return refuse(s, EXIT_REFUSED,
                      "--input %" PRId64 ":%" PRId64 " is empty: a range begin:end holds the sizes "
                      "from begin up to, but not including, end",
                      axis->input, *stop);
    return EXIT_DONE;
}
