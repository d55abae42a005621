/*
 * The host's side of the synthetic interrupt controller: one message slot and 2,048
 * event flags, in two pages that the guest gives, and the interrupt SINT 2 that says
 * "look there". Linux uses that source only.
 *
 *   message page  + 0x200   type u32      0: the slot is free
 *                           size u8, flags u8 (bit 0: a message is pending), u16
 *                           sender u64
 *                 + 0x210   payload, 240 bytes
 *   event page    + 0x200   256 bytes of flags
 *
 * A free slot is written by nobody but us: the type goes in last, with release order,
 * and the guest sets it back to 0. While it is taken, the pending bit is set, and the
 * type looked at again behind a full barrier. So either the slot is seen free here, or
 * the guest sees the bit and writes EOM, at which the machine calls back (vcpu.h).
 *
 * The pages are the guest's memory, its MSRs are handled inside KVM, which exits with
 * their values (synic_set). All functions may be called in any thread.
 */
#ifndef HVSOCK_MACHINE_SYNIC_H
#define HVSOCK_MACHINE_SYNIC_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "machine/ram.h"

#define SYNIC_SINT        2u
#define SYNIC_PAYLOAD_MAX 240u
#define SYNIC_FLAGS       2048u

typedef struct synic_s {
  const ram_t* ram;
  void* context;
  int (*raise)(void* context); /* SINT 2; 0, or why it cannot be raised */

  uv_mutex_t mutex;       /* for all below */
  uint8_t* slot;          /* in the guest's memory; NULL: switched off */
  uint8_t* flags;         /* the same */
  int is_waiting;         /* a message has found the slot taken */
  uint64_t posted;        /* messages */
  uint64_t found_taken;   /* attempts */
  uint64_t flagged;       /* flags set, of which... */
  uint64_t flagged_again; /* ... those that were set already: no interrupt */
  uint64_t not_raised;    /* interrupts that KVM refused */
} synic_t;

int synic_open(synic_t* synic,
               const ram_t* ram,
               int (*raise)(void* context),
               void* context);
void synic_close(synic_t* synic);

/* The guest's registers SCONTROL, SIEFP and SIMP, raw. Pages outside RAM count as
 * switched off. */
void synic_set(synic_t* synic,
               uint64_t control,
               uint64_t event_page,
               uint64_t message_page);

/* Puts a message into the slot. Returns 0; or UV_EAGAIN while the slot is taken, or
 * switched off. */
int synic_post(synic_t* synic, uint32_t type, const void* payload, size_t len);

/* Sets a flag and raises the interrupt, unless it was set: then the guest has still to
 * look at it. Nothing while the flags are switched off. */
void synic_flag(synic_t* synic, uint32_t flag);

/* Whether a message has found the slot taken, and it is free by now. Says so once. */
int synic_has_become_free(synic_t* synic);

#endif /* HVSOCK_MACHINE_SYNIC_H */
