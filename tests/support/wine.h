/*
 * What Wine does otherwise than Windows, version by version. Tests expect what Windows
 * documents; one that Wine cannot fulfil asks for a row of this table, and for nothing
 * else. docs/windows.md shows the table. Only 8 and 10 have been run: a row ends or
 * begins at the one of them on which it was seen.
 */
#ifndef HVUV_TESTS_SUPPORT_WINE_H
#define HVUV_TESTS_SUPPORT_WINE_H

#define WINE_ANY_LATER 1000

/* NAME, first and last major version */
#define WINE_DIFFERENCES(X)                                                      \
  /* A close that resets a connection is read as its end. */                     \
  X(WINE_ENDS_BEFORE_RESET, 1, 8)                                                \
  /* Bytes that came before a reset cannot be read after it. Windows is        \
   * believed to have it so too, see docs/windows.md. */ \
  X(WINE_RESET_DROPS_BYTES, 10, WINE_ANY_LATER)                                  \
  /* SO_ERROR is 0 after a reset. */                                             \
  X(WINE_RESET_IS_NO_SO_ERROR, 10, WINE_ANY_LATER)                               \
  /* Bytes that a send has accepted are dropped when the peer ends its own     \
   * direction and that is read: lab/wine/lost_after_fin.c. */ \
  X(WINE_END_DROPS_SENDS, 10, WINE_ANY_LATER)

enum wine_difference {
#define X(name, first, last) name,
  WINE_DIFFERENCES(X)
#undef X
};

/* Whether this runs under a Wine that has it so; 0 on any other system. */
int wine_has(enum wine_difference difference);

#endif /* HVUV_TESTS_SUPPORT_WINE_H */
