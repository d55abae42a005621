/* `local`: who reaches whom. The environment of this process plays all
 * partitions in turn; test_local_processes.c does it with real ones. */
#include <string.h>

#include "conformance/rig.h"
#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"

#define X     "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y     "71d9c3a0-2f0d-4b57-8a27-3d5ce21a9b10"
#define X_HEX "6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d"
#define Y_HEX "71d9c3a02f0d4b578a273d5ce21a9b10"

/* --- The rules, in one place */

enum { HOST, VM_X, VM_Y, PARTITIONS };

static const char* const vm_ids[PARTITIONS] = {NULL, X, Y};
static const char letters[] = "hxy";

enum { VMS = 7 };

static const char* const vms[VMS] = {
    "any", "loopback", "children", "parent", "silohost", X, Y};

/* Whom a connect from a partition reaches, by VM id: '-' nobody at all. */
static const char reaches[PARTITIONS][VMS + 1] = {
    /* any loopback children parent silohost X Y */
    "-h---xy",
    "-x-h-x-",
    "-y-h--y",
};

/* From whom a listener in a partition accepts, by the VM id that it is bound
 * to; NULL: it cannot be bound. */
static const char* const accepts[PARTITIONS][VMS] = {
    /* any    loopback children parent silohost X     Y */
    {"hxy", "h", "xy", NULL, NULL, "x", "y"},
    {"hx", "x", "", "h", NULL, "x", NULL},
    {"hy", "y", "", "h", NULL, NULL, "y"},
};

/* Whom the acceptor sees: a row for where it is, a column for the caller. */
static const char* const sees[PARTITIONS][PARTITIONS] = {
    {"loopback", X, Y},
    {"parent", "loopback", NULL},
    {"parent", NULL, "loopback"},
};

typedef struct row_s {
  transport_t transport; /* first */
  int who;
  int vm;
  char name[64];
} row_t;

static int compose(const char* vm, hvuv_addr_t* addr) {
  char text[HVUV_ADDR_STRLEN];

  snprintf(text, sizeof(text), "local://%s/5000", vm);
  return hvuv_addr_parse(text, addr);
}

static void expect_peer(const side_t* side, const char* vm) {
  char text[HVUV_ADDR_STRLEN];
  hvuv_addr_t expected;
  hvuv_addr_t peer;

  snprintf(text,
           sizeof(text),
           "local://%s/00000000-0000-0000-0000-000000000000",
           vm);
  assert_code(hvuv_addr_parse(text, &expected), 0);
  assert_code(hvuv_getpeername(&side->stream, &peer), 0);
  assert_true(hvuv_addr_equal(&peer, &expected));
}

static int expected_status(const row_t* row, int caller, int vm) {
  if (reaches[caller][vm] == '-')
    return UV_EADDRNOTAVAIL;
  if (reaches[caller][vm] != letters[row->who] ||
      strchr(accepts[row->who][row->vm], letters[caller]) == NULL)
    return UV_ECONNREFUSED;
  return 0;
}

/* What the callback is told, or hvuv_connect() itself where it must answer at
 * once. */
static int call(rig_t* rig, side_t* side, int caller, int vm) {
  static hvuv_connect_t unused;
  int err;

  assert_int_equal(compose(vms[vm], &rig->to), 0);
  endpoint_play(vm_ids[caller]);
  if (reaches[caller][vm] == '-') {
    err = hvuv_connect(&unused, &side->stream, &rig->to, NULL);
    endpoint_play(NULL);
    return err;
  }

  side_connect(side);
  endpoint_play(NULL);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  return side->connect_status;
}

static void one_caller(rig_t* rig, const row_t* row, int caller, int vm) {
  side_t* side;
  int expected;
  int before;
  int status;

  side = side_new(rig);
  before = rig->accept_count;
  status = call(rig, side, caller, vm);
  expected = expected_status(row, caller, vm);
  if (status != expected)
    fail_msg("from %c to %s: %s, not %s",
             letters[caller],
             vms[vm],
             status == 0 ? "connected" : uv_err_name(status),
             expected == 0 ? "connected" : uv_err_name(expected));

  if (status == 0) {
    RIG_RUN_UNTIL(rig, rig->accept_count > before);
    expect_peer(rig->accepted, sees[row->who][caller]);
  }
  assert_int_equal(rig->accept_count, before + (status == 0));
}

