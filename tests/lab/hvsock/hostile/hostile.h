/*
 * A guest that means harm: no Linux, but a kernel of its own, which finds Hyper-V's
 * interface as Linux does and then sends garbage through all of it: hypercalls, messages
 * of VMBus that are random, or good but for some bytes, GPADLs with memory that is not
 * there, rings whose indices and packets change while the host reads them, ports and
 * memory without a device. Every now and then it behaves, so that there are channels to be
 * broken.
 *
 * It is judged by what the host does: hvsock_vm goes on serving, until the guest switches
 * itself off, and exits with 0.
 *
 *   head.c     a bzImage's header, and the entry
 *   cpu.h      instructions that C has no words for
 *   bus.c      the guest's side of SynIC and of VMBus' messages
 *   channels.c channels: opened by the rules or against them, rings filled with both
 *   main.c     what is done how often
 *
 * Interrupts stay off, and any fault of the processor's resets the machine.
 */
#ifndef HVSOCK_HOSTILE_H
#define HVSOCK_HOSTILE_H

#include <stddef.h>
#include <stdint.h>

#define PAGE 4096u

void hostile_main(const uint8_t* zero_page);
extern unsigned char hostile_stack[65536];

/* --- cpu.c: chance, bytes, words on the console ------------------------------ */

void chance_begin(uint64_t seed);
uint32_t chance(uint32_t below); /* 0 .. below - 1 */
uint64_t chance_64(void);
uint32_t chance_number(void); /* small, huge, or just beside a limit */
void put_text(const char* text);
void put_number(uint64_t number);
void power_off(void);

/* --- bus.c -------------------------------------------------------------------- */

#define MESSAGE_MAX 240u

typedef struct message_s {
  uint32_t len;
  uint32_t word[MESSAGE_MAX / 4];
} message_t;

void bus_begin(void);

/* A hypercall; returns its status. */
uint64_t bus_call(uint64_t input, uint64_t first, uint64_t second);

/* Posts a message, as it is. Returns the status. */
uint64_t bus_post(const message_t* message);

/* Posts it with some bytes changed, most often none. */
void bus_post_spoiled(const message_t* message);
void bus_signal(uint64_t connection);

/* Fetches a message, if one is there at one of so many looks. Returns whether. */
int bus_fetch(message_t* message, uint32_t looks);

/* --- channels.c --------------------------------------------------------------- */

void channels_contact(uint32_t version);
void channels_step(void); /* one thing with one channel */
void channels_see(const message_t* message);
extern uint32_t channels_opened; /* counted */
extern uint32_t channels_bytes;  /* payload that was sent by the rules */

#endif /* HVSOCK_HOSTILE_H */
