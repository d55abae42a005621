/*
 * assert_between(value, low, high): that a whole number lies there, both ends
 * included. cmocka 1.1 has assert_in_range() for it, of which 2.0 warns, as
 * compilers do of its successor.
 *
 * Include it after <cmocka.h>.
 */
#ifndef HVUV_TEST_BETWEEN_H
#define HVUV_TEST_BETWEEN_H

#include <inttypes.h>

#define assert_between(value, low, high)                                       \
  assert_between_at((intmax_t) (value),                                        \
                    (intmax_t) (low),                                          \
                    (intmax_t) (high),                                         \
                    __FILE__,                                                  \
                    __LINE__)

static inline void assert_between_at(
    intmax_t value, intmax_t low, intmax_t high, const char* file, int line) {
  if (value >= low && value <= high)
    return;
  print_error("%" PRIdMAX " is not between %" PRIdMAX " and %" PRIdMAX "\n",
              value,
              low,
              high);
  _fail(file, line);
}

#endif /* HVUV_TEST_BETWEEN_H */