static void reaches_and_accepts_as_the_table_says(void** state) {
  rig_t* rig = *state;
  const row_t* row = (const row_t*) rig->transport;
  side_t* side;
  int caller;
  int vm;

  assert_int_equal(compose(vms[row->vm], &rig->at), 0);
  endpoint_play(vm_ids[row->who]);
  if (accepts[row->who][row->vm] == NULL) {
    side = side_new(rig);
    assert_code(hvuv_bind(&side->stream, &rig->at), UV_EADDRNOTAVAIL);
    return;
  }

  rig_listen(rig, 16);
  for (caller = 0; caller < PARTITIONS; caller++)
    for (vm = 0; vm < VMS; vm++)
      one_caller(rig, row, caller, vm);
}

/* --- Several listeners for one service */

static side_t* listen_for(rig_t* rig, const char* vm) {
  rig->listener = NULL;
  assert_int_equal(compose(vm, &rig->at), 0);
  rig_listen(rig, 4);
  return rig->listener;
}

/* The listener's own address is that of the streams it accepts. */
static void expect_reached(rig_t* rig, int caller, int vm, const char* bound) {
  hvuv_addr_t expected;
  hvuv_addr_t name;
  side_t* side;
  int before;

  side = side_new(rig);
  before = rig->accept_count;
  assert_code(call(rig, side, caller, vm), 0);
  RIG_RUN_UNTIL(rig, rig->accept_count > before);
  assert_int_equal(compose(bound, &expected), 0);
  assert_code(hvuv_getsockname(&rig->accepted->stream, &name), 0);
  assert_true(hvuv_addr_equal(&name, &expected));
}

static void the_closest_listener_is_reached_first(void** state) {
  rig_t* rig = *state;
  side_t* for_x;
  side_t* for_children;
  side_t* for_own;

  listen_for(rig, "any");
  for_own = listen_for(rig, "loopback");
  for_children = listen_for(rig, "children");
  for_x = listen_for(rig, X);

  expect_reached(rig, HOST, 1, "loopback");
  expect_reached(rig, VM_X, 3, X);
  expect_reached(rig, VM_Y, 3, "children");

  side_close(for_x);
  expect_reached(rig, VM_X, 3, "children");
  side_close(for_children);
  expect_reached(rig, VM_X, 3, "any");
  expect_reached(rig, VM_Y, 3, "any");
  side_close(for_own);
  expect_reached(rig, HOST, 1, "any");
}

static void parent_and_host_are_the_same_word(void** state) {
  rig_t* rig = *state;
  side_t* side;

  assert_int_equal(compose("any", &rig->at), 0);
  rig_listen(rig, 4);
  assert_int_equal(compose("host", &rig->to), 0);
  endpoint_play(X);
  side = side_new(rig);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_code(side->connect_status, 0);
}

static void a_caller_knows_itself(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t name;
  hvuv_guid_t x;
  side_t* side;

  assert_code(hvuv_guid_parse(X, &x), 0);
  listen_for(rig, "any");
  side = side_new(rig);
  assert_code(call(rig, side, VM_X, 3), 0);
  assert_code(hvuv_getsockname(&side->stream, &name), 0);
  assert_true(hvuv_guid_equal(&name.u.hyperv.vm_id, &x));
  assert_true(rig_prints_and_parses(&name));

  side = side_new(rig);
  assert_code(call(rig, side, HOST, 1), 0);
  assert_code(hvuv_getsockname(&side->stream, &name), 0);
  assert_true(hvuv_guid_equal(&name.u.hyperv.vm_id, &HVUV_VM_LOOPBACK));
}

