#include "local_callers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/endpoint.h"

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  local_caller_t* c = stream->data;

  (void) suggested;
  *buf = uv_buf_init(c->room + c->have,
                     (unsigned int) (sizeof(c->room) - c->have));
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  local_caller_t* c = stream->data;

  (void) buf;
  if (n > 0)
    c->have += (size_t) n;
  c->is_over = n < 0 || c->have >= c->nbytes;
}

static void on_connect(hvuv_connect_t* req, int status) {
  local_caller_t* c = req->handle->data;
  uv_buf_t buf = uv_buf_init((char*) (uintptr_t) c->bytes, c->nbytes);

  c->status = status;
  if (status == 0)
    status = hvuv_write(&c->write, &c->stream, &buf, 1, NULL);
  if (status == 0)
    status = hvuv_read_start(&c->stream, on_alloc, on_read);
  c->is_over = status != 0;
}

static void on_close(hvuv_stream_t* stream) {
  ((local_caller_t*) stream->data)->is_closed = 1;
}

hvuv_addr_t local_addr(const char* text) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_parse(text, &addr), 0);
  return addr;
}

int local_listen(server_rig_t* rig,
                 const char* text,
                 const hvuv_protocol_t* protocol) {
  hvuv_addr_t addr = local_addr(text);

  return hvuv_server_listen(&rig->server, &addr, protocol);
}

void local_call(server_rig_t* rig,
                local_caller_t* c,
                const char* vm,
                const char* text,
                const char* bytes,
                unsigned int nbytes) {
  hvuv_addr_t addr = local_addr(text);

  memset(c, 0, sizeof(*c));
  c->rig = rig;
  c->bytes = bytes;
  c->nbytes = nbytes;
  c->stream.data = c;
  assert_int_equal(hvuv_init(rig->loop, &c->stream), 0);
  endpoint_play(vm);
  assert_int_equal(hvuv_connect(&c->connect, &c->stream, &addr, on_connect), 0);
  endpoint_play(NULL);
}

void local_hang_up(local_caller_t* c) {
  hvuv_close(&c->stream, on_close);
  SERVER_RUN_UNTIL(c->rig, c->is_closed);
}

int local_is_answered(local_caller_t* c) {
  SERVER_RUN_UNTIL(c->rig, c->is_over);
  local_hang_up(c);
  return c->status == 0 && c->have == c->nbytes &&
         memcmp(c->room, c->bytes, c->nbytes) == 0;
}

int local_is_served(server_rig_t* rig,
                    const char* vm,
                    const char* text,
                    const char* bytes,
                    unsigned int nbytes) {
  local_caller_t c;

  local_call(rig, &c, vm, text, bytes, nbytes);
  return local_is_answered(&c);
}

int local_is_framed(server_rig_t* rig, const char* vm, const char* text) {
  return local_is_served(rig, vm, text, "\0\0\0\2hi", 6);
}

int local_is_of(const char* vm, const hvuv_addr_t* addr) {
  hvuv_guid_t vm_id;

  return hvuv_guid_parse(vm, &vm_id) == 0 &&
         hvuv_addr_family(addr) == HVUV_LOCAL &&
         hvuv_guid_equal(&addr->u.hyperv.vm_id, &vm_id);
}
