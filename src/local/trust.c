/* Which folders need no look in this turn; trust.h says why that is enough. */
#include "local/trust.h"

#include <assert.h>
#include <string.h>

static void check(const hvuv__trust_t* trust, const hvuv__target_t* target) {
  assert(trust->since_ms <= trust->now_ms || trust->folder_len == 0);
  assert(trust->root_len <= trust->folder_len);
  assert(target->root_len > 0 && target->root_len < target->folder_len);
  assert(target->folder_len < sizeof(trust->folder));
  (void) trust;
  (void) target;
}

int hvuv__trust_has(const hvuv__trust_t* trust,
                    const hvuv__target_t* target,
                    unsigned long user) {
  check(trust, target);
  return trust->since_ms == trust->now_ms && trust->user == user &&
         trust->folder_len == target->folder_len &&
         trust->root_len == target->root_len &&
         memcmp(trust->folder, target->path, target->folder_len) == 0;
}

void hvuv__trust_keep(hvuv__trust_t* trust,
                      const hvuv__target_t* target,
                      unsigned long user) {
  trust->since_ms = trust->now_ms;
  trust->user = user;
  trust->root_len = target->root_len;
  trust->folder_len = target->folder_len;
  memcpy(trust->folder, target->path, sizeof(trust->folder));
  check(trust, target);
}
