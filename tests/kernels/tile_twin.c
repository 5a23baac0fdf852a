// SPDX-License-Identifier: Apache-2.0
#include "tile_twin.h"

#include <float.h>
#include <math.h>
#include <string.h>

static _Thread_local int numbers; // of a chunk

static void begin(int chunk, bool channels_last)
{
    (void)channels_last;
    numbers = chunk;
}

static void end(void)
{
    numbers = 0;
}

// ---------------------------------------------------------------------------------------- products

// The i-th element of a number.
static uint8_t byte_of(uint32_t number, int i)
{
    return (uint8_t)(number >> (8 * i));
}

// What is too small for a normal number is a zero to a tile, coming in and going out.
static float flush(float x)
{
    return fabsf(x) < FLT_MIN ? copysignf(0, x) : x;
}

static float half_of(uint32_t number, int i)
{
    const uint32_t bits = (number >> (16 * i)) << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return flush(x);
}

// The numbers of a channel's weights by those of a pixel: the products of even halves and those of
// odd ones are a chain of fused multiply-adds each, which are added to each other and then to the
// sum.
static uint32_t add_halves(uint32_t sum, const uint32_t *weight, const uint32_t *pixel)
{
    float chain[2] = {0, 0}, s;
    memcpy(&s, &sum, sizeof s);
    for (int n = 0; n < numbers; n++)
        for (int i = 0; i < 2; i++)
            chain[i] = flush(fmaf(half_of(weight[n], i), half_of(pixel[n], i), chain[i]));
    s = flush(flush(s) + flush(chain[0] + chain[1]));
    memcpy(&sum, &s, sizeof sum);
    return sum;
}

static uint32_t add_bytes(uint32_t sum, const uint32_t *weight, const uint32_t *pixel,
                          bool signed_weight, bool signed_pixel)
{
    for (int n = 0; n < numbers; n++)
        for (int i = 0; i < 4; i++) {
            const uint8_t w = byte_of(weight[n], i), x = byte_of(pixel[n], i);
            const int32_t product =
                (signed_weight ? (int8_t)w : w) * (signed_pixel ? (int8_t)x : x);
            sum += (uint32_t)product;
        }
    return sum;
}

#define ADD_BYTES(name, signed_weight, signed_pixel)                                               \
    static uint32_t name(uint32_t sum, const uint32_t *weight, const uint32_t *pixel)              \
    {                                                                                              \
        return add_bytes(sum, weight, pixel, signed_weight, signed_pixel);                         \
    }

ADD_BYTES(add_ss, true, true)
ADD_BYTES(add_su, true, false)
ADD_BYTES(add_us, false, true)
ADD_BYTES(add_uu, false, false)

typedef uint32_t add_function(uint32_t sum, const uint32_t *weight, const uint32_t *pixel);

// Where an element of a square lies whose rows are channels, or with channels last pixels.
static int64_t place(int64_t channel, int64_t pixel, int64_t pitch, bool last)
{
    return last ? pixel * pitch + channel : channel * pitch + pixel;
}

// One sum: of a channel of a block, and a pixel of all strips.
static uint32_t sum_up(const fal_tile_products *p, int block, int channel, int64_t pixel, bool last,
                       add_function *add)
{
    const uint32_t *weight = (const uint32_t *)((const char *)p->weight + block * p->weight_tile);
    const uint32_t *bias = (const uint32_t *)p->bias + block * FAL_TILE * FAL_TILE;
    uint32_t sum = bias[place(channel, pixel % FAL_TILE, FAL_TILE, last)];
    for (int64_t chunk = 0; chunk < p->chunks; chunk++)
        for (int64_t tap = 0; tap < p->taps; tap++, weight += FAL_TILE * FAL_TILE) {
            uint32_t w[FAL_TILE], x[FAL_TILE];
            const uint32_t *from = p->input + chunk * p->chunk + p->offset[tap] + pixel * p->pixel;
            for (int n = 0; n < numbers; n++) {
                w[n] = weight[place(channel, n, FAL_TILE, last)];
                x[n] = from[n * p->number];
            }
            sum = add(sum, w, x);
        }
    return sum;
}

