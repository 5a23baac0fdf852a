// SPDX-License-Identifier: Apache-2.0
//
// The one problem that every operation is a case of. An input is dilated (zeros between its
// elements), padded, correlated with a dilated kernel and sampled with a stride, in groups:
//
//   output[n, g, o, y] = bias[g, o] + sum over i, k of
//                        input[n, g, i, (y*stride + k*dilation - padding) / input_dilation]
//                        * weight[g, o, i, k]
//
// for positions inside the input; a division with a remainder meets a zero that was put between two
// elements. A transposed convolution is the case of stride 1 with its own stride as input_dilation
// and the kernel flipped, which is done by negative strides of the weight's view.
//
// The gradient of a weight is one, too: its outputs are the kernel's elements, each a sum over a
// batch of products of two pictures. The smaller of these, of the channels that the weight's first
// axis has, is the kernel; images of the batch are input channels, the other picture's channels of
// a group are images, and stride and dilation change places.
//
// There are always three axes; missing ones come first and have size 1. Where each image has one
// output, which needs no border, images are the columns of a single one, so that all of them share
// what is read of the weights.
//
// Integers of 8 bits are taken in pairs: two input channels are one of the problem, since two of
// them fit into a number of the kernels, and every product is the sum of two.
#ifndef FAL_PROBLEM_LOWER_H
#define FAL_PROBLEM_LOWER_H

#include "base/activation.h"
#include "problem/validate.h"

typedef struct fal_problem_axis {
    int64_t input, kernel, output; // sizes
    int64_t input_dilation, dilation, stride;
    int64_t
        padding; // at the begin; negative where a transposed convolution crops more than it pads
} fal_problem_axis;

typedef struct fal_problem {
    faltung_dtype dtype, weight_dtype, output_dtype; // of the operands' elements
    int input_zero, weight_zero;                     // what is subtracted from integers
    bool conjugates_input, conjugates_weight;        // before complex numbers are multiplied
    faltung_accuracy accuracy;
    int64_t batch, groups;
    int64_t input_channels, output_channels; // of one group; of integers pairs of the former
    bool odd;                                // whether the last pair has one channel only
    fal_problem_axis axis[FALTUNG_MAX_AXES];
    bool sampled;   // whether the input's view steps over what a stride leaves out
    bool of_weight; // whether this is the gradient of a weight
    fal_activation activation;
    faltung_padding_mode border; // what lies outside the input
    bool border_counts; // whether the zeros of the padding are multiplied like any other element,
                        // so that an infinite weight over them gives NaN
} fal_problem;

// Where an operand's elements are, in elements from `data`. `outer` steps over the batch of input
// and output, and over the output channels of the weight; `channel` over the channels that the
// operand holds of one group: input channels of input and weight, output channels of the output;
// and `pair` from the first channel of a pair to the second.
typedef struct fal_view {
    void *data;
    int64_t outer, group, channel, pair;
    int64_t axis[FALTUNG_MAX_AXES];
} fal_view;

// Leaves a view of every `step`-th position along an axis, from `first` on, of elements of `size`
// bytes. Without data only its strides are of use.
static inline void fal_view_every(fal_view *view, int axis, int64_t first, int64_t step,
                                  int64_t size)
{
    if (view->data)
        view->data = (char *)view->data + first * view->axis[axis] * size;
    view->axis[axis] *= step;
}

typedef struct fal_operands {
    fal_view input, weight, output;
    const void *bias; // NULL: none
    int64_t bias_stride;
    bool has_residual;  // something is added to every element of the output:
    ptrdiff_t residual; // what lies so many bytes from it
} fal_operands;

// The element of an axis of so many elements that is met at a position: the position itself inside;
// outside, if the border is not zeros, the one that is shown again there; -1: none.
int64_t fal_find_element(faltung_padding_mode border, int64_t position, int64_t size);

// Whether an axis is sampled: a kernel of one element, without padding. Along it the view of the
// input steps over what is not wanted, and no stride is left.
bool fal_is_sampled(const fal_valid *valid, int axis);

// Whether images are the columns of a single one: see above.
bool fal_is_row_of_images(const fal_valid *valid);

// What a negative side of a circular padding cuts off along an axis before the rest goes round:
// then the view of the input begins behind it. (Other modes only show elements that are there, or
// zeros.)
faltung_padding fal_find_crop(const fal_valid *valid, int axis);

// Whether an input channel of a problem is two, whose products with the weight's are added.
bool fal_is_paired(const fal_problem *problem, int64_t channel);

fal_problem fal_lower(const fal_valid *valid);

// Views of validated tensors, as faltung_convolve takes them; those that are NULL are left out. The
// weight of a transposed convolution is (I, O/groups, kernel...).
fal_operands fal_lower_operands(const fal_valid *valid, const faltung_tensor *input,
                                const faltung_tensor *weight, const faltung_tensor *output);

#endif
