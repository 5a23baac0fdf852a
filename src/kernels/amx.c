// SPDX-License-Identifier: Apache-2.0
//
// Matrix multiplication by AMX: a tile register holds 16 rows of 64 bytes. Channels of the output
// are the rows of one factor, pixels the columns of the other, and what lies between them are the
// numbers of a chunk; with channels last pixels are the rows, and channels the columns. Tiles 0 to
// 3 hold sums, 4 and 5 weights, 6 and 7 pixels.
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

// The first factor of a product has 16 rows of a chunk's numbers, the second a row of 16 for each.
static void begin(int numbers, bool channels_last)
{
    configuration c = {.palette = 1};
    for (int i = 0; i < TILES; i++) {
        const bool is_weight = i >= SUMS && i < SUMS + WEIGHTS;
        const bool is_first = i >= SUMS && is_weight != channels_last;
        const bool is_second = i >= SUMS && !is_first;
        c.bytes[i] = (uint16_t)(is_first ? numbers * 4 : ROW_BYTES);
        c.rows[i] = (uint8_t)(is_second ? numbers : FAL_TILE);
    }
    __asm__ volatile("" : : "m"(c)); // gcc 12 takes the instruction to read eight bytes only
    _tile_loadconfig(&c);
}

static void end(void)
{
    _tile_release();
}

// ---------------------------------------------------------------------------------------- products

enum { TILE_BYTES = FAL_TILE * ROW_BYTES, SUM_BYTES = FAL_TILE_STRIP * 4 };

// What is done with the tiles of sums that there are: tile i is of a block and a half of a strip.
#define EACH_SUM(blocks, vectors, DO)                                                              \
    do {                                                                                           \
        DO(0, 0, 0);                                                                               \
        if (vectors == 2)                                                                          \
            DO(1, 0, 1);                                                                           \
        if (blocks == 2)                                                                           \
            DO(2, 1, 0);                                                                           \
        if (blocks == 2 && vectors == 2)                                                           \
            DO(3, 1, 1);                                                                           \
    } while (0)

#define BEGIN(tile, block, half) _tile_loadd(tile, bias + (block)*TILE_BYTES, ROW_BYTES)

#define PLACE(row, column)       (sums + (row)*FAL_TILE * SUM_BYTES + (column)*ROW_BYTES)
#define LOAD(tile, block, half)  _tile_loadd(tile, PLACE(block, half), SUM_BYTES)
#define STORE(tile, block, half) _tile_stored(tile, PLACE(block, half), SUM_BYTES)

#define LOAD_LAST(tile, block, half)  _tile_loadd(tile, PLACE(half, block), SUM_BYTES)
#define STORE_LAST(tile, block, half) _tile_stored(tile, PLACE(half, block), SUM_BYTES)

// One function for each count of tiles. DOT is the instruction, of sums, weights and pixels. All
// strips go through a chunk before any goes through the next, so that the weights come from the
// first-level cache for all but the first.
#define MULTIPLY(name, blocks, vectors, DOT, LOAD, STORE, ROW)                                     \
    static void name##_##blocks##_##vectors(const fal_tile_products *p)                            \
    {                                                                                              \
        const char *weights = p->weight, *bias = p->bias;                                          \
        const size_t second = (size_t)p->weight_tile, row = (size_t)p->ROW * 4;                    \
        for (int64_t c = 0; c < p->chunks; c++, weights += p->taps * TILE_BYTES) {                 \
            const uint32_t *input = p->input + c * p->chunk;                                       \
            char *sums = p->sums;                                                                  \
            for (int64_t s = 0; s < p->strips; s++) {                                              \
                const char *weight = weights;                                                      \
                if (c == 0)                                                                        \
                    EACH_SUM(blocks, vectors, BEGIN);                                              \
                else                                                                               \
                    EACH_SUM(blocks, vectors, LOAD);                                               \
                for (int64_t tap = 0; tap < p->taps; tap++, weight += TILE_BYTES) {                \
                    const uint32_t *pixels = input + p->offset[tap];                               \
                    _tile_loadd(4, weight, ROW_BYTES);                                             \
                    _tile_loadd(6, pixels, row);                                                   \
                    DOT(0, 4, 6);                                                                  \
                    if (vectors == 2) {                                                            \
                        _tile_loadd(7, pixels + FAL_TILE * p->pixel, row);                         \
                        DOT(1, 4, 7);                                                              \
                    }                                                                              \
                    if (blocks == 2) {                                                             \
                        _tile_loadd(5, weight + second, ROW_BYTES);                                \
                        DOT(2, 5, 6);                                                              \
                    }                                                                              \
                    if (blocks == 2 && vectors == 2)                                               \
                        DOT(3, 5, 7);                                                              \
                }                                                                                  \
                EACH_SUM(blocks, vectors, STORE);                                                  \
                input += FAL_TILE_STRIP * p->pixel;                                                \
                sums += FAL_TILE_STRIP * SUM_BYTES;                                                \
            }                                                                                      \
        }                                                                                          \
    }