static void multiply(const fal_tile_products *p, int blocks, int vectors, bool last,
                     add_function *add)
{
    uint32_t *sums = p->sums;
    for (int64_t s = 0; s < p->strips; s++, sums += FAL_TILE_STRIP * FAL_TILE_STRIP)
        for (int b = 0; b < blocks; b++)
            for (int c = 0; c < FAL_TILE; c++)
                for (int i = 0; i < vectors * FAL_TILE; i++)
                    sums[place(b * FAL_TILE + c, i, FAL_TILE_STRIP, last)] =
                        sum_up(p, b, c, s * FAL_TILE_STRIP + i, last, add);
}

#define MULTIPLY(add, way, last, blocks, vectors)                                                  \
    static void add##_##way##_##blocks##_##vectors(const fal_tile_products *p)                     \
    {                                                                                              \
        multiply(p, blocks, vectors, last, add);                                                   \
    }

#define EACH(add, way, last)                                                                       \
    MULTIPLY(add, way, last, 1, 1)                                                                 \
    MULTIPLY(add, way, last, 1, 2)                                                                 \
    MULTIPLY(add, way, last, 2, 1)                                                                 \
    MULTIPLY(add, way, last, 2, 2)

#define ALL(add) EACH(add, first, false) EACH(add, last, true)

ALL(add_halves)
ALL(add_ss)
ALL(add_su)
ALL(add_us)
ALL(add_uu)

// ----------------------------------------------------------------------------------------- packing

static void gather(const fal_tile_box *box, int size)
{
    for (int64_t r = 0; r < box->rows; r++) {
        for (int64_t i = 0; i < box->before; i++)
            box->to[r * box->to_row - 1 - i] = box->border;
        for (int64_t i = 0; i < box->after; i++)
            box->to[r * box->to_row + box->columns + i] = box->border;
        for (int64_t c = 0; c < box->columns; c++) {
            const int64_t at = r * box->from_row + c * box->from_column;
            uint8_t number[4] = {0, 0, 0, 0};
            for (int i = 0; i < 4 / size; i++)
                if (box->part[i])
                    memcpy(number + i * size, (const char *)box->part[i] + at * size, (size_t)size);
            box->to[r * box->to_row + c] = (uint32_t)number[0] | (uint32_t)number[1] << 8 |
                                           (uint32_t)number[2] << 16 | (uint32_t)number[3] << 24;
        }
    }
}

static void gather_halves(const fal_tile_box *box)
{
    gather(box, 2);
}

static void gather_bytes(const fal_tile_box *box)
{
    gather(box, 1);
}

// ----------------------------------------------------------------------------------------- writing

// To the nearest half, and of two at the same distance to the even one.
static uint16_t round_to_half(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (isnan(x))
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void write_halves(const fal_rows *rows)
{
    for (int64_t r = 0; r < rows->rows; r++)
        for (int64_t c = 0; c < rows->columns; c++)
            ((uint16_t *)rows->to)[r * rows->to_row + c] =
                round_to_half(((const float *)rows->from)[r * rows->from_row + c]);
}

static void write_integers(const fal_rows *rows)
{
    for (int64_t r = 0; r < rows->rows; r++)
        for (int64_t c = 0; c < rows->columns; c++)
            ((int32_t *)rows->to)[r * rows->to_row + c] =
                ((const int32_t *)rows->from)[r * rows->from_row + c];
}

// -------------------------------------------------------------------------------------- the tables

#define LIST_OF(add)                                                                               \
    {                                                                                              \
        {add##_1_1, add##_1_2},                                                                    \
        {                                                                                          \
            add##_2_1, add##_2_2                                                                   \
        }                                                                                          \
    }
#define LIST(add)                                                                                  \
    {                                                                                              \
        LIST_OF(add##_first), LIST_OF(add##_last)                                                  \
    }

const fal_tile_kernels *tile_twin_of(faltung_dtype dtype)
{
    static const fal_tile_kernels halves = {
        begin, end, gather_halves, write_halves, {LIST(add_halves), LIST(add_halves)}};
    static const fal_tile_kernels i8 = {
        begin, end, gather_bytes, write_integers, {LIST(add_ss), LIST(add_us)}};
    static const fal_tile_kernels u8 = {
        begin, end, gather_bytes, write_integers, {LIST(add_su), LIST(add_uu)}};
    return dtype == FALTUNG_BF16 ? &halves : dtype == FALTUNG_I8 ? &i8 : &u8;
}
