// The few vectors of 128 bits that the programs here need, by the intrinsics of the machine they are compiled for.
#pragma once

#include <stdint.h>

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

typedef v128_t floats;
typedef v128_t doubles;
typedef v128_t bytes;
typedef v128_t words;
static inline floats load_floats(const float* p) { return wasm_v128_load(p); }
static inline void store_floats(float* p, floats v) { wasm_v128_store(p, v); }
static inline floats all_floats(float x) { return wasm_f32x4_splat(x); }
static inline floats add_floats(floats a, floats b) { return wasm_f32x4_add(a, b); }
static inline floats multiply_floats(floats a, floats b) { return wasm_f32x4_mul(a, b); }
static inline doubles load_doubles(const double* p) { return wasm_v128_load(p); }
static inline void store_doubles(double* p, doubles v) { wasm_v128_store(p, v); }
static inline doubles all_doubles(double x) { return wasm_f64x2_splat(x); }
static inline doubles add_doubles(doubles a, doubles b) { return wasm_f64x2_add(a, b); }
static inline doubles subtract_doubles(doubles a, doubles b) { return wasm_f64x2_sub(a, b); }
static inline doubles multiply_doubles(doubles a, doubles b) { return wasm_f64x2_mul(a, b); }
static inline doubles not_above(doubles a, doubles b) { return wasm_f64x2_le(a, b); }
static inline int doubles_mask(doubles a) { return (int)wasm_i64x2_bitmask(a); }
static inline doubles both(doubles a, doubles b) { return wasm_v128_and(a, b); }
static inline bytes load_bytes(const void* p) { return wasm_v128_load(p); }
static inline bytes all_bytes(uint8_t x) { return wasm_i8x16_splat((int8_t)x); }
static inline bytes equal_bytes(bytes a, bytes b) { return wasm_i8x16_eq(a, b); }
static inline uint32_t bytes_mask(bytes a) { return wasm_i8x16_bitmask(a); }
static inline words load_words(const uint32_t* p) { return wasm_v128_load(p); }
static inline void store_words(uint32_t* p, words v) { wasm_v128_store(p, v); }
static inline words add_words(words a, words b) { return wasm_i32x4_add(a, b); }
static inline words xor_words(words a, words b) { return wasm_v128_xor(a, b); }
static inline words all_words(uint32_t x) { return wasm_i32x4_splat((int32_t)x); }
#define rotate_words(v, n) wasm_v128_or(wasm_i32x4_shl(v, n), wasm_u32x4_shr(v, 32 - (n)))
// The words one, two or three places on, in a circle.
#define turn_words(v, n) wasm_i32x4_shuffle(v, v, (n) & 3, ((n) + 1) & 3, ((n) + 2) & 3, ((n) + 3) & 3)
#elif defined(__SSE2__)
#include <emmintrin.h>

typedef __m128 floats;
typedef __m128d doubles;
typedef __m128i bytes;
typedef __m128i words;
static inline floats load_floats(const float* p) { return _mm_loadu_ps(p); }
static inline void store_floats(float* p, floats v) { _mm_storeu_ps(p, v); }
static inline floats all_floats(float x) { return _mm_set1_ps(x); }
static inline floats add_floats(floats a, floats b) { return _mm_add_ps(a, b); }
static inline floats multiply_floats(floats a, floats b) { return _mm_mul_ps(a, b); }
static inline doubles load_doubles(const double* p) { return _mm_loadu_pd(p); }
static inline void store_doubles(double* p, doubles v) { _mm_storeu_pd(p, v); }
static inline doubles all_doubles(double x) { return _mm_set1_pd(x); }
static inline doubles add_doubles(doubles a, doubles b) { return _mm_add_pd(a, b); }
static inline doubles subtract_doubles(doubles a, doubles b) { return _mm_sub_pd(a, b); }
static inline doubles multiply_doubles(doubles a, doubles b) { return _mm_mul_pd(a, b); }
static inline doubles not_above(doubles a, doubles b) { return _mm_cmple_pd(a, b); }
static inline int doubles_mask(doubles a) { return _mm_movemask_pd(a); }
static inline doubles both(doubles a, doubles b) { return _mm_and_pd(a, b); }
static inline bytes load_bytes(const void* p) { return _mm_loadu_si128((const __m128i*)p); }
static inline bytes all_bytes(uint8_t x) { return _mm_set1_epi8((char)x); }
static inline bytes equal_bytes(bytes a, bytes b) { return _mm_cmpeq_epi8(a, b); }
static inline uint32_t bytes_mask(bytes a) { return (uint32_t)_mm_movemask_epi8(a); }
static inline words load_words(const uint32_t* p) { return _mm_loadu_si128((const __m128i*)(const void*)p); }
static inline void store_words(uint32_t* p, words v) { _mm_storeu_si128((__m128i*)(void*)p, v); }
static inline words add_words(words a, words b) { return _mm_add_epi32(a, b); }
static inline words xor_words(words a, words b) { return _mm_xor_si128(a, b); }
static inline words all_words(uint32_t x) { return _mm_set1_epi32((int)x); }
#define rotate_words(v, n) _mm_or_si128(_mm_slli_epi32(v, n), _mm_srli_epi32(v, 32 - (n)))
#define turn_words(v, n) _mm_shuffle_epi32(v, ((n) & 3) | (((n) + 1) & 3) << 2 | (((n) + 2) & 3) << 4 | (((n) + 3) & 3) << 6)
#else
#error "no vectors of 128 bits: compile with -msimd128, or for a machine with SSE2"
#endif