// Weights are the first factor of a product; with channels last the second.
#define FIRST(name, blocks, vectors, DOT)                                                          \
    MULTIPLY(name##_first, blocks, vectors, DOT, LOAD, STORE, number)
#define LAST(name, blocks, vectors, DOT)                                                           \
    MULTIPLY(name##_last, blocks, vectors, DOT, LOAD_LAST, STORE_LAST, pixel)

#define ALL(WAY, name, DOT)                                                                        \
    WAY(name, 1, 1, DOT)                                                                           \
    WAY(name, 1, 2, DOT)                                                                           \
    WAY(name, 2, 1, DOT)                                                                           \
    WAY(name, 2, 2, DOT)

#define EXCHANGED_BF16(sum, weight, pixel) _tile_dpbf16ps(sum, pixel, weight)
#define EXCHANGED_SS(sum, weight, pixel)   _tile_dpbssd(sum, pixel, weight)
#define EXCHANGED_SU(sum, weight, pixel)   _tile_dpbusd(sum, pixel, weight)
#define EXCHANGED_US(sum, weight, pixel)   _tile_dpbsud(sum, pixel, weight)
#define EXCHANGED_UU(sum, weight, pixel)   _tile_dpbuud(sum, pixel, weight)

// The first letter is that of the weight, the second that of the input.
ALL(FIRST, bf16, _tile_dpbf16ps)
ALL(FIRST, ss, _tile_dpbssd)
ALL(FIRST, su, _tile_dpbsud)
ALL(FIRST, us, _tile_dpbusd)
ALL(FIRST, uu, _tile_dpbuud)
ALL(LAST, bf16, EXCHANGED_BF16)
ALL(LAST, ss, EXCHANGED_SS)
ALL(LAST, su, EXCHANGED_SU)
ALL(LAST, us, EXCHANGED_US)
ALL(LAST, uu, EXCHANGED_UU)

#define LIST_OF(name)                                                                              \
    {                                                                                              \
        {name##_1_1, name##_1_2},                                                                  \
        {                                                                                          \
            name##_2_1, name##_2_2                                                                 \
        }                                                                                          \
    }
#define LIST(name)                                                                                 \
    {                                                                                              \
        LIST_OF(name##_first), LIST_OF(name##_last)                                                \
    }

// ----------------------------------------------------------------------------------------- writing

static inline __mmask16 first_lanes(int64_t count)
{
    return (__mmask16)(count >= FAL_TILE ? 0xffff : (1U << (count > 0 ? count : 0)) - 1);
}

static void write_halves(const fal_rows *rows)
{
    const __mmask16 low = first_lanes(rows->columns), high = first_lanes(rows->columns - FAL_TILE);
    const __mmask32 all = (__mmask32)low | (__mmask32)high << FAL_TILE;
    const float *from = rows->from;
    uint16_t *to = rows->to;
    for (int64_t r = 0; r < rows->rows; r++, from += rows->from_row, to += rows->to_row) {
        const __m512 first = _mm512_maskz_loadu_ps(low, from);
        const __m512 second = _mm512_maskz_loadu_ps(high, from + FAL_TILE);
        _mm512_mask_storeu_epi16(to, all, (__m512i)_mm512_cvtne2ps_pbh(second, first));
    }
}

static void write_integers(const fal_rows *rows)
{
    const __mmask16 low = first_lanes(rows->columns), high = first_lanes(rows->columns - FAL_TILE);
    const int32_t *from = rows->from;
    int32_t *to = rows->to;
    for (int64_t r = 0; r < rows->rows; r++, from += rows->from_row, to += rows->to_row) {
        _mm512_mask_storeu_epi32(to, low, _mm512_maskz_loadu_epi32(low, from));
        _mm512_mask_storeu_epi32(to + FAL_TILE, high,
                                 _mm512_maskz_loadu_epi32(high, from + FAL_TILE));
    }
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

// A row of numbers whose channels lie side by side.
static inline void gather_row(const fal_tile_box *box, int64_t at, int size, uint32_t *to)
{
    const int step = (int)box->from_column * size;
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i offset = _mm512_mullo_epi32(lane, _mm512_set1_epi32(step));
    const char *from = (const char *)box->part[0] + at * size;
    for (int64_t i = 0; i < box->columns; i += FAL_TILE, from += FAL_TILE * step) {
        const __mmask16 lanes = first_lanes(box->columns - i);
        const __m512i none = _mm512_setzero_si512();
        _mm512_mask_storeu_epi32(to + i, lanes,
                                 _mm512_mask_i32gather_epi32(none, lanes, offset, from, 1));
    }
}

// A row of halves of two channels, in each of which columns lie side by side.
static inline void zip_row(const fal_tile_box *box, int64_t at, uint32_t *to)
{
    const __m512i even = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i odd = _mm512_slli_epi32(_mm512_add_epi32(even, _mm512_set1_epi32(32)), 16);
    const __m512i first = _mm512_or_si512(even, odd);
    const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(16 | 16 << 16));
    const uint16_t *low = (const uint16_t *)box->part[0] + at;
    const uint16_t *high = box->part[1] ? (const uint16_t *)box->part[1] + at : low;
    for (int64_t i = 0; i < box->columns; i += 2 * FAL_TILE) {
        const __mmask16 some = first_lanes(box->columns - i);
        const __mmask16 more = first_lanes(box->columns - i - FAL_TILE);
        const __mmask32 lanes = (__mmask32)some | (__mmask32)more << FAL_TILE;
        const __m512i a = _mm512_maskz_loadu_epi16(lanes, low + i);
        const __m512i b = _mm512_maskz_loadu_epi16(box->part[1] ? lanes : 0, high + i);
        _mm512_mask_storeu_epi32(to + i, some, _mm512_permutex2var_epi16(a, first, b));
        _mm512_mask_storeu_epi32(to + i + FAL_TILE, more, _mm512_permutex2var_epi16(a, second, b));
    }
}

// Elements of one channel, each at the bottom of a number: with a step of 2 those between them are
// read and dropped, but not what is behind the last one.
static inline __m512i load_halves(const uint16_t *from, int64_t step, int64_t count)
{
    if (step == 1)
        return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first_lanes(count), from));
    const __mmask32 lanes = (__mmask32)((UINT64_C(1) << (2 * count - 1)) - 1);
    return _mm512_and_si512(_mm512_maskz_loadu_epi16(lanes, from), _mm512_set1_epi32(0xffff));
}

static inline __m512i load_bytes(const uint8_t *from, int64_t step, int64_t count)
{
    if (step == 1)
        return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first_lanes(count), from));
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

// A row of numbers whose channels lie anywhere.
static inline void collect_row(const fal_tile_box *box, int64_t at, int size, uint32_t *to)
{
    const int64_t step = box->from_column;
    for (int64_t i = 0; i < box->columns; i += FAL_TILE, at += FAL_TILE * step) {
        const int64_t left = box->columns - i, count = left < FAL_TILE ? left : FAL_TILE;
        __m512i numbers = _mm512_setzero_si512();
        for (int p = 0; p < 4 / size; p++)
            if (box->part[p]) {
                const __m512i part = load(box->part[p], at, step, count, size);
                const unsigned bits = (unsigned)(8 * size * p);
                numbers = _mm512_or_si512(numbers, _mm512_slli_epi32(part, bits));
            }
        _mm512_mask_storeu_epi32(to + i, first_lanes(count), numbers);
    }
}

static inline void fill(uint32_t *to, int64_t count, uint32_t number)
{
    for (int64_t i = 0; i < count; i += FAL_TILE)
        _mm512_mask_storeu_epi32(to + i, first_lanes(count - i), _mm512_set1_epi32((int)number));
}

static inline void gather(const fal_tile_box *box, int size)
{
    const bool together = are_together(box, size);
    const bool zip = size == 2 && box->from_column == 1 && box->part[0];
    uint32_t *to = box->to;
    int64_t at = 0;
    for (int64_t r = 0; r < box->rows; r++, at += box->from_row, to += box->to_row) {
        fill(to - box->before, box->before, box->border);
        if (zip)
            zip_row(box, at, to);
        else if (together)
            gather_row(box, at, size, to);
        else
            collect_row(box, at, size, to);
        fill(to + box->columns, box->after, box->border);
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

// -------------------------------------------------------------------------------------- the tables

extern const fal_tile_kernels fal_amx_bf16, fal_amx_i8, fal_amx_u8;

const fal_tile_kernels fal_amx_bf16 = {
    begin, end, gather_halves, write_halves, {LIST(bf16), LIST(bf16)}};

const fal_tile_kernels fal_amx_i8 = {
    begin, end, gather_bytes, write_integers, {LIST(ss), LIST(us)}};

const fal_tile_kernels fal_amx_u8 = {
    begin, end, gather_bytes, write_integers, {LIST(su), LIST(uu)}};