/* What partition a listener belongs to was settled when it was bound. */
static void a_listener_stays_where_it_was_bound(void** state) {
  rig_t* rig = *state;
  side_t* side;

  endpoint_play(X);
  assert_int_equal(compose("any", &rig->at), 0);
  rig_bind(rig);
  endpoint_play(Y);
  rig_listen(rig, 4);
  side = side_new(rig);
  assert_code(call(rig, side, HOST, 5), 0);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);
  expect_peer(rig->accepted, "parent");
}

/* --- Callers that do not keep to the rules */

/* Connects by hand and wants to be let in as somebody. */
static void expect_let_in(rig_t* rig,
                          const char* socket,
                          const char* name,
                          const char* seen) {
  char to[ENDPOINT_ROOM];
  int before;
  uv_os_sock_t sock;

  before = rig->accept_count;
  sock = peer_connect(endpoint_path(socket, to), name);
  assert_true(sock != NET_NONE);
  RIG_RUN_UNTIL(rig, rig->accept_count > before);
  expect_peer(rig->accepted, seen);
  net_close(sock);
}

/* ... or to be hung up on, with nobody told. */
static void expect_shut_out(rig_t* rig, const char* socket, const char* name) {
  char to[ENDPOINT_ROOM];
  char room[8];
  int before;
  uv_os_sock_t sock;

  before = rig->connections;
  sock = peer_connect(endpoint_path(socket, to), name);
  assert_true(sock != NET_NONE);
  rig_spin(rig, 10);
  assert_int_equal(rig->connections, before);
  assert_int_equal(peer_read_to_end(sock, room, sizeof(room)), 0);
  net_close(sock);
  assert_int_equal(rig->shortages, 0);
}

static void a_caller_without_a_name_is_the_host(void** state) {
  rig_t* rig = *state;

  listen_for(rig, "any");
  expect_let_in(rig, "l/host/5000.a", NULL, "loopback");
  endpoint_play(X);
  listen_for(rig, "parent");
  expect_let_in(rig, "l/" X_HEX "/5000.p", NULL, "parent");
}

static void a_caller_is_who_its_folder_says(void** state) {
  rig_t* rig = *state;
  char name[ENDPOINT_ROOM];

  endpoint_play(X);
  listen_for(rig, "any"); /* which makes the folder */
  endpoint_play(NULL);
  listen_for(rig, "any");
  expect_let_in(rig, "l/host/5000.a", endpoint_path("l/" X_HEX "/me", name), X);
  files_remove(name);
}

static void a_name_that_is_no_partitions_is_shut_out(void** state) {
  rig_t* rig = *state;
  char name[ENDPOINT_ROOM];

  listen_for(rig, "any");
  expect_shut_out(rig, "l/host/5000.a", endpoint_path("me", name));
  expect_shut_out(rig, "l/host/5000.a", endpoint_path("l/me", name));
}

static void the_wrong_entrance_is_shut(void** state) {
  rig_t* rig = *state;
  char name[ENDPOINT_ROOM];

  endpoint_play(Y);
  listen_for(rig, "any");
  endpoint_play(X);
  listen_for(rig, "any");
  listen_for(rig, "loopback");
  listen_for(rig, "parent");
  listen_for(rig, "children");
  endpoint_play(NULL);
  listen_for(rig, "loopback");
  listen_for(rig, "children");
  listen_for(rig, X);

  /* The host where it is not meant. */
  expect_shut_out(rig, "l/" X_HEX "/5000.l", NULL);
  expect_shut_out(rig, "l/" X_HEX "/5000.c", NULL);
  expect_shut_out(rig, "l/host/5000.c", NULL);
  expect_shut_out(rig, "l/host/5000.v" X_HEX, NULL);

  /* Y, at X's and where X alone is meant. */
  endpoint_path("l/" Y_HEX "/me", name);
  expect_shut_out(rig, "l/" X_HEX "/5000.a", name);
  files_remove(name);
  expect_shut_out(rig, "l/" X_HEX "/5000.p", name);
  files_remove(name);
  expect_shut_out(rig, "l/" X_HEX "/5000.c", name);
  files_remove(name);
  expect_shut_out(rig, "l/host/5000.v" X_HEX, name);
  files_remove(name);
  expect_shut_out(rig, "l/host/5000.l", name);
  files_remove(name);
}

