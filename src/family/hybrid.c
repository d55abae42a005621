/*
 * `hybrid`: a guest behind the Unix socket of its hypervisor (Firecracker,
 * Cloud Hypervisor, OpenVMM, vhost-device-vsock).
 *
 *   to the guest     connect to PATH, send "CONNECT <port>\n", read "OK ...\n";
 *                    from there on it is the guest's stream
 *   from the guest   the hypervisor connects to PATH_<port>; no handshake
 *
 * A listener makes PATH_<port>.lock beside its socket, and removes both
 * (unix/claim.h). The mode of PATH_<port> decides which user's hypervisor may
 * connect to it.
 *
 * A service id that stands for no port is sent as a GUID, which OpenVMM alone
 * understands. Nothing is sent before the OK (OpenVMM refuses it and
 * vhost-device-vsock loses it), nothing behind the OK's line is taken with it,
 * and what stands between "OK " and the line's end is not looked at (it differs
 * by hypervisor).
 */
#include "family/family.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "addr/alias.h"
#include "unix/listen.h"
#include "unix/sock.h"

/* "CONNECT ", a GUID, a newline and the NUL. */
#define REQUEST_ROOM 48

/* The guest may have to boot first; a hypervisor that does not reply to a
 * CONNECT never does. */
#define CONNECT_TIMEOUT_MS 5000

/* The longest answer that is read as one. Real ones have up to 41 bytes. */
#define REPLY_MAX 64

static const char reply_start[] = "OK ";

/* Addresses are plain structs, so one may hold a path that no function of ours
 * would have made. */
static int check(const hvuv_addr_t* addr) {
  hvuv_addr_t made;

  return hvuv_addr_hybrid(
      &made, addr->u.hybrid.path, &addr->u.hybrid.service_id);
}

static int bind_hybrid(hvuv_addr_t* addr,
                       uv_os_sock_t* sock,
                       hvuv__claim_t** claim) {
  char path[HVUV_PATH_SIZE + HVUV_GUID_STRLEN];
  char service[HVUV_GUID_STRLEN];
  int err;

  assert(addr->family == HVUV_HYBRID);
  err = check(addr);
  if (err != 0)
    return err;

  hvuv__alias_service_text(&addr->u.hybrid.service_id, service);
  snprintf(path, sizeof(path), "%s_%s", addr->u.hybrid.path, service);
  return hvuv__unix_listen_at(path, sock, claim);
}

static int dial(const hvuv_addr_t* addr,
                uint64_t timeout_ms,
                uv_os_sock_t* sock,
                hvuv_addr_t* local,
                hvuv__target_t* target,
                hvuv__trust_t* trust) {
  int err;

  (void) timeout_ms;
  (void) local;
  (void) target;
  (void) trust;
  assert(addr->family == HVUV_HYBRID);
  err = check(addr);
  if (err != 0)
    return err;
  if (strlen(addr->u.hybrid.path) >= hvuv__unix_path_limit())
    return UV_ENAMETOOLONG;
  return hvuv__unix_socket(sock);
}

static int connect_hybrid(uv_os_sock_t sock,
                          const hvuv_addr_t* addr,
                          hvuv__target_t* target) {
  (void) target;
  return hvuv__unix_connect(sock, addr->u.hybrid.path);
}

/* The line goes out in one piece, as OpenVMM wants it; a new socket's buffer
 * has room for it. */
static int request(uv_os_sock_t sock, const hvuv_addr_t* addr) {
  char service[HVUV_GUID_STRLEN];
  char line[REQUEST_ROOM];
  uv_buf_t buf;
  ssize_t sent;
  int len;

  hvuv__alias_service_text(&addr->u.hybrid.service_id, service);
  len = snprintf(line, sizeof(line), "CONNECT %s\n", service);
  assert(len > 0 && (size_t) len < sizeof(line));
  buf = uv_buf_init(line, (unsigned int) len);
  sent = hvuv__sys_send(sock, &buf, 1);

  /* A hypervisor that hangs up at once has nobody to connect to. */
  if (sent == UV_EPIPE || sent == UV_ECONNRESET)
    return UV_ECONNREFUSED;
  if (sent < 0)
    return (int) sent;
  return sent == len ? 0 : UV_EIO;
}

/* Whether n more bytes can be part of "OK ...", of which seen came before. */
static int fits_reply(const char* bytes, size_t n, unsigned int seen) {
  size_t i;

  for (i = 0; i < n && seen + i < sizeof(reply_start) - 1; i++)
    if (bytes[i] != reply_start[seen + i])
      return 0;
  return seen + n <= REPLY_MAX;
}

static int reply(uv_os_sock_t sock, unsigned int* seen) {
  char bytes[REPLY_MAX];
  const char* newline;
  ssize_t n;
  size_t line;

  assert(*seen < REPLY_MAX);
  n = hvuv__sys_peek(sock, bytes, sizeof(bytes));
  if (n == UV_EAGAIN)
    return UV_EAGAIN;
  if (n == 0 || n == UV_ECONNRESET)
    return UV_ECONNREFUSED;
  if (n < 0)
    return (int) n;

  newline = memchr(bytes, '\n', (size_t) n);
  line = newline == NULL ? (size_t) n : (size_t) (newline - bytes) + 1;
  assert(line > 0 && line <= (size_t) n);
  if (!fits_reply(bytes, line, *seen))
    return UV_EPROTO;

  /* What was looked at is there to be taken, whole. */
  n = hvuv__sys_recv(sock, bytes, line);
  if (n < 0)
    return (int) n;
  if ((size_t) n != line)
    return UV_EIO;

  *seen += (unsigned int) line;
  if (newline == NULL)
    return *seen < REPLY_MAX ? UV_EAGAIN : UV_EPROTO;
  return 0;
}

/* Whoever comes in through the guest's socket is the guest; its port is not
 * known. */
static int accepted(const struct sockaddr* name,
                    size_t len,
                    const hvuv_addr_t* listener,
                    const hvuv__claim_t* claim,
                    hvuv_addr_t* peer) {
  (void) name;
  (void) len;
  (void) claim;
  *peer = *listener;
  return 0;
}

/* Only here: the folder of `local` lets nobody else in anyway. */
static int chmod_hybrid(const hvuv__claim_t* claim, int flags) {
  return hvuv__claim_chmod(claim, flags);
}

const hvuv__family_t hvuv__family_hybrid = {
    .supported = hvuv__unix_supported,
    .bind = bind_hybrid,
    .dial = dial,
    .connect = connect_hybrid,
    .request = request,
    .reply = reply,
    .accepted = accepted,
    .no_names = 1,
    .chmod = chmod_hybrid,
    .connect_timeout_ms = CONNECT_TIMEOUT_MS,
};
