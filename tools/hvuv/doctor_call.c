/*
 * The address that doctor was given, by the step:
 *
 *   bind, listen                           -l
 *   connect, and for hybrid: handshake     a call, which is ended at once
 *
 * hybrid's steps are told apart by the socket, which is connected to the
 * hypervisor's as soon as hvuv_connect() returns: what fails after that is the
 * hypervisor's word on its guest.
 */
#include <string.h>

#include "doctor.h"
#include "hvuv.h"

static struct {
  hvuv_stream_t stream;
  hvuv_connect_t req;
  uint64_t began_ns, took_ns;
  int status;
} call;

static void print_failure(hvuv_step_t step, const hvuv_addr_t* addr, int err) {
  char meaning[HVUV_EXPLAIN_STRLEN] = "";

  hvuv_explain_step(addr, step, err, meaning, sizeof(meaning));
  finding(BAD,
          hvuv_step_name(step),
          "Failed: %s (%s). %s",
          uv_strerror(err),
          uv_err_name(err),
          meaning);
}

static void print_title(const hvuv_addr_t* addr) {
  char text[HVUV_ADDR_STRLEN] = "";
  size_t size = sizeof(text);

  hvuv_addr_format(addr, text, &size);
  section(text);
}

/* --- Listening */

static void on_connection(hvuv_stream_t* server, int status) {
  (void) server;
  (void) status;
}

int try_bind(const hvuv_addr_t* addr) {
  uv_loop_t* loop = program_loop();
  hvuv_stream_t stream;
  int err = hvuv_init(loop, &stream);

  if (err != 0)
    return err;
  err = hvuv_bind(&stream, addr);
  hvuv_close(&stream, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  return err;
}

void look_at_listening(const hvuv_addr_t* addr) {
  uv_loop_t* loop = program_loop();
  hvuv_stream_t stream;
  int err;

  print_title(addr);
  err = hvuv_init(loop, &stream);
  if (err != 0) {
    print_failure(HVUV_STEP_BIND, addr, err);
    return;
  }
  err = hvuv_bind(&stream, addr);
  if (err != 0) {
    print_failure(HVUV_STEP_BIND, addr, err);
  } else {
    finding(GOOD, "bind", "The address is free, and this user may bind to it.");
    err = hvuv_listen(&stream, SOMAXCONN, on_connection);
    if (err != 0)
      print_failure(HVUV_STEP_LISTEN, addr, err);
    else
      finding(GOOD, "listen", "A listener was there, and is gone again.");
  }
  hvuv_close(&stream, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
}

/* --- Calling */

static void on_connect(hvuv_connect_t* req, int status) {
  call.took_ns = uv_hrtime() - call.began_ns;
  call.status = status;
  hvuv_close(req->handle, NULL);
}

static int is_connected_now(void) {
  struct sockaddr_storage name;
  socklen_t size = sizeof(name);
  uv_os_sock_t sock;

  return hvuv_fileno(&call.stream, &sock) == 0 &&
         getpeername(sock, (struct sockaddr*) &name, &size) == 0;
}

static int is_for_listening(const hvuv_addr_t* addr) {
  if (addr->family == HVUV_VSOCK)
    return addr->u.vsock.cid == HVUV_CID_ANY;
  return addr->family != HVUV_HYBRID &&
         (hvuv_guid_equal(&addr->u.hyperv.vm_id, &HVUV_VM_ANY) ||
          hvuv_guid_equal(&addr->u.hyperv.vm_id, &HVUV_VM_CHILDREN));
}

static int dial(const hvuv_addr_t* addr,
                uint64_t timeout_ms,
                int* is_half_way) {
  uv_loop_t* loop = program_loop();
  int err = hvuv_init(loop, &call.stream);

  *is_half_way = 0;
  if (err != 0)
    return err;
  call.began_ns = uv_hrtime();
  err = hvuv_set_connect_timeout(&call.stream, timeout_ms);
  if (err == 0)
    err = hvuv_connect(&call.req, &call.stream, addr, on_connect);
  if (err == 0)
    *is_half_way = addr->family == HVUV_HYBRID && is_connected_now();
  else
    hvuv_close(&call.stream, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  return err != 0 ? err : call.status;
}

void look_at_calling(const hvuv_addr_t* addr, uint64_t timeout_ms) {
  int is_half_way;
  int err;

  print_title(addr);
  err = dial(addr, timeout_ms, &is_half_way);
  if (is_half_way)
    finding(GOOD, "connect", "Somebody took the call at the socket's path.");
  if (err != 0) {
    print_failure(
        is_half_way ? HVUV_STEP_HANDSHAKE : HVUV_STEP_CONNECT, addr, err);
    if (is_for_listening(addr))
      advise("hvuv doctor -l sees whether one can listen at an address.");
    return;
  }
  finding(GOOD,
          is_half_way ? "handshake" : "connect",
          "A call was taken, after %.3f ms. It was ended at once.",
          (double) call.took_ns / 1e6);
}
