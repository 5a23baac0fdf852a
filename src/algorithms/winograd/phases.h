// SPDX-License-Identifier: Apache-2.0
//
// Convolutions with a stride of 2, and of an input that is dilated by 2, as plain ones of kernels
// of two elements or one along each axis. With a stride, every other position of the input belongs
// to a phase, with every other element of the kernel, and outputs sum over the phases as over so
// many more channels. Of a dilated input, every other output belongs to a phase, and is a plain
// convolution of its own of the same input.
#ifndef FAL_ALGORITHMS_WINOGRAD_PHASES_H
#define FAL_ALGORITHMS_WINOGRAD_PHASES_H

#include "algorithms/algorithm.h"

// The most phases along two axes.
enum { FAL_WINOGRAD_PHASES = 4 };

typedef struct fal_winograd_phase_axis {
    fal_problem_axis plain;   // the convolution that it is
    int64_t tap, every, taps; // the kernel's elements: the first, from one to the next, how many
    int64_t from, step;       // the input's elements
    int64_t to, apart;        // and the output's
    int64_t outputs, lead;    // in tiles, and so many of them before the first that there is
} fal_winograd_phase_axis;

typedef struct fal_winograd_phase {
    fal_winograd_phase_axis axis[FALTUNG_MAX_AXES];
} fal_winograd_phase;

// A convolution without a stride is one phase of both.
typedef struct fal_winograd_phases {
    int inputs, outputs; // that outputs sum over; that outputs are dealt out to
    fal_winograd_phase phase[FAL_WINOGRAD_PHASES];
} fal_winograd_phases;

// Whether an axis has phases that tiles of kernels of two elements serve.
bool fal_winograd_has_phases(const fal_problem_axis *axis);

fal_winograd_phases fal_winograd_find_phases(const fal_problem *problem);

// Those that the input, or the output, is seen in; the one there is, where it has no others.
const fal_winograd_phase *fal_winograd_input_phase(const fal_winograd_phases *phases, int i);
const fal_winograd_phase *fal_winograd_output_phase(const fal_winograd_phases *phases, int i);

// A view of what a phase has of a tensor. `size` is that of an element.
fal_view fal_winograd_view_input(const fal_winograd_phase *phase, const fal_view *input, int size);
fal_view fal_winograd_view_output(const fal_winograd_phase *phase, const fal_view *output,
                                  int size);

// The outputs of a phase that lie within a part.
fal_part fal_winograd_part_of(const fal_winograd_phase *phase, const fal_part *part);

// Whether kernels of a phase, transformed, have an element: the last ones of rows and columns, of
// the point at infinity, are zeros if the kernels are shorter than the form's. And how many they
// have of them all.
bool fal_winograd_has_element(const fal_winograd_phase *phase, const fal_winograd_form *form,
                              int64_t element);
int64_t fal_winograd_count_elements(const fal_winograd_phase *phase, const fal_winograd_form *form);

#endif