/* It would be seen as a partition that it is not. */
static void a_name_of_a_well_known_id_is_shut_out(void** state) {
  static const char* const ids[] = {
      "00000000000000000000000000000000",
      "a42e7cdad03f480c9cc2a4de20abb878",
      "e0e16197dd564a1091955ee7a155a838",
      "90db8b890d354f798ce949ea0ac8b7cd",
      "36bd0c5c7276422388ba7d03b654c568",
  };
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  char name[48];
  size_t i;

  listen_for(rig, "children");
  for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
    snprintf(name, sizeof(name), "l/%s", ids[i]);
    files_make_folder(endpoint_path(name, path));
    snprintf(name, sizeof(name), "l/%s/me", ids[i]);
    expect_shut_out(rig, "l/host/5000.c", endpoint_path(name, path));
    files_remove(path);
  }
}

static void one_shut_out_does_not_hinder_the_next(void** state) {
  rig_t* rig = *state;
  char name[ENDPOINT_ROOM];
  char to[ENDPOINT_ROOM];
  uv_os_sock_t forged[40];
  uv_os_sock_t honest;
  int i;

  listen_for(rig, "children");
  endpoint_path("l/host/5000.c", to);
  rig_listen(rig, 64);
  for (i = 0; i < 40; i++) {
    forged[i] = peer_connect(to, NULL);
    assert_true(forged[i] != NET_NONE);
  }
  endpoint_play(X);
  assert_true(hvuv_bind(&side_new(rig)->stream, &rig->at) == 0);
  endpoint_play(NULL);
  honest = peer_connect(to, endpoint_path("l/" X_HEX "/me", name));
  assert_true(honest != NET_NONE);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);
  expect_peer(rig->accepted, X);
  assert_int_equal(rig->connections, 1);

  net_close(honest);
  for (i = 0; i < 40; i++)
    net_close(forged[i]);
}

static void no_start(rig_t* rig) {
  (void) rig;
}

static void no_target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  (void) bound;
  (void) to;
}

static const transport_t local = {
    .name = "local", .start = no_start, .target = no_target};

static int run_table(void) {
  static row_t rows[PARTITIONS * VMS];
  static struct CMUnitTest tests[PARTITIONS * VMS];
  size_t i;

  for (i = 0; i < PARTITIONS * VMS; i++) {
    rows[i].transport = local;
    rows[i].who = (int) i / VMS;
    rows[i].vm = (int) i % VMS;
    snprintf(rows[i].name,
             sizeof(rows[i].name),
             "in_%c_bound_to_%s",
             letters[rows[i].who],
             vms[rows[i].vm]);
    tests[i].name = rows[i].name;
    tests[i].test_func = reaches_and_accepts_as_the_table_says;
    tests[i].setup_func = rig_setup;
    tests[i].teardown_func = rig_teardown;
    tests[i].initial_state = &rows[i].transport;
  }
  return cmocka_run_group_tests_name("local: the table", tests, NULL, NULL);
}

int main(void) {
  const transport_t* t = &local;
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, the_closest_listener_is_reached_first),
      RIG_TEST(t, parent_and_host_are_the_same_word),
      RIG_TEST(t, a_caller_knows_itself),
      RIG_TEST(t, a_listener_stays_where_it_was_bound),
      RIG_TEST(t, a_caller_without_a_name_is_the_host),
      RIG_TEST(t, a_caller_is_who_its_folder_says),
      RIG_TEST(t, a_name_that_is_no_partitions_is_shut_out),
      RIG_TEST(t, the_wrong_entrance_is_shut),
      RIG_TEST(t, a_name_of_a_well_known_id_is_shut_out),
      RIG_TEST(t, one_shut_out_does_not_hinder_the_next),
  };
  int failed = net_skip_without_unix();

  if (failed != 0)
    return failed;
  failed = run_table();
  failed += cmocka_run_group_tests_name("local: callers", tests, NULL, NULL);
  return failed;
}
