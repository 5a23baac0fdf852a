// SPDX-License-Identifier: Apache-2.0
//
// Whether what was timed is right: some of the results against sums by the definition, term by
// term in long double.
#ifndef CLI_BENCH_CHECK_H
#define CLI_BENCH_CHECK_H

#include "bench/subject.h"
#include "session.h"

typedef struct verdict {
    double error;    // the largest difference of those compared; infinite where one is not finite
    double of_bound; // the largest difference divided by what it may be; over 1 is wrong
    int64_t compared;
} verdict;

// Compares results spread over the output, all of them if they are few, with
//   |result - sum| <= 2 n u sum|x||w| + u' |sum|
// for n terms, u being the rounding error of the type that sums are kept in, at least f32, and u'
// that of the result's type; where numbers are transformed, n and the sum of |x||w| are the largest
// of those compared. Refuses only what does not fit into memory.
int check_subject(session *s, const subject *u, verdict *v);

#endif
