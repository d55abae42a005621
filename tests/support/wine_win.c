#include "wine.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

typedef const char*(CDECL* version_fn)(void);

static const struct {
  int first, last;
} rows[] = {
#define X(name, first, last) {first, last},
    WINE_DIFFERENCES(X)
#undef X
};

/* 0 on Windows. */
static int major_version(void) {
  FARPROC proc;
  version_fn version;

  proc = GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version");
  if (proc == NULL)
    return 0;
  memcpy(&version, &proc, sizeof(version));
  return atoi(version());
}

int wine_has(enum wine_difference difference) {
  int version = major_version();

  return version >= rows[difference].first && version <= rows[difference].last;
}
