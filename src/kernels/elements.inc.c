// SPDX-License-Identifier: Apache-2.0
//
// All that depends on the type of elements, which element.inc.c lists: how they come in and go out.

#include "kernels/element.inc.c"

#if ELEMENT_KIND == BYTE || !FAL_INTEGER
#include "kernels/copy.inc.c"
#endif

#if ELEMENT_KIND != BYTE
#include "kernels/write.inc.c"

#include "kernels/long_emit.inc.c"
#include "kernels/wide_emit.inc.c"
#endif

#undef ELEMENT_NAME
#undef ELEMENT_TYPE
#undef ELEMENT_KIND
#undef ELEMENT_PASTE
#undef ELEMENT_JOIN
#undef ELEMENT
