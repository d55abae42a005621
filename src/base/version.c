/* The version that was built, as text. It knows nothing of what it labels. */
#include "hvuv/version.h"

const char* hvuv_version_string(void) {
  return HVUV_VERSION_STRING;
}
