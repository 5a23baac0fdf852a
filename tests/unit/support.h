// SPDX-License-Identifier: Apache-2.0
//
// What the unit tests share: repeatable random numbers, tensors that own their elements, and checks
// of refusals. Everything here fails the running test when it cannot do its work.
#ifndef FALTUNG_TESTS_SUPPORT_H
#define FALTUNG_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <faltung.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// ------------------------------------------------------------------------------- random numbers

// With AddressSanitizer everything takes five to ten times as long: where tests try many problems
// of a kind, they try every fifth one then, and the suites without it the others.
#ifdef __SANITIZE_ADDRESS__
enum { TRY_EVERY = 5 };
#else
enum { TRY_EVERY = 1 };
#endif

// A stream of random numbers (SplitMix64): any seed is good, and a copy forks the stream.
typedef struct prng {
    uint64_t state;
} prng;

uint64_t random_bits(prng *random);

// A whole number from low to high, both included.
int64_t random_between(prng *random, int64_t low, int64_t high);

// Any of the first TRY_EVERY of a row of problems, from which on every so many are tried.
int first_tried(prng *random);

// A real number from -1 to 1 with full precision and exponents that vary.
double random_real(prng *random);

// ---------------------------------------------------------------------------------------- arrays

// A tensor and its elements, in a block of exactly their size, so that a sanitizer sees the first
// element read or written beside them. `tensor` points into the struct: pass it by pointer only.
typedef struct array {
    faltung_tensor tensor; // contiguous, until a test changes its strides
    int64_t shape[FALTUNG_MAX_RANK];
    int64_t strides[FALTUNG_MAX_RANK];
    int64_t count; // elements in the block
    void *memory;  // where the block begins
} array;

// Makes a contiguous array of zeros. An array of no elements has memory all the same.
void array_make(array *a, faltung_dtype dtype, int rank, const int64_t *shape);
void array_free(array *a);

// The i-th element of the block as a double, which holds every element type exactly; of complex
// ones the i-th part. set rounds to nearest even, and clamps to an integer type's range.
double array_get(const array *a, int64_t i);
void array_set(array *a, int64_t i, double value);

void array_fill_integers(array *a, prng *random, int64_t low, int64_t high);
void array_fill_reals(array *a, prng *random);

// Fills an array with numbers much like those of a normal distribution of variance 1.
void array_fill_normal(array *a, prng *random);

// Sets every byte, so that an output that is not written shows.
void array_fill_bytes(array *a, int byte);

// Whether two arrays of one type and count hold the same bits.
bool array_same_bits(const array *a, const array *b);

// binary16, and bfloat16, from and to double, written from the definitions of the formats.
double half_to_double(uint16_t bits);
uint16_t half_from_double(double value);
double brain_to_double(uint16_t bits);
uint16_t brain_from_double(double value);

// -------------------------------------------------------------------------------------- refusals

// Fails unless `status` is the expected failure and `message` is one line that contains `words` and
// then, behind them, `detail` (NULL: nothing more is asked). Clears the message for the next use.
#define assert_refused(status, expected, message, words, detail)                                   \
    check_refused((status), (expected), (message), (words), (detail), __FILE__, __LINE__)

void check_refused(faltung_status status, faltung_status expected, faltung_message *message,
                   const char *words, const char *detail, const char *file, int line);

// Fails, showing the message, unless `status` is FALTUNG_OK.
#define assert_ok(status, message) check_ok((status), (message), __FILE__, __LINE__)

void check_ok(faltung_status status, const faltung_message *message, const char *file, int line);

#endif
