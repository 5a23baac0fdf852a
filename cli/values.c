// SPDX-License-Identifier: Apache-2.0
#include "values.h"

#include "options.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool parse_int64(const char *text, const char *end, int64_t *number)
{
    bool negative = text < end && *text == '-';
    int64_t value = 0;
    text += negative;
    if (text == end)
        return false;
    for (; text < end; text++) {
        int digit = *text - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *number = value;
    return true;
}

bool parse_double(const char *text, const char *end, double *number)
{
    // strtod knows more spellings than a user of numbers wants: hexadecimal, inf, nan, blanks.
    if (text == end || strspn(text, "0123456789+-.eE") < (size_t)(end - text) || *text == '+')
        return false;
    char *stop;
    *number = strtod(text, &stop);
    return stop == end && isfinite(*number);
}

// Where the part that begins at `text` ends: at the next separator or the end of the text.
static const char *end_of_part(const char *text, char separator)
{
    const char *found = strchr(text, separator);
    return found ? found : text + strlen(text);
}

// Numbers joined by `separator`; returns how many, or -1 if one does not parse or there are over
// `most`.
static int parse_list(const char *text, char separator, int most, int64_t *values)
{
    for (int count = 0; count < most; count++) {
        const char *end = end_of_part(text, separator);
        if (!parse_int64(text, end, &values[count]))
            return -1;
        if (!*end)
            return count + 1;
        text = end + 1;
    }
    return -1;
}

const char *read_flag(const char *text, void *field)
{
    (void)text;
    *(bool *)field = true;
    return NULL;
}

const char *read_axis_values(const char *text, void *field)
{
    axis_values *values = field;
    values->count = parse_list(text, ',', MAX_AXIS_VALUES, values->value);
    return values->count < 0 ? "an integer, or one per axis joined by commas" : NULL;
}

const char *read_axis_sizes(const char *text, void *field)
{
    axis_sizes *sizes = field;
    const char *colon = strchr(text, ':');
    if (colon) {
        sizes->is_range = true;
        sizes->count = 1;
        if (parse_int64(text, colon, &sizes->value[0]) &&
            parse_int64(colon + 1, colon + strlen(colon), &sizes->stop))
            return NULL;
    } else {
        sizes->count = parse_list(text, ',', MAX_AXIS_VALUES, sizes->value);
        if (sizes->count > 0)
            return NULL;
    }
    return "an integer, one per axis joined by commas, or a half-open range such as 200:300";
}

static const char *const padding_words =
    "an integer or begin:end, or one per axis joined by commas, or valid, same, same_upper, "
    "same_lower, same_symmetric";

const char *read_rule(const char *text, void *field)
{
    for (int rule = FALTUNG_PADDING_VALID; rule <= FALTUNG_PADDING_SAME_SYMMETRIC; rule++)
        if (strcmp(text, faltung_padding_rule_name((faltung_padding_rule)rule)) == 0) {
            *(faltung_padding_rule *)field = (faltung_padding_rule)rule;
            return NULL;
        }
    return "valid, same, same_upper, same_lower or same_symmetric";
}

const char *read_padding_mode(const char *text, void *field)
{
    for (int mode = FALTUNG_PADDING_ZEROS; mode <= FALTUNG_PADDING_CIRCULAR; mode++)
        if (strcmp(text, faltung_padding_mode_name((faltung_padding_mode)mode)) == 0) {
            *(faltung_padding_mode *)field = (faltung_padding_mode)mode;
            return NULL;
        }
    return "zeros, reflect, replicate or circular";
}

static bool parse_sides(const char *text, const char *end, faltung_padding *padding)
{
    const char *colon = memchr(text, ':', (size_t)(end - text));
    if (!parse_int64(text, colon ? colon : end, &padding->begin))
        return false;
    padding->end = padding->begin;
    return !colon || parse_int64(colon + 1, end, &padding->end);
}

const char *read_axis_paddings(const char *text, void *field)
{
    axis_paddings *paddings = field;
    if (!read_rule(text, &paddings->rule))
        return NULL;
    for (int count = 0; count < MAX_AXIS_VALUES; count++) {
        const char *end = end_of_part(text, ',');
        if (!parse_sides(text, end, &paddings->value[count]))
            break;
        if (paddings->value[count].begin < 0 && !memchr(text, ':', (size_t)(end - text)))
            paddings->negative = true;
        paddings->count = count + 1;
        if (!*end)
            return NULL;
        text = end + 1;
    }
    return padding_words;
}

const char *read_number(const char *text, void *field)
{
    return parse_int64(text, text + strlen(text), field) ? NULL : "an integer";
}

const char *read_threads(const char *text, void *field)
{
    int64_t *threads = field;
    bool fits = parse_int64(text, text + strlen(text), threads);
    return fits && *threads >= 1 && *threads <= INT_MAX ? NULL : "1 to 2147483647";
}

const char *read_bytes(const char *text, void *field)
{
    int64_t *bytes = field;
    bool fits = parse_int64(text, text + strlen(text), bytes);
    return fits && *bytes >= 1 ? NULL : "a number of bytes, 1 or more";
}

const char *read_memory(const char *text, void *field)
{
    static const char units[] = "KMGT";
    static const char *const allowed = "a number of bytes, 1 or more, or of K, M, G or T: 512M";
    int64_t *bytes = field, factor = 1;
    const char *end = text + strlen(text);
    const char *unit = end > text ? strchr(units, end[-1]) : NULL;
    for (const char *u = units; unit && *unit && u <= unit; u++)
        factor *= 1024;
    bool fits = parse_int64(text, factor > 1 ? end - 1 : end, bytes);
    return fits && *bytes >= 1 && !__builtin_mul_overflow(*bytes, factor, bytes) ? NULL : allowed;
}

const char *read_shard(const char *text, void *field)
{
    struct {
        int64_t index, count;
    } *shard = field;
    const int64_t most = 1000000;
    const char *slash = strchr(text, '/');
    bool fits = slash && parse_int64(text, slash, &shard->index) &&
                parse_int64(slash + 1, text + strlen(text), &shard->count);
    return fits && shard->index >= 0 && shard->index < shard->count && shard->count <= most
               ? NULL
               : "one part of N, from 0/N to N-1/N, of at most 1000000";
}

static bool parse_uint64(const char *text, uint64_t *number)
{
    uint64_t value = 0;
    for (const char *c = text; *c; c++) {
        unsigned digit = (unsigned)(*c - '0');
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *number = value;
    return *text;
}

const char *read_zero_point(const char *text, void *field)
{
    int64_t number;
    if (!parse_int64(text, text + strlen(text), &number) || number < INT8_MIN || number > UINT8_MAX)
        return "an integer from -128 to 127 for i8, from 0 to 255 for u8";
    *(int *)field = (int)number;
    return NULL;
}

const char *read_seed(const char *text, void *field)
{
    uint64_t *seed = field;
    int64_t negative;
    if (parse_uint64(text, seed))
        return NULL;
    // As torch.manual_seed takes it: modulo 2^64.
    if (!parse_int64(text, text + strlen(text), &negative))
        return "-9223372036854775808 to 18446744073709551615";
    *seed = (uint64_t)negative;
    return NULL;
}

const char *accuracy_name(faltung_accuracy accuracy)
{
    static const char *const names[] = {
        [FALTUNG_ACCURACY_BALANCED] = "balanced",
        [FALTUNG_ACCURACY_EXACT] = "exact",
        [FALTUNG_ACCURACY_FAST] = "fast",
    };
    return names[accuracy];
}

const char *read_accuracy(const char *text, void *field)
{
    for (int i = 0; i <= FALTUNG_ACCURACY_FAST; i++)
        if (strcmp(text, accuracy_name((faltung_accuracy)i)) == 0) {
            *(faltung_accuracy *)field = (faltung_accuracy)i;
            return NULL;
        }
    return "exact, balanced or fast";
}

// A finite number or an infinity.
static bool parse_limit(const char *text, const char *end, double *number)
{
    size_t length = (size_t)(end - text), sign = length > 0 && *text == '-';
    if (length != 3 + sign || memcmp(text + sign, "inf", 3) != 0)
        return parse_double(text, end, number);
    *number = sign ? -HUGE_VAL : HUGE_VAL;
    return true;
}

static bool parse_parameters(const char *text, activation *a)
{
    const char *end = text + strlen(text), *colon = strchr(text, ':');
    if (a->kind == FALTUNG_ACTIVATION_LEAKY_RELU)
        return parse_limit(text, end, &a->slope);
    return a->kind == FALTUNG_ACTIVATION_CLAMP && colon && parse_limit(text, colon, &a->min) &&
           parse_limit(colon + 1, end, &a->max);
}

const char *read_activation(const char *text, void *field)
{
    activation *a = field;
    const char *end = end_of_part(text, ':');
    for (int kind = 0; kind <= FALTUNG_ACTIVATION_CLAMP; kind++) {
        const char *name = faltung_activation_name((faltung_activation)kind);
        if (strlen(name) != (size_t)(end - text) || memcmp(name, text, strlen(name)) != 0)
            continue;
        a->kind = (faltung_activation)kind;
        if (*end ? parse_parameters(end + 1, a) : kind != FALTUNG_ACTIVATION_CLAMP)
            return NULL;
    }
    return "none, relu, relu6, leaky_relu, leaky_relu:slope, sigmoid, silu, gelu, gelu_tanh, "
           "hardswish or clamp:min:max";
}

const char *read_dtype(const char *text, void *field)
{
    for (int dtype = 1; faltung_dtype_size((faltung_dtype)dtype); dtype++)
        if (strcmp(text, faltung_dtype_name((faltung_dtype)dtype)) == 0) {
            *(faltung_dtype *)field = (faltung_dtype)dtype;
            return NULL;
        }
    return "f32, f64, f16, bf16, i8, u8, i32, c64 or c128";
}

const char *read_shape(const char *text, void *field)
{
    array_shape *shape = field;
    shape->rank = parse_list(text, 'x', FALTUNG_MAX_RANK, shape->size);
    for (int i = 0; i < shape->rank; i++)
        if (shape->size[i] < 0)
            shape->rank = -1;
    return shape->rank < 0 ? "sizes of 0 or more joined by x, such as 1x64x56x56" : NULL;
}

const char *read_tolerance(const char *text, void *field)
{
    double *tolerance = field;
    bool fits = parse_double(text, text + strlen(text), tolerance);
    return fits && *tolerance >= 0 ? NULL : "a finite number of 0 or more";
}

const char *read_seconds(const char *text, void *field)
{
    double *seconds = field;
    bool fits = parse_double(text, text + strlen(text), seconds);
    return fits && *seconds > 0 ? NULL : "a finite number over 0";
}

const char *read_path(const char *text, void *field)
{
    *(const char **)field = text;
    return NULL;
}
