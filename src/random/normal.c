// SPDX-License-Identifier: Apache-2.0
//
// torch.randn, by the method of Box and Muller: two uniform numbers, taken as the logarithm of a
// radius and as an angle, are two normal ones. PyTorch does it in three ways, and which one depends
// on the type and on the number of elements; all three are here, down to the order in which the
// generator is asked.
#include "base/fail.h"
#include "random/cephes.h"
#include "random/mt19937.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

#include <math.h>

enum { BLOCK = 16 }; // numbers that PyTorch makes at once, of tensors that have as many

static const double two_pi = 6.283185307179586;

// Sixteen numbers from sixteen uniform ones: radius j belongs to angle j + 8.
typedef void make_block(faltung_generator *generator, double *values);

static void make_block_f32(faltung_generator *generator, double *values)
{
    float uniform[BLOCK];
    for (int j = 0; j < BLOCK; j++)
        uniform[j] = fal_random_uniform_f32(generator);
    for (int j = 0; j < BLOCK / 2; j++) {
        float radius = sqrtf(-2 * fal_cephes_log(1 - uniform[j]));
        float sine, cosine;
        fal_cephes_sincos((float)two_pi * uniform[j + BLOCK / 2], &sine, &cosine);
        values[j] = radius * cosine;
        values[j + BLOCK / 2] = radius * sine;
    }
}

static void make_block_f64(faltung_generator *generator, double *values)
{
    double uniform[BLOCK];
    for (int j = 0; j < BLOCK; j++)
        uniform[j] = fal_random_uniform_f64(generator);
    for (int j = 0; j < BLOCK / 2; j++) {
        double radius = sqrt(-2 * log(1 - uniform[j]));
        double angle = two_pi * uniform[j + BLOCK / 2];
        values[j] = radius * cos(angle);
        values[j + BLOCK / 2] = radius * sin(angle);
    }
}

// One number; the other of the pair waits for the next call, however many blocks lie between.
static double make_one(faltung_generator *generator)
{
    if (generator->has_spare) {
        generator->has_spare = false;
        return generator->spare;
    }
    double angle = two_pi * fal_random_uniform_f64(generator);
    double radius = sqrt(-2 * log1p(-fal_random_uniform_f64(generator)));
    generator->spare = radius * sin(angle);
    generator->has_spare = true;
    return radius * cos(angle);
}

// Stores `count` values from the element with number `first`, counted in the order of indices.
static void store(const faltung_tensor *tensor, const int64_t *strides, int64_t first, int count,
                  const double *values)
{
    int64_t index[FALTUNG_MAX_RANK], offset = 0;
    for (int i = tensor->rank - 1; i >= 0; i--) {
        index[i] = first % tensor->shape[i];
        first /= tensor->shape[i];
        offset += index[i] * strides[i];
    }
    for (int j = 0; j < count; j++) {
        // A zero added: PyTorch adds the mean, by which a negative zero becomes a positive one.
        fal_store(tensor->dtype, tensor->data, offset, values[j] + 0.0);
        fal_tensor_next(tensor->rank, tensor->shape, strides, index, &offset);
    }
}

static void fill_singly(faltung_generator *generator, const faltung_tensor *tensor,
                        const int64_t *strides, int count)
{
    double values[BLOCK];
    for (int j = 0; j < count; j++)
        values[j] = make_one(generator);
    store(tensor, strides, 0, count, values);
}

// PyTorch draws a uniform number for every element, then makes normal ones of whole blocks. If some
// are left over, the last sixteen elements are drawn afresh: those left over were drawn in vain.
static void fill_blocks(faltung_generator *generator, const faltung_tensor *tensor,
                        const int64_t *strides, int64_t count)
{
    make_block *make = tensor->dtype == FALTUNG_F32 ? make_block_f32 : make_block_f64;
    int words = tensor->dtype == FALTUNG_F32 ? 1 : 2;
    int left_over = (int)(count % BLOCK);
    double values[BLOCK];
    for (int64_t first = 0; first < count - left_over; first += BLOCK) {
        make(generator, values);
        store(tensor, strides, first, BLOCK, values);
    }
    if (left_over) {
        for (int i = 0; i < left_over * words; i++)
            fal_random_bits(generator);
        make(generator, values);
        store(tensor, strides, count - BLOCK, BLOCK, values);
    }
}

static faltung_status check(const faltung_generator *generator, const faltung_tensor *tensor,
                            int64_t *count, faltung_message *message)
{
    const int words = (int)(sizeof generator->state / sizeof generator->state[0]);
    if (!generator)
        return fal_fail(message, FALTUNG_ERROR_NULL, "generator is NULL");
    if (generator->next < 0 || generator->next > words)
        return fal_fail(message, FALTUNG_ERROR_OPTION,
                        "generator was not seeded: its next is %d, allowed are 0 to %d",
                        generator->next, words);
    faltung_status status = fal_tensor_check(tensor, "tensor", count, message);
    if (status)
        return status;
    if (tensor->dtype != FALTUNG_F32 && tensor->dtype != FALTUNG_F64)
        return fal_fail(message, FALTUNG_ERROR_DTYPE,
                        "tensor has dtype %s, allowed are f32 and f64",
                        faltung_dtype_name(tensor->dtype));
    status = fal_tensor_check_data(tensor, "tensor", message);
    return status ? status : fal_tensor_check_self(tensor, "tensor", message);
}

faltung_status faltung_randn(faltung_generator *generator, const faltung_tensor *tensor,
                             faltung_message *message)
{
    int64_t count, strides[FALTUNG_MAX_RANK];
    faltung_status status = check(generator, tensor, &count, message);
    if (status || count == 0)
        return status;
    fal_tensor_strides(tensor, strides);
    if (count < BLOCK)
        fill_singly(generator, tensor, strides, (int)count);
    else
        fill_blocks(generator, tensor, strides, count);
    return FALTUNG_OK;
}
