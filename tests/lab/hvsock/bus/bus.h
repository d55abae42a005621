/* clang-format off */
/*
 * The host side of VMBus, as far as Hyper-V sockets need it, and its Unix sockets:
 *
 *   guest: AF_VSOCK -- hv_sock -- hv_vmbus          host: programs with Unix sockets
 *             |   hypercalls, SynIC, rings                     |
 *   ----------+------------------------------                  |
 *        the machine (KVM)  <--- machine.h ---  the bus  <-----+  PATH, PATH_PORT
 *             |                                    ^
 *             +-------------- bus.h ---------------+
 *
 * The host calls the guest at PATH: "CONNECT PORT\n" or "CONNECT GUID\n", and after
 * "OK ...\n" the stream is joined. The guest's call to a port goes to who listens at
 * PATH_PORT, else at PATH_GUID, the service's GUID in lower case.
 *
 * The bus runs in a thread of its own. The functions below may be called in any
 * thread, at most one of them being a vcpu's; they only note what has happened and
 * wake that thread, and wait at most while a packet is being copied. So they may be
 * called while a vcpu stands in an exit.
 */
/* clang-format on */
#ifndef HVSOCK_BUS_H
#define HVSOCK_BUS_H

#include <stddef.h>
#include <stdint.h>

#include "bus/machine.h"

#define BUS_VERSION_MIN 0x40000u /* VMBus 4.0, the first with hv_sock */
#define BUS_VERSION_MAX 0x50003u /* VMBus 5.3 */
#define BUS_PACKET_MAX  16384u /* payload of a packet to the guest, in bytes */

/* What hypercalls return. */
enum {
  BUS_HV_SUCCESS = 0,
  BUS_HV_INVALID_PARAMETER = 5,
  BUS_HV_INVALID_CONNECTION_ID = 18,
  BUS_HV_INSUFFICIENT_BUFFERS = 19 /* the guest tries again */
};

/* Faults on purpose, to see a test fail; all 0: none. */
typedef struct bus_faults_s {
  int has_wrong_fin; /* a FIN to the guest has 8 bytes, and says 16 */

  /* The host's end of sending is a rescind, behind what the guest has sent by
   * then. */
  int rescinds_for_fin;

  unsigned int drops_signal;  /* of those to the guest each n-th is lost */
  unsigned int misses_signal; /* and of those from the guest */
} bus_faults_t;

typedef struct bus_options_s {
  const char* path;     /* of the Unix socket, at most 70 bytes */
  uint32_t version_min; /* major << 16 | minor; 0: BUS_VERSION_MIN */
  uint32_t version_max; /* 0: BUS_VERSION_MAX */
  size_t packet_bytes;  /* at most, to the guest; 0: BUS_PACKET_MAX */
  int signals_always;   /* after each packet, not only into an empty ring */
  int is_verbose;       /* logs each message */
  bus_faults_t faults;
} bus_options_t;

typedef struct bus_s bus_t;

typedef enum bus_command_e {
  BUS_STALL =
      1, /* a host that stands still: rings and signals are left alone */
  BUS_RESUME,
  BUS_GONE,    /* rescinds every channel at once and closes PATH */
  BUS_COUNTERS /* logs counters and channels */
} bus_command_t;

/* Listens at options->path, where a socket that was there is replaced, and starts
 * the thread. *machine is copied. UV_EINVAL for options that cannot be,
 * UV_ENAMETOOLONG, UV_ENOMEM, and what libuv returns. */
int bus_start(bus_t** bus,
              const bus_machine_t* machine,
              const bus_options_t* options);

/* HVCALL_POST_MESSAGE's input, taken apart. A status for the guest. When it returns
 * for CLOSECHANNEL, the channel's rings are not touched any more. */
uint64_t bus_posted(bus_t* bus,
                    uint32_t connection_id,
                    uint32_t type,
                    const void* payload,
                    size_t len);

/* HVCALL_SIGNAL_EVENT. A status for the guest. */
uint64_t bus_signalled(bus_t* bus, uint64_t connection_id);

/* The guest wrote these MSRs: SCONTROL, SIEFP, SIMP. */
void bus_synic(bus_t* bus,
               uint64_t control,
               uint64_t event_page,
               uint64_t message_page);

/* The slot of SINT 2 may be free: the guest wrote EOM, or unmasked the SINT. */
void bus_slot_free(bus_t* bus);

void bus_command(bus_t* bus, bus_command_t command);

/* The guest is gone, and no vcpu runs: closes all Unix sockets and joins the thread.
 * No other function may be running, or be called later. */
void bus_stop(bus_t* bus);

#endif /* HVSOCK_BUS_H */
