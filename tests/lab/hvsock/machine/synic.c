#include "machine/synic.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "machine/words.h"

#define ENABLED      1u
#define SLOT_BYTES   256u
#define FLAGS_BYTES  (SYNIC_FLAGS / 8)
#define SLOT_SIZE    4u
#define SLOT_FLAGS   5u
#define SLOT_SENDER  8u
#define SLOT_PAYLOAD 16u
#define PENDING      1u
#define TYPE_NONE    0u

#ifdef NDEBUG
#define check(synic) ((void) 0)
#else
static void check(const synic_t* synic) {
  assert(synic->ram != NULL && synic->raise != NULL);
  assert(synic->slot == NULL || (uintptr_t) synic->slot % SLOT_BYTES == 0);
  assert(synic->flags == NULL || (uintptr_t) synic->flags % FLAGS_BYTES == 0);
  assert(synic->flagged_again <= synic->flagged);
}
#endif

int synic_open(synic_t* synic,
               const ram_t* ram,
               int (*raise)(void* context),
               void* context) {
  memset(synic, 0, sizeof(*synic));
  synic->ram = ram;
  synic->raise = raise;
  synic->context = context;
  check(synic);
  return uv_mutex_init(&synic->mutex);
}

void synic_close(synic_t* synic) {
  uv_mutex_destroy(&synic->mutex);
}

/* The part of SINT 2 in a page that an MSR names. */
static uint8_t* part_of(const synic_t* synic,
                        uint64_t page,
                        size_t part_bytes) {
  uint8_t* base;

  if (!(page & ENABLED))
    return NULL;
  base = ram_at(synic->ram, page & ~(uint64_t) (RAM_PAGE - 1), RAM_PAGE);
  return base == NULL ? NULL : base + SYNIC_SINT * part_bytes;
}

void synic_set(synic_t* synic,
               uint64_t control,
               uint64_t event_page,
               uint64_t message_page) {
  int is_on = (control & ENABLED) != 0;

  uv_mutex_lock(&synic->mutex);
  synic->slot = is_on ? part_of(synic, message_page, SLOT_BYTES) : NULL;
  synic->flags = is_on ? part_of(synic, event_page, FLAGS_BYTES) : NULL;
  check(synic);
  uv_mutex_unlock(&synic->mutex);
}

static void interrupt(synic_t* synic) {
  if (synic->raise(synic->context) != 0)
    synic->not_raised++;
}

/* --- Messages -------------------------------------------------------------- */

static int is_free(uint8_t* slot) {
  return atomic_load(shared_32(slot)) == TYPE_NONE;
}

/* Leaves word in the slot that we wait. The bit is set by a locked instruction, a full
 * barrier: no later read comes before it. */
static int is_free_after_all(uint8_t* slot) {
  atomic_fetch_or(shared_8(slot + SLOT_FLAGS), PENDING);
  return is_free(slot);
}

static void fill(uint8_t* slot,
                 uint32_t type,
                 const void* payload,
                 size_t len) {
  slot[SLOT_SIZE] = (uint8_t) len;
  atomic_store(shared_8(slot + SLOT_FLAGS), 0);
  memset(slot + SLOT_FLAGS + 1, 0, 2);
  word_put(slot + SLOT_SENDER, 0, 8);
  memcpy(slot + SLOT_PAYLOAD, payload, len);
  atomic_store_explicit(shared_32(slot), type, memory_order_release);
}

int synic_post(synic_t* synic, uint32_t type, const void* payload, size_t len) {
  int err = UV_EAGAIN;

  assert(type != TYPE_NONE && len <= SYNIC_PAYLOAD_MAX);
  uv_mutex_lock(&synic->mutex);
  check(synic);
  if (synic->slot != NULL &&
      (is_free(synic->slot) || is_free_after_all(synic->slot))) {
    fill(synic->slot, type, payload, len);
    synic->posted++;
    synic->is_waiting = 0;
    interrupt(synic);
    err = 0;
  } else {
    synic->is_waiting = 1;
    synic->found_taken++;
  }
  uv_mutex_unlock(&synic->mutex);
  return err;
}

int synic_has_become_free(synic_t* synic) {
  int has;

  uv_mutex_lock(&synic->mutex);
  check(synic);
  has = synic->is_waiting && synic->slot != NULL && is_free(synic->slot);
  if (has)
    synic->is_waiting = 0;
  uv_mutex_unlock(&synic->mutex);
  return has;
}

/* --- Event flags ----------------------------------------------------------- */

void synic_flag(synic_t* synic, uint32_t flag) {
  uint8_t bit = (uint8_t) (1u << flag % 8);
  uint8_t before;

  assert(flag < SYNIC_FLAGS);
  uv_mutex_lock(&synic->mutex);
  check(synic);
  if (synic->flags != NULL) {
    before = atomic_fetch_or(shared_8(synic->flags + flag / 8), bit);
    synic->flagged++;
    if (before & bit)
      synic->flagged_again++;
    else
      interrupt(synic);
  }
  uv_mutex_unlock(&synic->mutex);
}
