/*
 * What an error means on this system, in words for people.
 */
#ifndef HVUV_EXPLAIN_H
#define HVUV_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Size in bytes of a buffer for any explanation, including the NUL. */
#define HVUV_EXPLAIN_STRLEN 768

/* Writes a few plain sentences: what a status returned by a function or
 * reported to a callback for this address means on this system, and what to do
 * about it. A status does not show which step it came from, so where that
 * matters the text names the step ("To a connect, ... In an open stream, ...").
 *
 * It inspects the system as it is now (its vsock transports, its CID, the
 * directory of `local`, what is at the path of a `hybrid` address) and changes
 * nothing; like hvuv_supported() it may bind a socket to see whether that is
 * possible, and it never connects. On Windows it adds the system's own error
 * number, if the calling thread has lately had an error that became this
 * status: several numbers become the same UV_E* code.
 *
 * The text is not for programs to parse: it may change in any version.
 *
 * It always ends with a NUL. Returns 0; UV_ENOBUFS if the text was cut to fit
 * size bytes; UV_EINVAL if a pointer is NULL, size is 0, or *addr is not an
 * address, and buf is then unchanged. */
HVUV_EXTERN int hvuv_explain(const hvuv_addr_t* addr,
                             int status,
                             char* buf,
                             size_t size);

/* What failed. */
typedef enum hvuv_step_e {
  HVUV_STEP_UNKNOWN = 0,
  HVUV_STEP_PARSE,   /* reading an address; hvuv_addr_parse_why() knows more */
  HVUV_STEP_BIND,    /* hvuv_bind(), hvuv_server_listen() */
  HVUV_STEP_LISTEN,  /* hvuv_listen() */
  HVUV_STEP_ACCEPT,  /* a listener's status, hvuv_accept(), on_refused */
  HVUV_STEP_CONNECT, /* a connect's status, dials of a client */
  HVUV_STEP_HANDSHAKE,  /* the same, where `hybrid` is known to be connected */
  HVUV_STEP_SEND,       /* a write's or a shutdown's status, hvuv_conn_send() */
  HVUV_STEP_RECEIVE,    /* what hvuv_read_start() calls back with */
  HVUV_STEP_FRAMING,    /* messages: what a handler's connection ends with */
  HVUV_STEP_TIME_LIMIT, /* an idle limit, a deadline */
  HVUV_STEP_STOP        /* hvuv_server_stop(), hvuv_client_close() */
} hvuv_step_t;

/* The same for a status of which the step is known: what the status means
 * there, and nothing of others. UV_EINVAL also if there is no such step. */
HVUV_EXTERN int hvuv_explain_step(const hvuv_addr_t* addr,
                                  hvuv_step_t step,
                                  int status,
                                  char* buf,
                                  size_t size);

/* Returns the step in a word or two, such as "connect". */
HVUV_EXTERN const char* hvuv_step_name(hvuv_step_t step);

/* Returns 0 and sets *cid to this machine's own context id, by which others
 * reach it: 1 with nothing but vsock_loopback, 2 on a host (vhost_vsock), else
 * the one that its hypervisor assigned
 * (Linux, vm_sockets.h: IOCTL_VM_SOCKETS_GET_LOCAL_CID).
 *
 * HVUV_CID_ANY is a valid result and means "not known": Hyper-V guests have no
 * CID of their own (Linux, net/vmw_vsock/hyperv_transport.c). It is not an
 * address to connect to.
 *
 *   UV_ENOENT    there is no /dev/vsock: no vsock module is loaded
 *   UV_EACCES    the user may not open /dev/vsock
 *   UV_ENOTSUP   not on Linux
 *   UV_EINVAL    cid is NULL */
HVUV_EXTERN int hvuv_local_cid(uint32_t* cid);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_EXPLAIN_H */
