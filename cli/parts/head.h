// SPDX-License-Identifier: Apache-2.0
//
// What a journal says is computed: all that the output's bytes depend on.
#ifndef CLI_PARTS_HEAD_H
#define CLI_PARTS_HEAD_H

#include "parts/job.h"
#include "parts/run.h"

// Writes it, for a request whose job has its inputs open, and its grid. `algorithm` is whose sums
// they are.
int head_write(session *s, const parts_request *r, const parts_job *job, const char *algorithm,
               char head[JOURNAL_HEAD]);

// The shape of the weight whose gradient is computed, and its rank; 0: it is no such gradient.
int head_find_weight(const char *head, int64_t shape[FALTUNG_MAX_RANK]);

#endif
