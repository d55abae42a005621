/*
 * What Wine does otherwise than Windows, version by version. Tests expect what Windows
 * documents; one that a Wine cannot fulfil asks for a row of this table, and for nothing
 * else. Each row is a test of its own (lab/wine/differences.c), and docs/windows.md shows
 * the table. Only 8 and 10 have been run: a row ends or begins at the one of them on
 * which it was seen.
 */
#ifndef HVUV_TESTS_SUPPORT_WINE_H
#define HVUV_TESTS_SUPPORT_WINE_H

#define WINE_ANY_LATER 1000

/* clang-format off */
/* NAME, first and last major version */
#define WINE_DIFFERENCES(X)                                                     \
  /* A close that resets a connection is read as its end. */                    \
  X(WINE_ENDS_BEFORE_RESET, 1, 8)                                               \
  /* ... now and then, by who does not wait for it. */                          \
  X(WINE_RESET_MAY_BE_END, 10, WINE_ANY_LATER)                                  \
  /* Bytes that came before a reset are read after it. On Windows they are gone \
   * (dotnet/runtime#57186). */                                                 \
  X(WINE_KEEPS_BYTES_BEFORE_RESET, 1, 8)                                        \
  /* SO_ERROR is 0 after a reset. */                                            \
  X(WINE_RESET_IS_NO_SO_ERROR, 10, WINE_ANY_LATER)                              \
  /* Bytes that a send has accepted are dropped when the peer ends its own      \
   * direction and that is read. */                                             \
  X(WINE_END_DROPS_SENDS, 10, WINE_ANY_LATER)                                   \
  /* A WSASend() that waits is reported as done after a part of its bytes when  \
   * the peer ends its own direction and a WSARecv() of no bytes waits too;     \
   * libuv takes that for all of them. */                                       \
  X(WINE_END_ENDS_WAITING_SENDS, 1, WINE_ANY_LATER)                             \
  /* A send that does not block takes a part of its bytes. Windows takes all or \
   * none. */                                                                   \
  X(WINE_SENDS_PARTLY, 1, 8)                                                    \
  /* getpeername() succeeds while a connect is under way. */                    \
  X(WINE_NAMES_PEER_EARLY, 10, WINE_ANY_LATER)
/* clang-format on */

enum wine_difference {
#define X(name, first, last) name,
  WINE_DIFFERENCES(X)
#undef X
};

/* Whether this runs under a Wine that has it so; 0 on any other system. */
int wine_has(enum wine_difference difference);

#endif /* HVUV_TESTS_SUPPORT_WINE_H */
