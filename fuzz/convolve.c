// SPDX-License-Identifier: Apache-2.0
//
// Convolutions by one of the instruction sets that the processor has, between unmapped pages,
// against the tests' oracle: exact on small integers. Each byte is a value of the problem; the last
// ones choose the integers, and the instruction set.
#include "problems.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    prng random = {0};
    trial t;
    if (!begun)
        trials_begin();
    begun = true;
    if (!trial_of_bytes(data, size, &t))
        return 0;
    t.once = true;
    memcpy(&random.state, data, size < sizeof random.state ? size : sizeof random.state);
    trial_check(&t, &random);
    return 0;
}
