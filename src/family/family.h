/*
 * The interface of an address family: one file each. family/vsock.c knows
 * sockaddr_vm, family/local.c the folder of partitions, and so on; the stream
 * knows only this table, and find.c picks the family of an address.
 */
#ifndef HVUV_SRC_FAMILY_FAMILY_H
#define HVUV_SRC_FAMILY_FAMILY_H

#include "hvuv/addr.h"
#include "local/target.h"
#include "local/trust.h"
#include "sys/sys.h"
#include "unix/claim.h"

/* What AF_HYPERV sockets can be asked for; hvuv/hyperv.h says what each
 * does. */
enum hvuv__option {
  HVUV__CONNECTED_SUSPEND = 1 << 0,
  HVUV__CONTAINER_PASSTHRU = 1 << 1,
  HVUV__HIGH_VTL = 1 << 2
};

typedef struct hvuv__family_s {
  /* 0, or why this system or build cannot carry such addresses. */
  int (*supported)(void);

  /* Makes a socket bound to *addr, which becomes the address as bound (the
   * port that was picked). *claim is set when something besides the socket
   * must be released when it closes. NULL in a family that this build lacks;
   * then no other function is called. */
  int (*bind)(hvuv_addr_t* addr, uv_os_sock_t* sock, hvuv__claim_t** claim);

  /* Gets ready to connect to addr: checks it and makes *sock, unless it is a
   * bound socket already. *local becomes our own address where it is known
   * now. timeout_ms 0 leaves the system's own. *target is the family's, to be
   * kept for its connect(); *trust is the family's too, the same for all
   * streams of a loop. On an error *sock is as it was. */
  int (*dial)(const hvuv_addr_t* addr,
              uint64_t timeout_ms,
              uv_os_sock_t* sock,
              hvuv_addr_t* local,
              hvuv__target_t* target,
              hvuv__trust_t* trust);

  /* One attempt, the first right behind dial(): as hvuv__sys_connect().
   * UV_EAGAIN asks to try again later. */
  int (*connect)(uv_os_sock_t sock,
                 const hvuv_addr_t* addr,
                 hvuv__target_t* target);

  /* Whether a connect that was under way and is refused has somewhere else to
   * go, which is where the next connect() goes. NULL if it never has. */
  int (*has_more)(const hvuv__target_t* target);

  /* What a connected socket still needs before it is a stream, or NULL:
   * request() says what is wanted, reply() reads the answer, called whenever
   * something has come, UV_EAGAIN while it is not complete. *seen is reply()'s
   * to keep, 0 at first. */
  int (*request)(uv_os_sock_t sock, const hvuv_addr_t* addr);
  int (*reply)(uv_os_sock_t sock, unsigned int* seen);

  /* Our own address once connected; may be NULL. */
  int (*connected)(uv_os_sock_t sock, hvuv_addr_t* local);

  /* Who has been accepted by a listener bound to *listener; claim is the
   * listener's, or NULL. A negative result means that it must not come in;
   * *peer is set then too, if it is known who it is. name is NULL in a family
   * whose peers have `no_names`. */
  int (*accepted)(const struct sockaddr* name,
                  size_t len,
                  const hvuv_addr_t* listener,
                  const hvuv__claim_t* claim,
                  hvuv_addr_t* peer);
  int no_names;

  /* What an error of recv() means: the error itself, or UV_EOF; may be NULL. */
  int (*read_error)(int err);

  /* Whether recv() from a peer gives one packet at a time, though the kernel
   * may have more: a short read has not emptied it then. A wrong yes costs a
   * recv() now and then (stream/read.c). NULL if it never does. */
  int (*gives_packets)(const hvuv_addr_t* peer);

  /* 1 if its sockets end by close() as hvuv__sys_close_ends has it: those of
   * the system itself. 0 where a device or a VMM stands in between. */
  int close_ends;

  /* 1 if accept() sleeps where no connection waits, non-blocking or not: on
   * AF_VSOCK until the kernel's next tick (vsock_accept() in Linux' af_vsock.c;
   * up to 4 ms seen on 6.1). */
  int accept_sleeps;

  /* How long a connect may take when nobody has set that, in milliseconds; 0
   * leaves it to the system, which has a limit of its own or none. */
  unsigned int connect_timeout_ms;

  /* What an error of send() means; may be NULL. */
  int (*write_error)(int err);

  /* Receive buffer in bytes, *value 0 asks; NULL for SO_RCVBUF. */
  int (*recv_buffer_size)(uv_os_sock_t sock, int* value);

  /* Lets other users at what bind() made, flags as for hvuv_chmod(); NULL if it
   * makes nothing that has a mode. */
  int (*chmod)(const hvuv__claim_t* claim, int flags);

  /* Sets one of enum hvuv__option; NULL if it has none. */
  int (*set_option)(uv_os_sock_t sock, unsigned int option, int enable);
} hvuv__family_t;

/* Between a VM and its host: hyperv:// and vsock://, each carried by what the
 * system has, AF_HYPERV (family/hyperv.c) or AF_VSOCK (family/vsock.c). */
extern const hvuv__family_t hvuv__family_vm;

extern const hvuv__family_t hvuv__family_hybrid;
extern const hvuv__family_t hvuv__family_local;

/* Sockets adopted from elsewhere whose addresses hvuv has no form for. */
extern const hvuv__family_t hvuv__family_adopted;

/* The family of an address: 0, UV_EINVAL if it is none, or why this build
 * cannot carry it. */
int hvuv__family_find(const hvuv_addr_t* addr, const hvuv__family_t** family);

/* Gives back what bind() claimed. */
void hvuv__family_release(hvuv__claim_t* claim);

/* Whether what bind() has made is still there for callers; claim may be
 * NULL. */
int hvuv__family_is_there(const hvuv__claim_t* claim);

/* The family of a foreign socket, by the name that the system gives it. */
const hvuv__family_t* hvuv__family_of_name(const struct sockaddr* name,
                                           size_t len,
                                           hvuv_addr_t* addr);

/* The address behind a system's name of that family; UV_EAFNOSUPPORT if the
 * name is of another, UV_ENOTSUP where the build has no such names. */
int hvuv__vm_from_name(const struct sockaddr* name,
                       size_t len,
                       hvuv_addr_t* addr);

#endif /* HVUV_SRC_FAMILY_FAMILY_H */
