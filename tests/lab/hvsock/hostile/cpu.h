/* Instructions that C has no words for. */
#ifndef HVSOCK_HOSTILE_CPU_H
#define HVSOCK_HOSTILE_CPU_H

#include <stdint.h>

static inline void write_msr(uint32_t number, uint64_t value) {
  __asm__ volatile(
      "wrmsr"
      :
      : "c"(number), "a"((uint32_t) value), "d"((uint32_t) (value >> 32))
      : "memory");
}

static inline void out_8(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out_16(uint16_t port, uint16_t value) {
  __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t in_32(uint16_t port) {
  uint32_t value;

  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

/* Nothing moves over it, the compiler's doing or the processor's. */
static inline void barrier(void) {
  __asm__ volatile("mfence" : : : "memory");
}

#endif /* HVSOCK_HOSTILE_CPU_H */
