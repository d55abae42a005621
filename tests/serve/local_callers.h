/*
 * Callers at local:// addresses, as whatever partition, in the loop of the
 * server that they call.
 */
#ifndef HVUV_TESTS_SERVE_LOCAL_CALLERS_H
#define HVUV_TESTS_SERVE_LOCAL_CALLERS_H

#include "server_rig.h"

/* Says something and waits for as many bytes, or the end. */
typedef struct local_caller_s {
  server_rig_t* rig;
  hvuv_stream_t stream;
  hvuv_connect_t connect;
  hvuv_write_t write;
  const char* bytes;
  unsigned int nbytes;
  char room[64];
  size_t have;
  int status;
  int is_over;
  int is_closed;
} local_caller_t;

hvuv_addr_t local_addr(const char* text);

/* Whether the address is of this VM. */
int local_is_of(const char* vm, const hvuv_addr_t* addr);

/* What hvuv_server_listen() returns. */
int local_listen(server_rig_t* rig,
                 const char* text,
                 const hvuv_protocol_t* protocol);

/* Connects as a VM, or as the host (NULL), and says so many bytes. */
void local_call(server_rig_t* rig,
                local_caller_t* caller,
                const char* vm,
                const char* text,
                const char* bytes,
                unsigned int nbytes);

/* Whether what it says comes back; hangs up. */
int local_is_answered(local_caller_t* caller);
void local_hang_up(local_caller_t* caller);

/* Another one calls and hangs up: whether what it says comes back. The message
 * of the second is "hi". */
int local_is_served(server_rig_t* rig,
                    const char* vm,
                    const char* text,
                    const char* bytes,
                    unsigned int nbytes);
int local_is_framed(server_rig_t* rig, const char* vm, const char* text);

#endif /* HVUV_TESTS_SERVE_LOCAL_CALLERS_H */
