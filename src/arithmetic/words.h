// SPDX-License-Identifier: Apache-2.0
//
// The words for what check.c finds. Each function writes one line about `count` axes of which the
// one at `index` is at fault.
#ifndef FAL_ARITHMETIC_WORDS_H
#define FAL_ARITHMETIC_WORDS_H

#include "base/fail.h"

typedef void (*fal_words)(const faltung_axis *axes, int count, int index, faltung_message *message);

void fal_say_huge_padding(const faltung_axis *axes, int count, int index, faltung_message *m);
void fal_say_negative_output_padding(const faltung_axis *axes, int count, int index,
                                     faltung_message *m);
void fal_say_stray_output_padding(const faltung_axis *axes, int count, int index,
                                  faltung_message *m);
void fal_say_large_output_padding(const faltung_axis *axes, int count, int index,
                                  faltung_message *m);
void fal_say_stride(const faltung_axis *axes, int count, int index, faltung_message *m);
void fal_say_dilation(const faltung_axis *axes, int count, int index, faltung_message *m);
void fal_say_input_dilation(const faltung_axis *axes, int count, int index, faltung_message *m);
void fal_say_stray_input_dilation(const faltung_axis *axes, int count, int index,
                                  faltung_message *m);
void fal_say_kernel(const faltung_axis *axes, int count, int index, faltung_message *m);
void fal_say_empty(const faltung_axis *axes, int count, int index, faltung_message *m);
void fal_say_no_padding(const faltung_axis *axes, int count, int index, faltung_message *m);
void fal_say_overflow(const faltung_axis *axes, int count, int index, faltung_message *m);

// `sizes` holds the output's size on every axis that is transposed.
void fal_say_too_small(const faltung_axis *axes, int count, const int64_t *sizes,
                       faltung_message *m);

typedef struct fal_output_request {
    const int64_t *sizes; // asked for, one per axis
    const int64_t *low;   // the least and the greatest that can be had
    const int64_t *high;
} fal_output_request;

void fal_say_output_size(const faltung_axis *axes, int count, fal_output_request request,
                         faltung_message *m);

// Lists of one value per axis in other forms than fal_list_write's: "(3, 3)"; "kernel_height: 0
// kernel_width: 3"; and paddings between `brackets`, a number where both sides agree, begin:end
// where they differ: "[1, 0:2]".
const char *fal_list_tuple(fal_list *list, int count, const int64_t *values);
const char *fal_list_named(fal_list *list, const char *name, int count, const int64_t *values);
const char *fal_list_paddings(fal_list *list, const char *brackets, const faltung_axis *axes,
                              int count);

// "[2, 2]": the strides of all axes.
const char *fal_list_strides(fal_list *list, const faltung_axis *axes, int count);

#endif
