/*
 * The machine: KVM's virtual machine with its memory, interrupt controllers and one
 * processor, in which an unchanged Linux kernel finds itself on Hyper-V.
 *
 *       main thread                     vcpu thread               the host side's own
 *   machine_open, machine_load
 *   machine_start  ------------------>  run, exits.h -- guest_host_t -->  (bus/bus.h)
 *   machine_look, now and then            |     ^                          |
 *   machine_stop  -- signal ------------> |     +--- machine_post,  <------+
 *                                         v          machine_flag, machine_at
 *   machine_join  <----------------------+ on_end
 *   machine_close
 *
 * Each of the functions on the right may be called from machine_open() until
 * machine_close(). Their context is the machine.
 */
#ifndef HVSOCK_MACHINE_H
#define HVSOCK_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "machine/boot.h"
#include "machine/console.h"
#include "machine/exits.h"
#include "machine/guest_calls.h"
#include "machine/ports.h"
#include "machine/ram.h"
#include "machine/synic.h"
#include "machine/vcpu.h"

typedef struct machine_s {
  ram_t ram;
  vcpu_t vcpu;
  synic_t synic;
  ports_t ports;
  console_t consoles[2]; /* of the serial ports */
  guest_host_t host;
  guest_calls_t calls;
  exits_t exits;
  int vm_fd;
  int has_eom_exits;
  uint64_t found_late; /* slots that were found free by machine_look() */

  uv_thread_t thread;
  void (*on_end)(void* context);
  void* on_end_context;
  machine_end_t end; /* the vcpu thread's until machine_join() */
} machine_t;

typedef struct machine_options_s {
  uint64_t ram_bytes;
  int console_fds[2]; /* what the serial ports write to; -1: nowhere */
} machine_options_t;

/* kvm_fd is probe_open()'s, and stays the caller's. Returns 0 or a negative code that
 * is in the journal; then nothing is left to be closed. */
int machine_open(machine_t* machine,
                 int kvm_fd,
                 const machine_options_t* options);
void machine_close(machine_t* machine);

/* Puts kernel, RAM disk and ACPI's tables into memory and the processor before the
 * kernel's first instruction. */
int machine_load(machine_t* machine,
                 const boot_files_t* files,
                 const uint8_t* dsdt,
                 size_t dsdt_bytes);

/* Runs the guest in a thread of its own. on_end is called in it, last of all. */
int machine_start(machine_t* machine,
                  const guest_host_t* host,
                  void (*on_end)(void* context),
                  void* context);
void machine_stop(machine_t* machine);
machine_end_t machine_join(machine_t* machine);

/* Calls the host's slot_free if the slot has become free and no exit showed it. */
void machine_look(machine_t* machine);

void machine_report(const machine_t* machine);

void* machine_at(void* context, uint64_t gpa, size_t len);
int machine_post(void* context, uint32_t type, const void* payload, size_t len);
void machine_flag(void* context, uint32_t flag);

#endif /* HVSOCK_MACHINE_H */
