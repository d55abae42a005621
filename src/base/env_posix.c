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
  return entry[0] == 'H' && entry[1] == 'V';
}

/* The variable that an entry of len bytes before the '=' sets, if it is one of
 * these and none before it was. As getenv() has it, the first of a name
 * counts. */
static void fill(hvuv__env_slot_t slots[],
                 size_t count,
                 unsigned int* has,
                 const char* entry,
                 size_t len) {
  const hvuv__env_name_t* name;
  size_t i;

  for (i = 0; i < count; i++) {
    name = hvuv__env_name(slots[i].variable);
    assert(slots[i].size > 0 && may_be_ours(name->text));
    if (name->len != len || memcmp(name->text, entry, len) != 0)
      continue;
    if ((*has & 1u << i) == 0)
      slots[i].err = copy(entry + len + 1, slots[i].value, slots[i].size);
    *has |= 1u << i;
  }
}

void hvuv__env_get_all(hvuv__env_slot_t slots[], size_t count) {
  unsigned int has = 0;
  char** at = environ;
  const char* entry;
  const char* sign;
  size_t i;

  assert(count <= HVUV__ENV_COUNT);
  for (i = 0; i < count; i++)
    slots[i].err = UV_ENOENT;
  while (at != NULL && (entry = *at++) != NULL)
    if (may_be_ours(entry) && (sign = strchr(entry, '=')) != NULL)
      fill(slots, count, &has, entry, (size_t) (sign - entry));
}
