// SPDX-License-Identifier: Apache-2.0
//
// Sizes and paddings are pure functions of integers: no tensor is needed to ask for them.
#include <faltung.h>
#include <inttypes.h>
#include <stdio.h>

static const faltung_padding_rule rules[] = {
    FALTUNG_PADDING_VALID,      FALTUNG_PADDING_SAME,           FALTUNG_PADDING_SAME_UPPER,
    FALTUNG_PADDING_SAME_LOWER, FALTUNG_PADDING_SAME_SYMMETRIC,
};

// What a rule makes of an axis: padding and output size, or the status that refuses it.
static void print_rule(faltung_axis axis, faltung_padding_rule rule)
{
    int64_t size;
    faltung_status status = faltung_axis_set_padding(&axis, rule, NULL);
    if (status == FALTUNG_OK)
        status = faltung_output_size(&axis, &size, NULL);
    printf("  %-15s ", faltung_padding_rule_name(rule));
    if (status == FALTUNG_OK)
        printf("%" PRId64 ":%" PRId64 " gives %" PRId64 "\n", axis.padding.begin, axis.padding.end,
               size);
    else
        printf("refused: %s\n", faltung_status_name(status));
}

// Which symmetric paddings give ceil(W/S), as 2P, whose limits are whole where those of P need not
// be.
static void print_interval(const faltung_axis *axis)
{
    faltung_padding_interval interval;
    faltung_message message;
    if (faltung_find_padding_interval(axis, &interval, &message) != FALTUNG_OK) {
        printf("  %s\n", message.text);
        return;
    }
    printf("  %" PRId64 " <= 2P < %" PRId64 " gives %" PRId64, interval.twice_min,
           interval.twice_max, interval.output);
    if (interval.exists)
        printf(", and the lowest P is %" PRId64 "\n", interval.lowest);
    else
        printf(", but no P lies there\n");
}

static void print_axis(faltung_axis axis)
{
    printf("input %" PRId64 ", kernel %" PRId64 ", stride %" PRId64 ":\n", axis.input, axis.kernel,
           axis.stride);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        print_rule(axis, rules[i]);
    print_interval(&axis);
}

int main(void)
{
    faltung_axis wide = FALTUNG_AXIS(90, 15);
    wide.stride = 10;
    print_axis(wide);

    faltung_axis even = FALTUNG_AXIS(5, 4);
    print_axis(even);
}
