// SPDX-License-Identifier: Apache-2.0
//
// Matrix multiplication by AMX: a tile register holds 16 rows of 64 bytes. Channels of the output
// are the rows of one factor, pixels the columns of the other, and what lies between them are the
// numbers of a chunk. Tiles 0 to 3 hold sums, 4 and 5 weights, 6 and 7 pixels.
#include "kernels/kernels.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

// What ldtilecfg loads.
typedef struct configuration {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16]; // of a row of each tile
    uint8_t rows[16];
} configuration;

enum { SUMS = 4, WEIGHTS = 2, TILES = 8, ROW_BYTES = 64 };

static void begin(int numbers)
{
    configuration c = {.palette = 1};
    for (int i = 0; i < TILES; i++) {
        const bool is_weight = i >= SUMS && i < SUMS + WEIGHTS;
        c.bytes[i] = (uint16_t)(is_weight ? numbers * 4 : ROW_BYTES);
        c.rows[i] = (uint8_t)(i < SUMS + WEIGHTS ? FAL_TILE : numbers);
    }
    __asm__ volatile("" : : "m"(c)); // gcc 12 takes the instruction to read eight bytes only
    _tile_loadconfig(&c);
}

static void end(void)
{
    _tile_release();
}

// ---------------------------------------------------------------------------------------- products

enum { TILE_BYTES = FAL_TILE * ROW_BYTES, STRIP_BYTES = FAL_TILE_STRIP * 4 };

// One function for each count of tiles; DOT is the instruction.
#define MULTIPLY(name, blocks, vectors, DOT)                                                       \
    static void name##_##blocks##_##vectors(const fal_tile_products *p)                            \
    {                                                                                              \
        const char *weight = p->weight, *bias = p->bias;                                           \
        const size_t second = (size_t)p->weight_tile, plane = (size_t)p->plane * 4;                \
        _tile_loadd(0, bias, ROW_BYTES);                                                           \
        if (vectors == 2)                                                                          \
            _tile_loadd(1, bias, ROW_BYTES);                                                       \
        if (blocks == 2)                                                                           \
            _tile_loadd(2, bias + TILE_BYTES, ROW_BYTES);                                          \
        if (blocks == 2 && vectors == 2)                                                           \
            _tile_loadd(3, bias + TILE_BYTES, ROW_BYTES);                                          \
        for (int64_t chunk = 0; chunk < p->chunks; chunk++) {                                      \
            const uint32_t *input = p->input + chunk * p->chunk;                                   \
            for (int64_t tap = 0; tap < p->taps; tap++, weight += TILE_BYTES) {                    \
                const uint32_t *pixels = input + p->offset[tap];                                   \
                _tile_loadd(4, weight, ROW_BYTES);                                                 \
                _tile_loadd(6, pixels, plane);                                                     \
                DOT(0, 4, 6);                                                                      \
                if (vectors == 2) {                                                                \
                    _tile_loadd(7, pixels + FAL_TILE, plane);                                      \
                    DOT(1, 4, 7);                                                                  \
                }                                                                                  \
                if (blocks == 2) {                                                                 \
                    _tile_loadd(5, weight + second, ROW_BYTES);                                    \
                    DOT(2, 5, 6);                                                                  \
                }                                                                                  \
                if (blocks == 2 && vectors == 2)                                                   \
                    DOT(3, 5, 7);                                                                  \
            }                                                                                      \
        }                                                                                          \
        char *sums = p->sums;                                                                      \
        _tile_stored(0, sums, STRIP_BYTES);                                                        \
        if (vectors == 2)                                                                          \
            _tile_stored(1, sums + ROW_BYTES, STRIP_BYTES);                                        \
        if (blocks == 2)                                                                           \
            _tile_stored(2, sums + FAL_TILE * STRIP_BYTES, STRIP_BYTES);                           \
        if (blocks == 2 && vectors == 2)                                                           \
            _tile_stored(3, sums + FAL_TILE * STRIP_BYTES + ROW_BYTES, STRIP_BYTES);               \
    }

#define ALL(name, DOT)                                                                             \
    MULTIPLY(name, 1, 1, DOT)                                                                      \
    MULTIPLY(name, 1, 2, DOT)                                                                      \
    MULTIPLY(name, 2, 1, DOT)                                                                      \
    MULTIPLY(name, 2, 2, DOT)

// The first letter is that of the weight, the second that of the input.
ALL(halves, _tile_dpbf16ps)
ALL(signed_signed, _tile_dpbssd)
ALL(signed_unsigned, _tile_dpbsud)
ALL(unsigned_signed, _tile_dpbusd)
ALL(unsigned_unsigned, _tile_dpbuud)

