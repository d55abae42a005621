/* Servers on several loops at local:// addresses: what is known of callers
 * counts for all servers together, addresses come and go, and a loop may be
 * walked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "share_rig.h"
#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"

#define VM_A "11111111-2222-3333-4444-555555555555"
#define VM_B "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

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

/* A caller's folder has its id without hyphens. */
static void folder_of(const char* vm, char relative[]) {
  size_t n = 0;

  relative[n++] = 'l';
  relative[n++] = '/';
  for (; *vm != '\0'; vm++)
    if (*vm != '-')
      relative[n++] = *vm;
  relative[n] = '\0';
}

static uv_os_sock_t call_at(const char* socket_name, const char* vm) {
  static int count;
  char path[ENDPOINT_ROOM];
  char name[ENDPOINT_ROOM];
  char relative[64];
  char file[96];
  uv_os_sock_t sock;

  if (vm != NULL) {
    folder_of(vm, relative);
    if (files_kind_of(endpoint_path(relative, name)) == FILES_NONE)
      files_make_folder(name);
    snprintf(file, sizeof(file), "%s/%d", relative, count++);
    endpoint_path(file, name);
  }
  sock =
      peer_connect(endpoint_path(socket_name, path), vm != NULL ? name : NULL);
  assert_true(sock != NET_NONE);
  assert_true(rig.ncallers < SHARE_RIG_CALLERS);
  rig.callers[rig.ncallers++] = sock;
  return sock;
}

static uv_os_sock_t call(const char* vm) {
  return call_at("l/host/5000.a", vm);
}

/* --- Callers -------------------------------------------------------------- */

static void a_peers_share_is_one_for_all(void** state) {
  int i;

  (void) state;
  rig.options.max_per_peer = 3;
  share_rig_start(&rig);
  for (i = 0; i < 5; i++)
    call(VM_A);
  share_rig_await(&rig, opens, 3);
  share_rig_await(&rig, refused, 2);
  assert_true(share_rig_ask(call(VM_B), "hello"));
  share_rig_await(&rig, opens, 4);

  share_rig_hang_up(&rig, rig.callers[0]);
  share_rig_await(&rig, closes, 1);
}

static void who_may_come_is_what_the_first_one_says(void** state) {
  static hvuv_addr_t allowed;

  (void) state;
  assert_int_equal(hvuv_addr_parse("local://" VM_A "/0", &allowed), 0);
  rig.parties[0].options = rig.options;
  rig.parties[0].options.allowed_peers = &allowed;
  rig.parties[0].options.nallowed_peers = 1;
  share_rig_start(&rig);
  assert_true(share_rig_ask(call(VM_A), "hello"));
  assert_true(share_rig_ask(call(VM_A), "hello"));
  share_rig_await_end(call(VM_B));
  share_rig_await_end(call(VM_B));
  share_rig_await(&rig, refused, 2);
  share_rig_await(&rig, opens, 2);
}

/* It is reported to the server whose turn it was. */
static void who_must_not_come_to_an_address_is_reported(void** state) {
  int reasons = 0;
  int i;

  (void) state;
  rig.address = "local://loopback/5000";
  share_rig_start(&rig);
  assert_true(share_rig_ask(call_at("l/host/5000.l", NULL), "hello"));
  share_rig_await_end(call_at("l/host/5000.l", VM_A));
  share_rig_await(&rig, refused, 1);
  for (i = 0; i < rig.nparties; i++)
    reasons += rig.parties[i].refused_reason;
  assert_int_equal(reasons, UV_EACCES);
}

/* --- Addresses ------------------------------------------------------------ */

static void give_up(share_party_t* party, void* err) {
  hvuv_addr_t addr;

  if (hvuv_server_address(&party->server, 0, &addr) != 0)
    *(int*) err = -1;
  else
    *(int*) err = hvuv_server_unlisten(&party->server, &addr);
}

static void take_again(share_party_t* party, void* err) {
  hvuv_addr_t addr;

  hvuv_addr_parse(party->rig->address, &addr);
  *(int*) err =
      hvuv_server_listen(&party->server, &addr, &party->rig->protocol);
}

static void an_address_may_be_given_up_and_taken_again(void** state) {
  uv_os_sock_t served;
  int err;
  int i;

  (void) state;
  rig.options.max_connections = 1;
  share_rig_start(&rig);
  served = call(NULL);
  share_rig_await(&rig, opens, 1);
  for (i = 0; i < 3; i++)
    call(NULL);

  share_rig_do(&rig, 0, give_up, &err);
  assert_int_equal(err, 0);
  for (i = 1; i < 4; i++)
    share_rig_await_end(rig.callers[i]);
  assert_true(share_rig_ask(served, "hello"));

  share_rig_do(&rig, 0, take_again, &err);
  assert_int_equal(err, 0);
  share_rig_do(&rig, 1, take_again, &err);
  assert_int_equal(err, UV_EINVAL);
  share_rig_hang_up(&rig, served);
  share_rig_await(&rig, closes, 1);
  assert_true(share_rig_ask(call(NULL), "hello"));
}

/* --- Mistakes ------------------------------------------------------------- */

static void share_again(share_party_t* party, void* err) {
  hvuv_server_t* servers[2];

  servers[0] = &party->rig->parties[0].server;
  servers[1] = &party->rig->parties[1].server;
  ((int*) err)[0] = hvuv_server_share(servers[1], servers[0]);
  ((int*) err)[1] = hvuv_server_share(servers[1], servers[1]);
  ((int*) err)[2] = hvuv_server_share(NULL, servers[0]);
  ((int*) err)[3] = hvuv_server_share(servers[1], NULL);
}

static void what_makes_no_sense_is_refused(void** state) {
  int err[4];
  int i;

  (void) state;
  share_rig_start(&rig);
  share_rig_do(&rig, 1, share_again, err);
  for (i = 0; i < 4; i++)
    assert_int_equal(err[i], UV_EINVAL);
}

/* --- Walks ----------------------------------------------------------- */

static void close_if_open(uv_handle_t* handle, void* control) {
  if (handle != control && !uv_is_closing(handle))
    uv_close(handle, NULL);
}

static void walk(share_party_t* party, void* arg) {
  (void) arg;
  uv_walk(&party->loop, close_if_open, &party->control);
}

/* Those who were offered to it go to the other; the server is stopped later. */
static void a_loop_that_was_walked_is_one_that_is_busy(void** state) {
  int i;

  (void) state;
  share_rig_start(&rig);
  assert_true(share_rig_ask(call(NULL), "hello"));
  share_rig_do(&rig, 1, walk, NULL);
  for (i = 0; i < 10; i++)
    assert_true(share_rig_ask(call(NULL), "hello"));
}

/* Its listeners go on to be watched, for the others. */
static void so_is_the_one_that_listens(void** state) {
  int i;

  (void) state;
  share_rig_start(&rig);
  assert_true(share_rig_ask(call(NULL), "hello"));
  share_rig_do(&rig, 0, walk, NULL);
  for (i = 0; i < 10; i++)
    assert_true(share_rig_ask(call(NULL), "hello"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(a_peers_share_is_one_for_all),
      CASE(who_may_come_is_what_the_first_one_says),
      CASE(who_must_not_come_to_an_address_is_reported),
      CASE(an_address_may_be_given_up_and_taken_again),
      CASE(what_makes_no_sense_is_refused),
      CASE(a_loop_that_was_walked_is_one_that_is_busy),
      CASE(so_is_the_one_that_listens),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
