// SPDX-License-Identifier: Apache-2.0
//
// The tutorial.
#ifndef CLI_TOUR_STEPS_H
#define CLI_TOUR_STEPS_H

#include "tour/content.h"

extern const char tour_title[];
extern const char *const tour_introduction[]; // paragraphs, ended by NULL
extern const step tour_steps[];
extern const int tour_step_count;

// The blocks of the steps, for the table of steps alone.
extern const block input_step[], convolution_step[], same_step[], strided_same_step[],
    stride_step[], derivation_step[], widths_step[], limits_step[], common_step[], failing_step[],
    transposed_step[];

#endif
