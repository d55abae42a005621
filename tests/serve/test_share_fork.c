/* Servers on several loops, in a process that forks: the child stops its copies
 * and takes nothing away. POSIX. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "share_rig.h"
#include "support/endpoint.h"
#include "support/peer.h"

static share_rig_t rig;

static int setup(void** state) {
  (void) state;
  endpoint_open();
  share_rig_up(&rig, 2);
  rig.address = "local://any/5000";
  return 0;
}

static int teardown(void** state) {
  (void) state;
  share_rig_down(&rig);
  endpoint_close();
  return 0;
}

static uv_os_sock_t call(void) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t sock;

  sock = peer_connect(endpoint_path("l/host/5000.a", path), NULL);
  assert_true(sock != NET_NONE);
  assert_true(rig.ncallers < SHARE_RIG_CALLERS);
  rig.callers[rig.ncallers++] = sock;
  return sock;
}

static const uint64_t at_once = 0;

/* The child, which has none of the other threads, stops its copy. */
static void end_in_child(share_party_t* party) {
  uv_loop_fork(&party->loop);
  share_act_stop_all(party, (void*) (uintptr_t) &at_once);
  uv_close((uv_handle_t*) &party->control, NULL);
}

static void run_fork(share_party_t* party, void* pid) {
  *(pid_t*) pid = fork();
  if (*(pid_t*) pid != 0)
    return;
  alarm(20);
  rig.is_child = 1; /* What follows uv_run() there exits. */
  end_in_child(party);
}

static void a_forked_child_stops_its_copies(void** state) {
  int status;
  pid_t pid;
  int i;
  int k;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < 4; i++)
    assert_true(share_rig_ask(call(), "hello"));
  for (i = 0; i < 2; i++) {
    share_rig_do(&rig, i, run_fork, &pid);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
  }
  for (k = 0; k < 4; k++)
    assert_true(share_rig_ask(rig.callers[k], "hello"));
  for (i = 0; i < 10; i++)
    assert_true(share_rig_ask(call(), "hello"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          a_forked_child_stops_its_copies, setup, teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
