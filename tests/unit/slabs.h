// SPDX-License-Identifier: Apache-2.0
//
// Parts of convolutions from no more of the input than the library says that they need.
#ifndef FALTUNG_TESTS_SLABS_H
#define FALTUNG_TESTS_SLABS_H

#include "guarded.h"
#include "support.h"

// Memory for slabs.
void slabs_begin(size_t bytes);
void slabs_end(void);

// Computes a part of the output from slabs that stand against unmapped pages, with axes in the
// order in which the tensors have them in memory. `residual` may be NULL, or the output itself.
void run_slab(const faltung_plan *plan, int axes, const faltung_tensor *input,
              const faltung_tensor *residual, const faltung_tensor *output,
              const faltung_part *part, void *work, edge at);

#endif
