/*
 * A guest for the bus's tests: memory, a message slot, and VMBus' and hv_sock's half of
 * the rings, written from the same fact sheet and from nothing of the bus's. It plays
 * Linux: packets of 4,088 bytes at most, a signal only into an empty ring, the read
 * index stored only when the ring was found empty.
 *
 * The core runs on the guest's own loop, in the test's thread.
 */
#ifndef HVSOCK_TEST_GUEST_H
#define HVSOCK_TEST_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include "bus/core.h"

#define GUEST_PAGES        2048u
#define GUEST_MESSAGES_MAX 16384u
#define GUEST_PACKET_MAX   4088u
#define GUEST_RELIDS       2048u

typedef struct guest_message_s {
  size_t len;
  uint8_t bytes[256];
} guest_message_t;

typedef struct guest_s {
  uv_loop_t loop;
  uv_timer_t tick;
  unsigned int ticks;
  bus__core_t core;
  int is_open;
  uint8_t* ram;
  uint32_t next_page;
  uint32_t next_gpadl;

  int is_slot_taken;
  int holds_slot; /* each message takes the slot until guest_free_slot() */
  guest_message_t* messages;
  size_t count;
  size_t seen; /* by guest_next() */

  unsigned int flags[GUEST_RELIDS]; /* signals to each channel */
  unsigned int logged;
  char folder[64];
  char path[96];
} guest_t;

/* One of the two rings of a channel. */
typedef struct guest_ring_s {
  uint32_t pages; /* with the control page */
  uint32_t page[130];
  uint32_t size;
  uint32_t index; /* the guest's own */
} guest_ring_t;

typedef struct guest_channel_s {
  guest_t* guest;
  uint32_t relid;
  uint32_t connection;
  uint32_t gpadl;
  int is_from_host;
  uint8_t service[16];
  uint8_t instance[16];
  guest_ring_t up;
  guest_ring_t down;
  unsigned int signals; /* to the host */
} guest_channel_t;

/* --- The machine ---------------------------------------------------------- */

/* A core that listens in a folder of its own; *options may be NULL. */
void guest_open(guest_t* guest, const bus_options_t* options);
void guest_close(guest_t* guest);

/* Only memory and a machine, for a bus that has a thread. */
void guest_open_memory(guest_t* guest, bus_machine_t* machine);
void guest_close_memory(guest_t* guest);

/* Turns of the loop until the condition holds, or the test fails. */
#define guest_until(guest, condition)                                          \
  do {                                                                         \
    int is_so = (condition) != 0;                                              \
    (guest)->ticks = 0;                                                        \
    while (!is_so && (guest)->ticks < 1000) {                                  \
      uv_run(&(guest)->loop, UV_RUN_ONCE);                                     \
      is_so = (condition) != 0;                                                \
    }                                                                          \
    assert_true(is_so);                                                        \
  } while (0)

/* So many turns that what can happen has happened. */
void guest_settle(guest_t* guest);

uint32_t guest_page(guest_t* guest); /* a fresh one, its number */
void guest_free_slot(guest_t* guest);

/* A hypercall with a message, of words or of bytes. */
void guest_post(guest_t* guest, const void* bytes, size_t len);
void guest_post_words(
    guest_t* guest, uint32_t type, uint32_t a, uint32_t b, size_t len);

/* The next message of the type, behind the last one found; NULL if none is there. */
const guest_message_t* guest_next(guest_t* guest, uint32_t type);
size_t guest_count(const guest_t* guest, uint32_t type);
uint32_t guest_word(const guest_message_t* message, size_t at);

uint64_t guest_refused(const guest_t* guest, bus__reason_t why);
uint64_t guest_counted(const guest_t* guest, bus__counter_t what);

/* --- VMBus ---------------------------------------------------------------- */

/* Whether the version was taken. */
int guest_contact(guest_t* guest, uint32_t version);

/* 5.3, and offers asked for. */
void guest_connect(guest_t* guest);

/* A message to call the host's port from one of the guest's. */
void guest_call(guest_t* guest, uint32_t port, uint32_t from);

/* The next offer; waits for it. */
void guest_take_offer(guest_t* guest, guest_channel_t* channel);

/* Rings of so many pages each. */
void guest_make_rings(guest_channel_t* channel, uint32_t up, uint32_t down);
void guest_send_gpadl(guest_channel_t* channel);

/* Only the first of its messages; returns how many pages that has. */
uint32_t guest_send_gpadl_header(guest_channel_t* channel);
void guest_send_open(guest_channel_t* channel, uint32_t offset);
void guest_open_channel(guest_channel_t* channel, uint32_t pages);

/* What Linux does when its program has closed and the rescind is there. */
void guest_close_channel(guest_channel_t* channel);
void guest_release(guest_channel_t* channel);
int guest_is_rescinded(guest_t* guest, uint32_t relid);

/* --- hv_sock -------------------------------------------------------------- */

/* Bytes that were taken; a short number where the ring is full. */
size_t guest_send(guest_channel_t* channel, const void* bytes, size_t len);
void guest_send_fin(guest_channel_t* channel);

/* A packet with any headers. */
void guest_send_raw(guest_channel_t* channel,
                    const uint16_t head[4],
                    const uint32_t pipe[2],
                    uint32_t bytes);
void guest_signal(guest_channel_t* channel);

/* One packet: its payload's length, 0 for a FIN, -1 when there is none. */
int guest_recv(guest_channel_t* channel, void* bytes, size_t room);

/* A word of a control page. */
uint32_t* guest_control(guest_channel_t* channel,
                        const guest_ring_t* ring,
                        size_t at);

/* --- The host's programs -------------------------------------------------- */

int host_call(guest_t* guest, const char* line); /* a socket */
int host_listen(guest_t* guest, const char* name, int backlog);
int host_accept(int listener);                         /* -1: nobody yet */
int host_read(int fd, void* bytes, size_t room);       /* as recv() */
int host_write(int fd, const void* bytes, size_t len); /* as send() */
int host_is_at_end(int fd);

#endif /* HVSOCK_TEST_GUEST_H */
