// SPDX-License-Identifier: Apache-2.0
//
// The claims about the numbers in files.
#include "tour/claims.h"

#include "files/array.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

// Reads a file that the tour wrote: f32, contiguous, of this shape.
static bool take(session *s, array *a, const char *path, const int64_t shape[4], finding *found)
{
    if (array_read(s, a, path)) {
        claim_case(found, false, "%s cannot be read", path);
        return false;
    }
    if (a->tensor.dtype == FALTUNG_F32 && a->tensor.rank == 4 &&
        memcmp(a->shape, shape, 4 * sizeof *shape) == 0)
        return true;
    claim_case(found, false, "%s has another type or shape", path);
    array_free(a);
    return false;
}

static const int64_t input_shape[] = {16, 3, 16, 16}, kernel_shape[] = {10, 3, 3, 3},
                     output_shape[] = {16, 10, 14, 14}, down_shape[] = {16, 10, 8, 8};

// ---------------------------------------------------------------------------------------- step 1

// FNV-1a of the numbers' bytes, the least significant first.
static uint64_t hash_floats(const float *values, int64_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (bits >> shift & 0xff)) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static void check_hash(session *s, const char *path, const int64_t shape[4], uint64_t expected,
                       finding *found)
{
    array a;
    if (!take(s, &a, path, shape, found))
        return;
    const int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
    const uint64_t hash = hash_floats(a.tensor.data, count);
    claim_case(found, hash == expected, "it is %" PRIx64, hash);
    found->cases = count;
    array_free(&a);
}

void input_is_pytorchs(session *s, const claim_domain *d, finding *found)
{
    (void)d;
    check_hash(s, "x.npy", input_shape, UINT64_C(0xee9eaf44f564ac01), found);
}

void kernel_is_pytorchs(session *s, const claim_domain *d, finding *found)
{
    (void)d;
    check_hash(s, "kernel.npy", kernel_shape, UINT64_C(0x5608defef45f94cf), found);
}

// ---------------------------------------------------------------------------------------- step 2

// The sum of products that defines the output at [n, o, i, j], and that of their magnitudes.
static double sum_window(const float *x, const float *kernel, const int64_t at[4],
                         double *magnitude)
{
    double sum = 0;
    *magnitude = 0;
    for (int64_t c = 0; c < 3; c++)
        for (int64_t u = 0; u < 3; u++)
            for (int64_t v = 0; v < 3; v++) {
                const double product =
                    (double)x[((at[0] * 3 + c) * 16 + at[2] + u) * 16 + at[3] + v] *
                    kernel[((at[1] * 3 + c) * 3 + u) * 3 + v];
                sum += product;
                *magnitude += fabs(product);
            }
    return sum;
}

static void check_sums(const float *x, const float *kernel, const float *y, finding *found)
{
    const double rounding = 3 * 3 * 3 * (double)FLT_EPSILON;
    for (int64_t i = 0; i < 16 * 10 * 14 * 14 && !found->against[0]; i++) {
        const int64_t at[] = {i / (10 * 14 * 14), i / (14 * 14) % 10, i / 14 % 14, i % 14};
        double magnitude;
        const double sum = sum_window(x, kernel, at, &magnitude);
        claim_case(found, fabs((double)y[i] - sum) <= rounding * magnitude,
                   "y[%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 "] is %.9g, the sum %.9g",
                   at[0], at[1], at[2], at[3], (double)y[i], sum);
    }
}

void output_is_the_sum(session *s, const claim_domain *d, finding *found)
{
    (void)d;
    array x, kernel, y;
    if (!take(s, &x, "x.npy", input_shape, found))
        return;
    if (take(s, &kernel, "kernel.npy", kernel_shape, found)) {
        if (take(s, &y, "y.npy", output_shape, found)) {
            check_sums(x.tensor.data, kernel.tensor.data, y.tensor.data, found);
            array_free(&y);
        }
        array_free(&kernel);
    }
    array_free(&x);
}

// ---------------------------------------------------------------------------------------- step 4

void nothing_is_left(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    (void)d;
    claim_case(found, access("refused.npy", F_OK) != 0 && errno == ENOENT,
               "refused.npy is in the folder");
}

// --------------------------------------------------------------------------------------- step 11

static double scalar_product(const array *a, const array *b, int64_t count, double *magnitude)
{
    const float *x = a->tensor.data, *y = b->tensor.data;
    double sum = 0;
    *magnitude = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)x[i] * y[i];
        *magnitude += fabs((double)x[i] * y[i]);
    }
    return sum;
}

static void check_adjoint(const array *x, const array *up, const array *down, finding *found)
{
    double magnitude, own;
    const double there = scalar_product(down, down, 16 * 10 * 8 * 8, &own);
    const double back = scalar_product(x, up, 16 * 3 * 16 * 16, &magnitude);
    // A number of `up` is a sum of at most 10 * 3 * 3 products of numbers of `down`, and each of
    // these one of 3 * 3 * 3.
    const double rounding = (10 * 3 * 3 + 3 * 3 * 3) * (double)FLT_EPSILON;
    claim_case(found, fabs(there - 243732.61) < 0.01, "the first is %.9g", there);
    claim_case(found, fabs(there - back) <= rounding * (magnitude + own), "they are %.9g and %.9g",
               there, back);
}

void transposed_is_the_transpose(session *s, const claim_domain *d, finding *found)
{
    (void)d;
    array x, up, down;
    if (!take(s, &x, "x.npy", input_shape, found))
        return;
    if (take(s, &up, "up.npy", input_shape, found)) {
        if (take(s, &down, "down.npy", down_shape, found)) {
            check_adjoint(&x, &up, &down, found);
            array_free(&down);
        }
        array_free(&up);
    }
    array_free(&x);
}
