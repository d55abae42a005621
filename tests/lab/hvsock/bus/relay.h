/* clang-format off */
/*
 * The bytes of an open channel, joined to a Unix socket:
 *
 *   ring from the guest --> buffer of 64 KiB --> uv_write    while a write is under way the
 *                                                ring is left alone, and fills up
 *   ring to the guest <---- one packet a read <- uv_read     while there is no room reading
 *                                                stops; the guest signals that there is
 *
 * Who has ended its sending, and what follows:
 *
 *   state    | the guest's FIN is read,   | the socket is   | the socket fails, a ring is
 *            | what came before is sent   | at its end      | broken, or nobody moves on
 *   ---------+----------------------------+-----------------+----------------------------
 *   BOTH     | shutdown(socket); TO_GUEST | a FIN; TO_HOST  | OVER
 *   TO_HOST  | OVER                       | -               | OVER
 *   TO_GUEST | -                          | a FIN; OVER     | OVER
 *   DRAINING | OVER                       | -               | OVER
 *
 * OVER: the channel is rescinded, if the guest has not ended it, and the owner is called
 * back, who closes the socket. Linux gives a socket up only then. By the fault
 * rescinds_for_fin the end of the socket leads from BOTH to DRAINING, and once the ring
 * from the guest is empty to OVER.
 *
 * The host's program has gone when a write to it fails. What it has sent until then still
 * goes to the guest as far as there is room; the rest of the guest's is dropped. When the
 * guest has ended and takes nothing for 8 s, and the program has hung up, nobody will move
 * on: Linux' close() looks like a shutdown(), and a closed socket does not read.
 */
/* clang-format on */
#ifndef HVSOCK_BUS_RELAY_H
#define HVSOCK_BUS_RELAY_H

#include "bus/channels.h"

#define BUS__RELAY_BUFFER 65536u

typedef enum bus__relay_state_e {
  BUS__RELAY_BOTH = 1,
  BUS__RELAY_TO_HOST,
  BUS__RELAY_TO_GUEST,
  BUS__RELAY_DRAINING,
  BUS__RELAY_OVER
} bus__relay_state_t;

typedef struct bus__relay_s {
  bus__relay_state_t state;
  bus__host_t* host;
  bus__channel_t* channel; /* NULL once it is over */
  uv_pipe_t* pipe;         /* its data is the relay */
  void* owner;
  void (*on_over)(void* owner);

  uv_write_t write;
  uv_shutdown_t shutdown;
  int is_writing;
  int has_fin;   /* the guest's was read, behind what is being written */
  int is_asking; /* the guest, for room */
  uint64_t moved_ms;
  uint8_t up[BUS__RELAY_BUFFER];
  uint8_t down[BUS_PACKET_MAX];
} bus__relay_t;

/* Both ends are open. on_over may come from inside. */
void bus__relay_start(bus__relay_t* relay,
                      bus__host_t* host,
                      bus__channel_t* channel,
                      uv_pipe_t* pipe,
                      void* owner,
                      void (*on_over)(void* owner));

/* The guest has signalled, or the host stands still no more. */
void bus__relay_serve(bus__relay_t* relay);

/* The host stands still from now on. */
void bus__relay_stall(bus__relay_t* relay);

/* The guest has ended the channel. on_over follows. */
void bus__relay_gone(bus__relay_t* relay);

/* Ends it at once. on_over follows. */
void bus__relay_cut(bus__relay_t* relay);

/* Looks whether anybody will ever move on; once a second or so. */
void bus__relay_look(bus__relay_t* relay);

#endif /* HVSOCK_BUS_RELAY_H */
