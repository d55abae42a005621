/* The version of hvuv. Numbers follow semver.org; before 1.0 a change of the
 * minor number may break programs, and CHANGELOG.md says how. */
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

/* The version of the library that is linked, in the form of
 * HVUV_VERSION_STRING. The text is static. */
HVUV_EXTERN const char* hvuv_version_string(void);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_VERSION_H */
