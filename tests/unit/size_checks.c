// SPDX-License-Identifier: Apache-2.0
#include "size_checks.h"

#include "size_model.h"
#include "support.h"

#include <inttypes.h>

static const faltung_padding_rule rules[] = {
    FALTUNG_PADDING_EXPLICIT,   FALTUNG_PADDING_VALID,      FALTUNG_PADDING_SAME,
    FALTUNG_PADDING_SAME_UPPER, FALTUNG_PADDING_SAME_LOWER, FALTUNG_PADDING_SAME_SYMMETRIC,
};

// Fails, naming the axis, unless the status is one of those that the model allows.
static bool agrees(const faltung_axis *axis, const char *what, faltung_status status,
                   unsigned allowed, const char *message)
{
    if (!(allowed & 1u << status))
        fail_msg("%s of W %" PRId64 " K %" PRId64 " S %" PRId64 " D %" PRId64 " padding %" PRId64
                 ":%" PRId64 " output_padding %" PRId64 "%s: status %s (%s), allowed: %x",
                 what, axis->input, axis->kernel, axis->stride, axis->dilation, axis->padding.begin,
                 axis->padding.end, axis->output_padding, axis->transposed ? " transposed" : "",
                 faltung_status_name(status), message, allowed);
    assert_true((status == FALTUNG_OK) == (message[0] == '\0'));
    return status == FALTUNG_OK;
}

void size_check_output(const faltung_axis *axis)
{
    faltung_message message = {""};
    int64_t size = -1;
    faltung_status status = faltung_output_size(axis, &size, &message);
    wide expected = 0;
    unsigned allowed = model_output_size(axis, &expected);
    if (agrees(axis, "output size", status, allowed, message.text))
        assert_true(size == expected);
}

static void check_set_padding(const faltung_axis *axis, faltung_padding_rule rule)
{
    faltung_message message = {""};
    faltung_axis changed = *axis;
    faltung_status status = faltung_axis_set_padding(&changed, rule, &message);
    model_padding expected = {0};
    unsigned allowed = model_set_padding(axis, rule, &expected);
    if (!agrees(axis, faltung_padding_rule_name(rule), status, allowed, message.text)) {
        assert_memory_equal(&changed, axis, sizeof changed);
        return;
    }
    assert_true(changed.padding.begin == expected.begin);
    assert_true(changed.padding.end == expected.end);
    assert_true(changed.output_padding == expected.output_padding);
    assert_true(changed.input == axis->input && changed.kernel == axis->kernel);
    assert_true(changed.stride == axis->stride && changed.dilation == axis->dilation);
    assert_true(changed.transposed == axis->transposed);
}

static void check_interval(const faltung_axis *axis)
{
    faltung_message message = {""};
    faltung_padding_interval interval = {0};
    faltung_status status = faltung_find_padding_interval(axis, &interval, &message);
    model_interval expected = {0};
    unsigned allowed = model_find_interval(axis, &expected);
    if (!agrees(axis, "interval", status, allowed, message.text))
        return;
    assert_true(interval.output == expected.output);
    assert_true(interval.twice_min == expected.twice_min);
    assert_true(interval.twice_max == expected.twice_max);
    assert_true(interval.exists == expected.exists);
    assert_true(interval.lowest == expected.lowest);
}

static void check_limits(const faltung_axis *axis)
{
    faltung_message message = {""};
    faltung_padding_limits limits = {-1, -1};
    faltung_status status = faltung_find_padding_limits(axis, &limits, &message);
    wide low = 0;
    wide high = 0;
    unsigned allowed = model_find_limits(axis, &low, &high);
    if (agrees(axis, "limits", status, allowed, message.text))
        assert_true(limits.low == low && limits.high == high);
}

void size_check_all(const faltung_axis *axis)
{
    size_check_output(axis);
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        check_set_padding(axis, rules[i]);
    check_interval(axis);
    check_limits(axis);
}
