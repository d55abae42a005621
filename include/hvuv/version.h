/*
 * The version of hvuv, as a program was compiled with it (the macros) and as
 * the library was that it is linked with (the functions). The two differ where
 * a shared library was replaced.
 *
 * Versions follow semver.org; before 1.0 a new minor version may break
 * programs, and CHANGELOG.md lists how.
 */
#ifndef HVUV_VERSION_H
#define HVUV_VERSION_H

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HVUV_VERSION_MAJOR 0
#define HVUV_VERSION_MINOR 1
#define HVUV_VERSION_PATCH 0

/* One number that grows with each version, for #if: 0x000100 is 0.1.0. A byte
 * each for major, minor and patch, as in UV_VERSION_HEX. */
#define HVUV_VERSION_HEX                                                       \
  ((HVUV_VERSION_MAJOR << 16) | (HVUV_VERSION_MINOR << 8) | HVUV_VERSION_PATCH)

/* "MAJOR.MINOR.PATCH" */
#define HVUV_VERSION_STRING                                                    \
  HVUV__VERSION_TEXT(HVUV_VERSION_MAJOR, HVUV_VERSION_MINOR, HVUV_VERSION_PATCH)

/* private: puts the values of the three in, not their names. */
#define HVUV__VERSION_TEXT(major, minor, patch)                                \
  HVUV__VERSION_DOTTED(major, minor, patch)
#define HVUV__VERSION_DOTTED(major, minor, patch) #major "." #minor "." #patch

/* Returns the version of the library that the program is linked with, in the
 * form of HVUV_VERSION_HEX. May be called from any thread, at any time. */
HVUV_EXTERN unsigned int hvuv_version(void);

/* Returns the same in the form of HVUV_VERSION_STRING. The string is static. */
HVUV_EXTERN const char* hvuv_version_string(void);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_VERSION_H */
