#include "hostile/cpu.h"

#include "hostile/hostile.h"

#define SERIAL      0x3f8u
#define PM1_CONTROL 0x604u
#define SLEEP_S5    (5u << 10 | 1u << 13)

static uint64_t chance_state;

void chance_begin(uint64_t seed) {
  chance_state = seed * 0x9e3779b97f4a7c15ull + 1;
}

/* xorshift64*; never 0. */
uint64_t chance_64(void) {
  chance_state ^= chance_state >> 12;
  chance_state ^= chance_state << 25;
  chance_state ^= chance_state >> 27;
  return chance_state * 0x2545f4914f6cdd1dull;
}

uint32_t chance(uint32_t below) {
  return (uint32_t) (chance_64() >> 33) % below;
}

uint32_t chance_number(void) {
  static const uint32_t limits[] = {0,
                                    8,
                                    32,
                                    72,
                                    240,
                                    4080,
                                    4096,
                                    4120,
                                    16384,
                                    16416,
                                    24576,
                                    28672,
                                    0x20000,
                                    0x80000000};

  switch (chance(4)) {
    case 0:
      return chance(64);
    case 1:
      return (uint32_t) chance_64();
    case 2:
      return chance(4096) * 8;
    default:
      return limits[chance(sizeof(limits) / sizeof(limits[0]))] + chance(3) - 1;
  }
}

void put_text(const char* text) {
  while (*text != '\0')
    out_8(SERIAL, (uint8_t) *text++);
}

void put_number(uint64_t number) {
  char digits[21];
  char* at = digits + sizeof(digits) - 1;

  *at = '\0';
  do {
    *--at = (char) ('0' + number % 10);
    number /= 10;
  } while (number > 0);
  put_text(at);
}

void power_off(void) {
  out_16(PM1_CONTROL, SLEEP_S5);
}

/* The compiler calls these for copies and zeros of structs. */
void* memset(void* to, int value, size_t bytes);
void* memcpy(void* to, const void* from, size_t bytes);

void* memset(void* to, int value, size_t bytes) {
  volatile uint8_t* at = to;

  while (bytes-- > 0)
    *at++ = (uint8_t) value;
  return to;
}

void* memcpy(void* to, const void* from, size_t bytes) {
  volatile uint8_t* at = to;
  const uint8_t* source = from;

  while (bytes-- > 0)
    *at++ = *source++;
  return to;
}
