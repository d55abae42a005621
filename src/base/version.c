/* The version that was built, as number and text. It knows nothing of what it
 * labels. */
#include "hvuv/version.h"

unsigned int hvuv_version(void) {
  return HVUV_VERSION_HEX;
}

const char* hvuv_version_string(void) {
  return HVUV_VERSION_STRING;
}
