#include "adopted.h"

static void no_start(rig_t* rig) {
  (void) rig;
}

const transport_t adopted_transport = {.name = "adopted", .start = no_start};

side_t* adopted_new(rig_t* rig, uv_os_sock_t sock) {
  uv_os_sock_t mine;
  side_t* side;

  net_share(sock);
  side = side_new(rig);
  assert_code(hvuv_open(&side->stream, sock), 0);
  assert_code(hvuv_fileno(&side->stream, &mine), 0);
  assert_true(mine == sock);
  assert_false(net_is_inherited(sock));
  assert_false(net_blocks(sock));
  return side;
}

void adopted_refuse(rig_t* rig, uv_os_sock_t sock, int code) {
  int blocks;
  side_t* side;

  net_share(sock);
  side = side_new(rig);
  blocks = net_blocks(sock);
  assert_code(hvuv_open(&side->stream, sock), code);
  assert_true(net_is_inherited(sock));
  assert_int_equal(net_blocks(sock), blocks);
  assert_false(hvuv_is_readable(&side->stream));

  side_close(side);
  rig_spin(rig, 2);
  assert_true(net_is_inherited(sock));
}

void adopted_converse(rig_t* rig, side_t* a, side_t* b) {
  int i;

  for (i = 0; i < 16; i++) {
    assert_code(side_write(a, 65536, 1 + (unsigned int) i % 5), 0);
    assert_code(side_write(b, 65536, 1 + (unsigned int) i % 3), 0);
  }
  side_shutdown(a);
  side_shutdown(b);
  side_read(a);
  side_read(b);
  RIG_RUN_UNTIL(rig, a->ends > 0 && b->ends > 0);

  assert_int_equal(a->in_bytes, 16 * 65536);
  assert_int_equal(b->in_bytes, 16 * 65536);
  assert_int_equal(a->in_wrong + b->in_wrong, 0);
  assert_code(a->end, UV_EOF);
  assert_code(b->end, UV_EOF);
}

void adopted_expect_no_names(const side_t* side) {
  hvuv_addr_t name;

  assert_code(hvuv_getsockname(&side->stream, &name), UV_ENOTSUP);
  assert_code(hvuv_getpeername(&side->stream, &name), UV_ENOTSUP);
}

void adopted_serve(rig_t* rig, uv_os_sock_t listener, uv_os_sock_t client) {
  hvuv_addr_t name;
  side_t* side;

  rig->listener = adopted_new(rig, listener);
  assert_code(hvuv_getsockname(&rig->listener->stream, &name), UV_ENOTSUP);
  rig_listen(rig, 4);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);
  side = adopted_new(rig, client);
  adopted_expect_no_names(rig->accepted);
  adopted_converse(rig, side, rig->accepted);
}
