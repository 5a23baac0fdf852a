// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_bits(prng *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t random_between(prng *random, int64_t low, int64_t high)
{
    uint64_t range = (uint64_t)high - (uint64_t)low + 1;
    uint64_t bits = random_bits(random);
    return (int64_t)((uint64_t)low + (range ? bits % range : bits));
}

int first_tried(prng *random)
{
    return (int)random_between(random, 0, TRY_EVERY - 1);
}

double random_real(prng *random)
{
    double mantissa = (double)(int64_t)(random_bits(random) >> 10) * 0x1p-54;
    double value = ldexp(mantissa, (int)random_between(random, -6, 0));
    return random_bits(random) & 1 ? value : -value;
}

void array_make(array *a, faltung_dtype dtype, int rank, const int64_t *shape)
{
    memset(a, 0, sizeof *a);
    a->count = 1;
    for (int i = rank - 1; i >= 0; i--) {
        a->shape[i] = shape[i];
        a->strides[i] = a->count;
        a->count *= shape[i];
    }
    size_t bytes = (size_t)a->count * faltung_dtype_size(dtype);
    a->memory = calloc(bytes ? bytes : 1, 1);
    assert_non_null(a->memory);
    a->tensor = (faltung_tensor){a->memory, dtype, rank, a->shape, NULL};
}

void array_free(array *a)
{
    free(a->memory);
    memset(a, 0, sizeof *a);
}

double array_get(const array *a, int64_t i)
{
    switch (a->tensor.dtype) {
    case FALTUNG_F16:
        return half_to_double(((uint16_t *)a->memory)[i]);
    case FALTUNG_BF16:
        return brain_to_double(((uint16_t *)a->memory)[i]);
    case FALTUNG_F32:
    case FALTUNG_C64:
        return ((float *)a->memory)[i];
    case FALTUNG_I8:
        return ((int8_t *)a->memory)[i];
    case FALTUNG_U8:
        return ((uint8_t *)a->memory)[i];
    case FALTUNG_I32:
        return ((int32_t *)a->memory)[i];
    default:
        return ((double *)a->memory)[i];
    }
}

static int64_t count_parts(const array *a)
{
    bool pairs = a->tensor.dtype == FALTUNG_C64 || a->tensor.dtype == FALTUNG_C128;
    return pairs ? 2 * a->count : a->count;
}

void array_set(array *a, int64_t i, double value)
{
    switch (a->tensor.dtype) {
    case FALTUNG_F16:
        ((uint16_t *)a->memory)[i] = half_from_double(value);
        break;
    case FALTUNG_BF16:
        ((uint16_t *)a->memory)[i] = brain_from_double(value);
        break;
    case FALTUNG_F32:
    case FALTUNG_C64:
        ((float *)a->memory)[i] = (float)value;
        break;
    case FALTUNG_I8:
        ((int8_t *)a->memory)[i] = (int8_t)fmax(-128, fmin(value, 127));
        break;
    case FALTUNG_U8:
        ((uint8_t *)a->memory)[i] = (uint8_t)fmax(0, fmin(value, 255));
        break;
    case FALTUNG_I32:
        ((int32_t *)a->memory)[i] = (int32_t)value;
        break;
    default:
        ((double *)a->memory)[i] = value;
    }
}

void array_fill_integers(array *a, prng *random, int64_t low, int64_t high)
{
    for (int64_t i = 0; i < count_parts(a); i++)
        array_set(a, i, (double)random_between(random, low, high));
}

void array_fill_reals(array *a, prng *random)
{
    for (int64_t i = 0; i < count_parts(a); i++)
        array_set(a, i, random_real(random));
}

void array_fill_normal(array *a, prng *random)
{
    for (int64_t i = 0; i < a->count; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++)
            sum += (double)(random_bits(random) >> 11) * 0x1p-53;
        array_set(a, i, sum);
    }
}

void array_fill_bytes(array *a, int byte)
{
    memset(a->memory, byte, (size_t)a->count * faltung_dtype_size(a->tensor.dtype));
}

bool array_same_bits(const array *a, const array *b)
{
    return a->tensor.dtype == b->tensor.dtype && a->count == b->count &&
           memcmp(a->memory, b->memory, (size_t)a->count * faltung_dtype_size(a->tensor.dtype)) ==
               0;
}

double half_to_double(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    double magnitude = ldexp(exponent ? 1024 + fraction : fraction, (exponent ? exponent : 1) - 25);
    if (exponent == 31)
        magnitude = fraction ? (double)NAN : (double)INFINITY;
    return bits >> 15 ? -magnitude : magnitude;
}

uint16_t half_from_double(double value)
{
    unsigned sign = signbit(value) ? 0x8000u : 0;
    double magnitude = fabs(value);
    if (isnan(value))
        return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 65520) // half a step above the greatest finite number, 65504
        return (uint16_t)(sign | 0x7c00u);
    if (magnitude == 0) // which has no exponent
        return (uint16_t)sign;
    int exponent = 0; // of the last place that is kept: subnormals share the least normal one
    frexp(magnitude, &exponent);
    exponent = exponent - 11 < -24 ? -24 : exponent - 11;
    unsigned steps = (unsigned)nearbyint(ldexp(magnitude, -exponent)); // ties go to even
    // A normal number has 1024 steps or more: the implicit bit carries into the exponent, which so
    // begins one lower; rounding up to 2048 steps carries once more, to the right result.
    return (uint16_t)(sign | (((unsigned)(exponent + 24) << 10) + steps));
}

// The upper half of a binary32.
double brain_to_double(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

// Of the neighbours in steps of the 8 bits that are kept, the nearest, else the even one.
uint16_t brain_from_double(double value)
{
    unsigned sign = signbit(value) ? 0x8000u : 0;
    double magnitude = fabs(value);
    if (isnan(value))
        return (uint16_t)(sign | 0x7fc0u);
    if (magnitude >= 0x1.ffp127) // half a step above the greatest finite number
        return (uint16_t)(sign | 0x7f80u);
    if (magnitude == 0)
        return (uint16_t)sign;
    int exponent = 0;
    frexp(magnitude, &exponent);
    exponent = exponent - 8 < -133 ? -133 : exponent - 8;
    unsigned steps = (unsigned)nearbyint(ldexp(magnitude, -exponent));
    return (uint16_t)(sign | (((unsigned)(exponent + 133) << 7) + steps));
}

void check_refused(faltung_status status, faltung_status expected, faltung_message *message,
                   const char *words, const char *detail, const char *file, int line)
{
    if (status != expected) {
        print_error("status is \"%s\", not \"%s\"; message: %s\n", faltung_status_name(status),
                    faltung_status_name(expected), message->text);
        _fail(file, line);
    }
    const char *found = strstr(message->text, words);
    if (!found || (detail && !strstr(found + strlen(words), detail))) {
        print_error("no \"%s\" followed by \"%s\" in: %s\n", words, detail ? detail : "",
                    message->text);
        _fail(file, line);
    }
    if (!message->text[0] || strpbrk(message->text, "\r\n")) {
        print_error("not one line: %s\n", message->text);
        _fail(file, line);
    }
    memset(message, 0, sizeof *message);
}

void check_ok(faltung_status status, const faltung_message *message, const char *file, int line)
{
    if (status == FALTUNG_OK)
        return;
    print_error("status is \"%s\": %s\n", faltung_status_name(status), message->text);
    _fail(file, line);
}
