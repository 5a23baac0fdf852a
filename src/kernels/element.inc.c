// SPDX-License-Identifier: Apache-2.0
//
// Vectors of numbers from and to elements in memory, as vec.h has them for numbers, included once
// per type of element:
//   ELEMENT_NAME  real, f16, bf16, i8 or u8
//   ELEMENT_TYPE  its type in memory
//   ELEMENT_KIND  NUMBER: numbers as they are; HALF, which become numbers and come of them; BYTE,
//                 two of which become a number
// It defines load_NAME and others; ELEMENT(load) is what it is called here.

#define ELEMENT_PASTE(name, element) name##_##element
#define ELEMENT_JOIN(name, element)  ELEMENT_PASTE(name, element)
#define ELEMENT(name)                ELEMENT_JOIN(name, ELEMENT_NAME)
typedef ELEMENT_TYPE ELEMENT(element);

#if ELEMENT_KIND == NUMBER

FAL_INLINE vec ELEMENT(load)(const real *from)
{
    return vec_load(from);
}

FAL_INLINE vec ELEMENT(load_lanes)(const real *from, uint32_t lanes)
{
    return vec_load_lanes(from, vec_lanes_of(lanes));
}

FAL_INLINE void ELEMENT(store)(real *to, vec v)
{
    vec_store(to, v);
}

FAL_INLINE void ELEMENT(store_lanes)(real *to, vec v, uint32_t lanes)
{
    vec_store_lanes(to, v, lanes);
}

FAL_INLINE void ELEMENT(store_apart)(real *to, vec v, uint32_t lanes)
{
    vec_store_apart(to, v, lanes);
}

FAL_INLINE void ELEMENT(store_each)(real *to, int64_t step, vec v, uint32_t lanes)
{
    vec_store_each(to, step, v, lanes);
}

#else

typedef ELEMENT_JOIN(vec, ELEMENT_NAME) ELEMENT(vector);

#undef ELEMENT_MASKED_LOAD
#if ELEMENT_KIND == HALF
#define ELEMENT_MASKED_LOAD(v, lanes, from)                                                        \
    ((v) = (ELEMENT(vector))_mm256_maskz_loadu_epi16((__mmask16)(lanes), from))
#else
#define ELEMENT_MASKED_LOAD(v, lanes, from)                                                        \
    ((v) = (ELEMENT(vector))_mm_maskz_loadu_epi8((__mmask16)(lanes), from))
#endif

FAL_INLINE vec ELEMENT(load)(const ELEMENT_TYPE *from)
{
    ELEMENT(vector) v;
    memcpy(&v, from, sizeof v);
    return ELEMENT(widen)(v);
}

FAL_INLINE vec ELEMENT(load_lanes)(const ELEMENT_TYPE *from, uint32_t lanes)
{
    ELEMENT(vector) v = {0};
#if FAL_VECTOR == 64
    ELEMENT_MASKED_LOAD(v, lanes, from);
#else
    for (int i = 0; i < FAL_LANES; i++)
        if (lanes >> i & 1)
            v[i] = from[i];
#endif
    return ELEMENT(widen)(v);
}

#if ELEMENT_KIND == HALF

FAL_INLINE void ELEMENT(store)(ELEMENT_TYPE *to, vec v)
{
    ELEMENT(vector) elements = ELEMENT(narrow)(v);
    memcpy(to, &elements, sizeof elements);
}

FAL_INLINE void ELEMENT(store_each)(ELEMENT_TYPE *to, int64_t step, vec v, uint32_t lanes)
{
    ELEMENT(vector) elements = ELEMENT(narrow)(v);
    for (int i = 0; i < FAL_LANES; i++)
        if (lanes >> i & 1)
            to[i * step] = elements[i];
}

FAL_INLINE void ELEMENT(store_lanes)(ELEMENT_TYPE *to, vec v, uint32_t lanes)
{
#if FAL_VECTOR == 64
    _mm256_mask_storeu_epi16(to, (__mmask16)lanes, (__m256i)ELEMENT(narrow)(v));
#else
    if (lanes == FAL_ALL_LANES)
        ELEMENT(store)(to, v);
    else
        ELEMENT(store_each)(to, 1, v, lanes);
#endif
}

FAL_INLINE void ELEMENT(store_apart)(ELEMENT_TYPE *to, vec v, uint32_t lanes)
{
    ELEMENT(store_each)(to, 2, v, lanes);
}

#endif

#endif

#if ELEMENT_KIND != BYTE

// Lane i to to[i*step], for the lanes of a set, and nothing else.
FAL_INLINE void ELEMENT(store_at)(ELEMENT_TYPE *to, int64_t step, vec v, uint32_t lanes)
{
    if (step == 1)
        ELEMENT(store_lanes)(to, v, lanes);
    else if (step == 2)
        ELEMENT(store_apart)(to, v, lanes);
    else
        ELEMENT(store_each)(to, step, v, lanes);
}

#endif

// Lane i from from[i*step], for the lanes of a set, of which alone is read.
FAL_INLINE vec ELEMENT(load_each)(const ELEMENT_TYPE *from, int64_t step, uint32_t lanes)
{
    ELEMENT_TYPE lane[FAL_LANES] = {0};
    if (step == 1)
        return ELEMENT(load_lanes)(from, lanes);
    for (int i = 0; i < FAL_LANES; i++)
        if (lanes >> i & 1)
            lane[i] = from[i * step];
    return ELEMENT(load)(lane);
}

// Numbers of a box, each of one element, or of a byte and the other one of its pair.
#if ELEMENT_KIND == BYTE

FAL_INLINE vec ELEMENT(join)(const fal_box *box, vec first, vec second)
{
    const vec zero = vec_splat(box->pairing.zero);
    first -= zero;
    return box->pairing.paired ? pair_vec(first, second - zero) : first & 0xffff;
}

FAL_INLINE vec ELEMENT(read)(const fal_box *box, const ELEMENT_TYPE *from)
{
    return ELEMENT(join)(box, ELEMENT(load)(from), ELEMENT(load)(from + box->pairing.pair));
}

FAL_INLINE vec ELEMENT(read_lanes)(const fal_box *box, const ELEMENT_TYPE *from, uint32_t lanes)
{
    return ELEMENT(join)(box, ELEMENT(load_lanes)(from, lanes),
                         ELEMENT(load_lanes)(from + box->pairing.pair, lanes));
}

FAL_INLINE vec ELEMENT(read_each)(const fal_box *box, const ELEMENT_TYPE *from, int64_t step,
                                  uint32_t lanes)
{
    return ELEMENT(join)(box, ELEMENT(load_each)(from, step, lanes),
                         ELEMENT(load_each)(from + box->pairing.pair, step, lanes));
}

#else

FAL_INLINE vec ELEMENT(read)(const fal_box *box, const ELEMENT_TYPE *from)
{
    (void)box;
    return ELEMENT(load)(from);
}

FAL_INLINE vec ELEMENT(read_lanes)(const fal_box *box, const ELEMENT_TYPE *from, uint32_t lanes)
{
    (void)box;
    return ELEMENT(load_lanes)(from, lanes);
}

FAL_INLINE vec ELEMENT(read_each)(const fal_box *box, const ELEMENT_TYPE *from, int64_t step,
                                  uint32_t lanes)
{
    (void)box;
    return ELEMENT(load_each)(from, step, lanes);
}

#endif