#define LIST(name)                                                                                 \
    {                                                                                              \
        {name##_1_1, name##_1_2},                                                                  \
        {                                                                                          \
            name##_2_1, name##_2_2                                                                 \
        }                                                                                          \
    }

// ----------------------------------------------------------------------------------------- packing

// Whether the channels of a number lie side by side in memory, and numbers not too far apart for
// the offsets of a gather.
static bool are_together(const fal_tile_box *box, int size)
{
    const char *first = box->part[0];
    for (int i = 1; i < 4 / size; i++)
        if (box->part[i] != first + i * size)
            return false;
    const int64_t most = INT32_MAX / (FAL_TILE * 4);
    return box->from_column != 1 && box->from_column > -most && box->from_column < most;
}

// Of `count` numbers that lie `step` elements apart, those from i on, at most 16.
static inline __m512i gather(const fal_tile_box *box, int64_t at, int64_t count, int size)
{
    const int step = (int)box->from_column * size;
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i offset = _mm512_mullo_epi32(lane, _mm512_set1_epi32(step));
    const __mmask16 lanes = (__mmask16)((1U << count) - 1);
    return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes, offset,
                                       (const char *)box->part[0] + at * size, 1);
}

// Elements of one channel, each at the bottom of a number: with a step of 2 those between them are
// read and dropped, but not what is behind the last one.
static inline __m512i load_halves(const uint16_t *from, int64_t step, int64_t count)
{
    if (step == 1) {
        const __mmask16 lanes = (__mmask16)((1U << count) - 1);
        return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, from));
    }
    const __mmask32 lanes = (__mmask32)((UINT64_C(1) << (2 * count - 1)) - 1);
    return _mm512_and_si512(_mm512_maskz_loadu_epi16(lanes, from), _mm512_set1_epi32(0xffff));
}

static inline __m512i load_bytes(const uint8_t *from, int64_t step, int64_t count)
{
    if (step == 1) {
        const __mmask16 lanes = (__mmask16)((1U << count) - 1);
        return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(lanes, from));
    }
    const __mmask32 lanes = (__mmask32)((UINT64_C(1) << (2 * count - 1)) - 1);
    const __m512i words = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi8(lanes, from));
    return _mm512_and_si512(words, _mm512_set1_epi32(0xff));
}

// The same at any distance.
static inline __m512i load_each(const char *from, int64_t step, int64_t count, int size)
{
    uint32_t number[FAL_TILE] = {0};
    for (int64_t i = 0; i < count; i++)
        memcpy(&number[i], from + i * step * size, (size_t)size);
    return _mm512_loadu_si512(number);
}

static inline __m512i load(const void *part, int64_t at, int64_t step, int64_t count, int size)
{
    const char *from = (const char *)part + at * size;
    if (step != 1 && step != 2)
        return load_each(from, step, count, size);
    return size == 2 ? load_halves((const uint16_t *)from, step, count)
                     : load_bytes((const uint8_t *)from, step, count);
}

static inline void gather_rows(const fal_tile_box *box, int size)
{
    const bool together = are_together(box, size);
    const int parts = 4 / size;
    for (int64_t r = 0; r < box->rows; r++)
        for (int64_t i = 0; i < box->columns; i += FAL_TILE) {
            const int64_t left = box->columns - i, count = left < FAL_TILE ? left : FAL_TILE;
            const int64_t at = r * box->from_row + i * box->from_column;
            __m512i numbers = _mm512_setzero_si512();
            if (together)
                numbers = gather(box, at, count, size);
            else
                for (int p = 0; p < parts; p++)
                    if (box->part[p])
                        numbers = _mm512_or_si512(
                            numbers,
                            _mm512_slli_epi32(load(box->part[p], at, box->from_column, count, size),
                                              (unsigned)(8 * size * p)));
            _mm512_mask_storeu_epi32(box->to + r * box->to_row + i, (__mmask16)((1U << count) - 1),
                                     numbers);
        }
}

static void gather_halves(const fal_tile_box *box)
{
    gather_rows(box, 2);
}

static void gather_bytes(const fal_tile_box *box)
{
    gather_rows(box, 1);
}

// -------------------------------------------------------------------------------------- the tables

extern const fal_tile_kernels fal_amx_bf16, fal_amx_i8, fal_amx_u8;

const fal_tile_kernels fal_amx_bf16 = {begin, end, gather_halves, LIST(halves), LIST(halves)};

const fal_tile_kernels fal_amx_i8 = {begin, end, gather_bytes, LIST(signed_signed),
                                     LIST(unsigned_signed)};

const fal_tile_kernels fal_amx_u8 = {begin, end, gather_bytes, LIST(signed_unsigned),
                                     LIST(unsigned_unsigned)};
