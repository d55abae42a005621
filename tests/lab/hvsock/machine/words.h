/* Numbers in memory that the guest shares, or that a boot protocol lays out: little
 * endian, at any alignment unless a function says otherwise. The machine is an x86_64
 * as the guest is, so the bytes are in our own order. */
#ifndef HVSOCK_MACHINE_WORDS_H
#define HVSOCK_MACHINE_WORDS_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t word_16(const void* from) {
  uint16_t value;

  memcpy(&value, from, sizeof(value));
  return value;
}

static inline uint32_t word_32(const void* from) {
  uint32_t value;

  memcpy(&value, from, sizeof(value));
  return value;
}

static inline uint64_t word_64(const void* from) {
  uint64_t value;

  memcpy(&value, from, sizeof(value));
  return value;
}

/* The low `bytes` bytes of value. */
static inline void word_put(void* to, uint64_t value, size_t bytes) {
  assert(bytes <= sizeof(value));
  memcpy(to, &value, bytes);
}

/* What the guest may change at the same time: aligned, and read once. */
static inline _Atomic uint32_t* shared_32(void* at) {
  assert((uintptr_t) at % sizeof(uint32_t) == 0);
  return (_Atomic uint32_t*) at;
}

static inline _Atomic uint8_t* shared_8(void* at) {
  return (_Atomic uint8_t*) at;
}

#endif /* HVSOCK_MACHINE_WORDS_H */
