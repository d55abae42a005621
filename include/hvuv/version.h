/* The version of hvuv. Versions follow semver.org; before 1.0 a new minor
 * version may break programs, and CHANGELOG.md lists how. */
#ifndef HVUV_VERSION_H
#define HVUV_VERSION_H

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HVUV_VERSION_MAJOR  0
#define HVUV_VERSION_MINOR  1
#define HVUV_VERSION_PATCH  0
#define HVUV_VERSION_STRING "0.1.0"

/* Returns the version of the library that the program is linked with, in the
 * form of HVUV_VERSION_STRING. The string is static. */
HVUV_EXTERN const char* hvuv_version_string(void);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_VERSION_H */
