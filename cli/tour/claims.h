// SPDX-License-Identifier: Apache-2.0
//
// Statements about many cases, each checked by computing every case of a stated domain.
#ifndef CLI_TOUR_CLAIMS_H
#define CLI_TOUR_CLAIMS_H

#include "session.h"

// The greatest value of each quantity, all of which begin at 1 (padding at 0). What is 0 here does
// not vary, or the claim sets it itself.
typedef struct claim_domain {
    int64_t kernel, stride, dilation, padding, width;
    bool output; // `width` is that of the output, o
} claim_domain;

// What a check found.
typedef struct finding {
    int64_t cases;     // how many were computed
    char against[200]; // the first that contradicts the claim; "" if none does
} finding;

// Computes the cases of a claim, all of them or up to the first against it. The finding begins as
// zeros. Files are read from the working folder; what cannot be read is a case against the claim,
// explained on the session's err.
typedef void claim_check(session *s, const claim_domain *domain, finding *found);

// Counts a case and, if it does not hold, writes what is against it, unless something is already.
void claim_case(finding *found, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Step 1: the files hold every bit of PyTorch's numbers. Step 2: y.npy is the sum that defines it.
// Step 4: refused.npy is not there. Step 11: a transposed convolution is the transposed map.
claim_check input_is_pytorchs, kernel_is_pytorchs, output_is_the_sum, nothing_is_left,
    transposed_is_the_transpose;

// Step 2: int() and floor() differ only where there is no output.
claim_check truncation_differs_without_output_only;

// Steps 6 to 10, about the lowest symmetric padding.
claim_check interval_holds_every_padding, padding_depends_on_the_remainder,
    padding_ignores_the_width_exactly_when, limits_are_reached, whole_strides_need_no_width,
    unit_stride_needs_an_odd_kernel;

// Step 11: the sizes that one output can come from.
claim_check stride_many_sizes_lead_to_one;

#endif
