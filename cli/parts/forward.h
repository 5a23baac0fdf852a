// SPDX-License-Identifier: Apache-2.0
//
// Convolutions, transposed ones and gradients of an input: pieces are parts of the output, and each
// has the bits of the whole.
#ifndef CLI_PARTS_FORWARD_H
#define CLI_PARTS_FORWARD_H

#include "parts/job.h"

// Of a job with a plan, whose second file is a residual.
extern const parts_work forward_work;

#endif
