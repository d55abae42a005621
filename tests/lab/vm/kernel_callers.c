/* Many callers at once, before anybody is accepted. On AF_VSOCK a backlog that is
 * full refuses them with a reset, so it has to be large from the start. */
#include <sys/socket.h>

#include "kernel.h"

#define CALLERS_MAX 500

static int echo(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  return hvuv_conn_send(conn, bytes, nbytes);
}

static const hvuv_protocol_t protocol = {.on_message = echo};
static side_t* callers[CALLERS_MAX];

static int count_told(int n) {
  int told;
  int i;

  told = 0;
  for (i = 0; i < n; i++)
    told += callers[i]->connects_told;
  return told;
}

static int count_connected(int n) {
  int connected;
  int i;

  connected = 0;
  for (i = 0; i < n; i++)
    connected += callers[i]->connects_told && callers[i]->connect_status == 0;
  return connected;
}

static int count_echoed(int n, uint64_t bytes) {
  int echoed;
  int i;

  echoed = 0;
  for (i = 0; i < n; i++)
    echoed += callers[i]->in_bytes == bytes && callers[i]->in_wrong == 0;
  return echoed;
}

/* No turn of the loop is made between the first call and the last one. */
static void call(rig_t* rig, int n) {
  int i;

  for (i = 0; i < n; i++) {
    callers[i] = side_new(rig);
    side_connect(callers[i]);
  }
  RIG_RUN_UNTIL(rig, count_told(n) == n);
}

static void are_all_served(rig_t* rig, int n) {
  hvuv_server_t server;
  int i;

  rig_need_descriptors(2ul * CALLERS_MAX + 64);
  assert_code(hvuv_server_init(&rig->loop, &server, NULL), 0);
  assert_code(hvuv_server_listen(&server, &rig->at, &protocol), 0);
  assert_code(hvuv_server_address(&server, 0, &rig->to), 0);
  call(rig, n);
  assert_int_equal(count_connected(n), n);

  for (i = 0; i < n; i++) {
    side_read(callers[i]);
    assert_code(side_write(callers[i], 5, 1), 0);
  }
  RIG_RUN_UNTIL(rig, count_echoed(n, 5) == n);
  for (i = 0; i < n; i++)
    side_close(callers[i]);
  hvuv_server_stop(&server, 0, NULL);
  rig_run(rig);
}

static void two_hundred_callers_at_once_are_all_served(void** state) {
  are_all_served(*state, 200);
}

static void five_hundred_callers_at_once_are_all_served(void** state) {
  are_all_served(*state, 500);
}

int kernel_callers(void) {
  const struct CMUnitTest tests[] = {
      KERNEL_TEST(two_hundred_callers_at_once_are_all_served),
      KERNEL_TEST(five_hundred_callers_at_once_are_all_served),
  };

  return cmocka_run_group_tests_name("callers", tests, NULL, NULL);
}
