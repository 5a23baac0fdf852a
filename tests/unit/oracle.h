// SPDX-License-Identifier: Apache-2.0
//
// Convolutions computed in a way of their own: every product of an input and a weight is added to
// the output that it belongs to. Nothing here is fast or strided, and nothing calls the library.
#ifndef FALTUNG_TESTS_ORACLE_H
#define FALTUNG_TESTS_ORACLE_H

#include "support.h"

// A convolution over three axes; one over fewer has axes of size 1 in front.
typedef struct sample {
    bool transposed;
    int axes;
    int64_t batch; // -1: unbatched
    int64_t channels_in;
    int64_t channels_out;
    int64_t groups;
    faltung_axis axis[3];
    int64_t output[3]; // filled by sample_measure
} sample;

// A convolution of 1 channel by kernels of 1, one batch, over `axes` axes of size 1.
sample sample_make(bool transposed, int axes);

// The i-th of the axes that there are.
faltung_axis *sample_axis(sample *s, int i);

// Finds the size of the output; false if it would be empty.
bool sample_measure(sample *s);

// A random convolution with every option in play and a few thousand products.
sample sample_random(prng *random, bool transposed, int axes);

// Whether there are zeros between the elements of its input, and whether it crops its input.
bool sample_is_dilated(const sample *s);
bool sample_is_cropped(const sample *s);

// The same for the library.
faltung_conv sample_conv(const sample *s);

// Whether the library computes a sample by an algorithm of that name.
bool sample_is_computed_by(const sample *s, faltung_dtype dtype, const faltung_conv *conv,
                           const char *algorithm);

typedef struct operands {
    array input;
    array weight;
    array bias;
    array output; // every byte 0xff: NaN in every type
} operands;

// Contiguous arrays of the shapes that the sample asks for, bias and output of the type of results;
// all zero but the output.
void operands_make(operands *o, const sample *s, faltung_dtype dtype);
void operands_free(operands *o);

// Fills input, weight and bias.
void operands_fill_integers(operands *o, prng *random, int64_t limit);
void operands_fill_reals(operands *o, prng *random);

// Fails unless every instruction set that the processor has computes the same bits.
void sample_has_the_same_bits(const faltung_conv *conv, const operands *o);

// One output element: the sum, the sum of the absolute values, and how many products there were.
typedef struct oracle_sum {
    long double value;
    long double magnitude;
    int64_t terms;
} oracle_sum;

// The output of a sample on contiguous operands, one sum per element, to be freed; the bias, the
// first term of each sum, is left out if `with_bias` is false.
oracle_sum *oracle_convolve(const sample *s, const operands *o, bool with_bias);

// The same for the gradient with respect to the input or the weight, the output being grad_output.
oracle_sum *oracle_gradient(const sample *s, const operands *o, bool of_weight);

#endif
