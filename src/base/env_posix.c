/* Several variables on POSIX, which keeps them in a list: getenv() goes through
 * it for each, and nearly always to the end. */
#include "base/env.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

/* Not every <unistd.h> has it.
 * NOLINTNEXTLINE(readability-redundant-declaration) */
extern char** environ;

static int copy(const char* from, char* value, size_t size) {
  size_t len;

  len = strlen(from);
  if (len == 0)
    return UV_ENOENT;
  if (len >= size)
    return UV_ENAMETOOLONG;
  memcpy(value, from, len + 1);
  return 0;
}

static inline int may_be_ours(const char* entry) {
  return entry[0] == 'H' && entry[1] == 'V' && entry[2] == 'U' &&
         entry[3] == 'V';
}

/* As getenv(), the first of a name counts. */
static void fill(hvuv__env_slot_t* slot, const char* entry, int* has) {
  const char* name = hvuv__env_name(slot->variable);
  size_t len = strlen(name);

  assert(slot->size > 0 && may_be_ours(name));
  if (*has || strncmp(entry, name, len) != 0 || entry[len] != '=')
    return;
  slot->err = copy(entry + len + 1, slot->value, slot->size);
  *has = 1;
}

void hvuv__env_get_all(hvuv__env_slot_t slots[], size_t count) {
  int has[HVUV__ENV_COUNT] = {0};
  char** at = environ;
  const char* entry;
  size_t i;

  assert(count <= HVUV__ENV_COUNT);
  for (i = 0; i < count; i++)
    slots[i].err = UV_ENOENT;
  while (at != NULL && (entry = *at++) != NULL)
    if (may_be_ours(entry))
      for (i = 0; i < count; i++)
        fill(&slots[i], entry, &has[i]);
}
