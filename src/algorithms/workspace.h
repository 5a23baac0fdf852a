// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_ALGORITHMS_WORKSPACE_H
#define FAL_ALGORITHMS_WORKSPACE_H

#include <stddef.h>

// Lays tables and buffers of so many bytes out in a workspace, one behind the other, each aligned
// to FAL_ALIGNMENT; returns the bytes that all take. With NULL only these count, and places are
// NULL.
size_t fal_divide_workspace(char *workspace, int count, const size_t *bytes, void **place);

#endif
