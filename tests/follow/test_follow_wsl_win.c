/*
 * Following WSL 2 to its new id, on Windows: a wsl.exe of the tests' own
 * (tests/vm/fake_wsl_win.c), which prints what the environment says, and the
 * EMULATION of AF_HYPERV. Shows hvuv's own code, and nothing of WSL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "hvuv.h"
#include "support/alloc.h"
#include "support/emulation/hyperv_emulation.h"
#include "support/loop.h"
#include "support/net.h"
#include "support/trace.h"
#include "vm/wsl_win.h"

#define A "11111111-2222-3333-4444-555555555555"
#define B "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

static uv_loop_t* loop;
static hvuv__wsl_source_t original;
static wchar_t program[MAX_PATH];

static hvuv_follow_t follow;
static hvuv_follow_options_t options;
static hvuv_server_t server;
static hvuv_client_t client;
static hvuv_client_t other;
static int is_open; /* the client's connections */
static int was_closed;
static int was_there; /* the server's, ever */
static int is_news;
static int status;

/* --- WSL ------------------------------------------------------------------ */

/* WSL's VM starts, with this id; NULL: there is none. */
static void boot(const char* id) {
  assert_true(SetEnvironmentVariableA("FAKE_WSL", id != NULL ? id : "exit:1"));
  if (id != NULL)
    assert_int_equal(hyperv_emulation_vm_start(id, HYPERV_EMULATION_WSL2_VM),
                     0);
}

static void find_program(void) {
  DWORD len = GetModuleFileNameW(NULL, program, MAX_PATH);
  wchar_t* end = wcsrchr(program, L'\\');

  assert_true(len > 0 && len < MAX_PATH - 20 && end != NULL);
  wcscpy(end + 1, L"fake_wsl.exe");
}

/* --- Both sides ----------------------------------------------------------- */

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static int on_called(hvuv_conn_t* conn) {
  (void) conn;
  was_there++;
  return 0;
}

static int on_open(hvuv_conn_t* conn) {
  (void) conn;
  is_open++;
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  (void) reason;
  is_open--;
  was_closed = 1;
}

static const hvuv_protocol_t called = {.on_open = on_called,
                                       .on_message = on_message};
static const hvuv_protocol_t calling = {
    .on_open = on_open, .on_message = on_message, .on_close = on_close};

static void on_news(hvuv_follow_t* f, const hvuv_addr_t* addr, int err) {
  (void) f;
  (void) addr;
  is_news = 1;
  status = err;
}

static int up(void** state) {
  (void) state;
  is_open = 0;
  was_there = 0;
  was_closed = 0;
  is_news = 0;
  trace_reset();
  net_start();
  find_program();
  original = hvuv__wsl_source;
  hvuv__wsl_source.program = program;
  assert_int_equal(hyperv_emulation_begin(), 0);
  alloc_install();
  loop = loop_open();
  hvuv_follow_options_init(&options);
  options.name = "wsl";
  options.interval_ms = 0;
  options.min_interval_ms = 1;
  return hvuv_addr_parse("hyperv://any/5000", &options.addr);
}

static int down(void** state) {
  (void) state;
  loop_run_out(loop);
  loop_close(loop);
  alloc_check();
  assert_int_equal(hyperv_emulation_live_in(NULL), 0);
  hyperv_emulation_end();
  hvuv__wsl_source = original;
  SetEnvironmentVariableA("FAKE_WSL", NULL);
  return 0;
}

static void start(void) {
  assert_int_equal(hvuv_follow_start(loop, &follow, &options, on_news), 0);
}

/* --- A client of Windows, a server in WSL --------------------------------- */

static void serve_in(const char* vm) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_parse("hyperv://any/5000", &addr), 0);
  assert_int_equal(hyperv_emulation_live_in(vm), 0);
  assert_int_equal(hvuv_server_init(loop, &server, NULL), 0);
  assert_int_equal(hvuv_server_listen(&server, &addr, &called), 0);
  assert_int_equal(hyperv_emulation_live_in(NULL), 0);
}

static int is_stopped;

static void on_stopped(hvuv_server_t* stopped) {
  (void) stopped;
  is_stopped = 1;
}

static void stop_serving(void) {
  is_stopped = 0;
  hvuv_server_stop(&server, 0, on_stopped);
  loop_run_until(loop, &is_stopped);
}

static hvuv_vm_req_t request;

static void on_vm(hvuv_vm_req_t* req, int err) {
  hvuv_addr_t addr = options.addr;

  trace_status("found", err);
  if (err != 0)
    return;
  addr.u.hyperv.vm_id = req->vms[0].id;
  hvuv_client_set_addr(&client, &addr);
}

/* WSL starts anew after the first attempt; each failure looks the id up. */
static void on_attempt(hvuv_client_t* c, const hvuv_attempt_t* attempt) {
  trace_status("attempt", attempt->status);
  if (attempt->number == 1 && attempt->status != 0)
    boot(B);
  if (attempt->status != 0)
    hvuv_vm_find(c->loop, &request, "wsl", on_vm);
}

static void init_client(uint64_t delay_ms) {
  hvuv_client_options_t o;

  hvuv_client_options_init(&o);
  o.first_delay_ms = delay_ms;
  o.max_delay_ms = delay_ms;
  o.success_after_ms = 0;
  o.reconnects = 1;
  assert_int_equal(hvuv_client_init(loop, &client, &o), 0);
}

static void a_client_finds_the_new_id_by_hand(void** state) {
  hvuv_client_options_t o;
  hvuv_addr_t addr;

  (void) state;
  hvuv_client_options_init(&o);
  o.on_attempt = on_attempt;
  o.first_delay_ms = 3000; /* longer than a wsl.exe takes */
  o.jitter_percent = 0;
  assert_int_equal(hvuv_client_init(loop, &client, &o), 0);
  assert_int_equal(hyperv_emulation_vm_start(B, HYPERV_EMULATION_WSL2_VM), 0);
  serve_in(B);
  assert_int_equal(hvuv_addr_parse("hyperv://" A "/5000", &addr), 0);
  assert_int_equal(hvuv_client_connect(&client, &addr, &calling), 0);
  loop_run_until(loop, &is_open);
  assert_story("attempt:EADDRNOTAVAIL found:0 attempt:0");
  hvuv_client_close(&client, NULL);
  hvuv_server_stop(&server, 0, NULL);
}

static void a_client_that_follows_calls_the_new_id_at_once(void** state) {
  hvuv_addr_t addr;

  (void) state;
  init_client(1);
  boot(A);
  serve_in(A);
  start();
  assert_int_equal(hvuv_follow_connect(&follow, &client, &calling), 0);
  loop_run_until(loop, &is_open);
  assert_int_equal(hvuv_follow_addr(&follow, &addr), 0);

  stop_serving(); /* and with it the client's connection */
  loop_run_until(loop, &was_closed);
  assert_int_equal(hyperv_emulation_vm_stop(A), 0);
  boot(B);
  serve_in(B);
  loop_run_until(loop, &is_open);
  assert_int_equal(hvuv_follow_addr(&follow, &addr), 0);
  assert_int_equal(addr.u.hyperv.vm_id.data1, 0xaaaaaaaa);
  hvuv_client_close(&client, NULL);
  hvuv_server_stop(&server, 0, NULL);
  hvuv_follow_close(&follow, NULL);
}

/* --- A server of Windows, clients in WSL ---------------------------------- */

static void call_from(const char* vm, hvuv_client_t* from) {
  hvuv_addr_t addr;
  int before = was_there;
  int i;

  assert_int_equal(hvuv_addr_parse("hyperv://parent/5000", &addr), 0);
  assert_int_equal(hvuv_client_init(loop, from, NULL), 0);
  assert_int_equal(hyperv_emulation_live_in(vm), 0);
  assert_int_equal(hvuv_client_connect(from, &addr, &calling), 0);
  assert_int_equal(hyperv_emulation_live_in(NULL), 0);
  for (i = 0; i < 10000 && was_there == before; i++)
    uv_run(loop, UV_RUN_ONCE);
  assert_int_equal(was_there, before + 1);
}

static void look(void) {
  is_news = 0;
  assert_int_equal(hvuv_follow_check(&follow), 0);
  loop_run_until(loop, &is_news);
}

static void a_server_that_follows_is_reached_from_the_new_vm(void** state) {
  hvuv_addr_t addr;
  hvuv_stats_t stats;

  (void) state;
  assert_int_equal(hvuv_server_init(loop, &server, NULL), 0);
  boot(A);
  start();
  assert_int_equal(hvuv_follow_listen(&follow, &server, &called), 0);
  loop_run_until(loop, &is_news);
  assert_int_equal(status, 0);
  call_from(A, &client);

  boot(NULL);
  look();
  assert_int_equal(status, UV_ENOENT);
  boot(B);
  look();
  assert_int_equal(status, 0);
  call_from(B, &other);
  hvuv_server_stats(&server, &stats);
  assert_int_equal(stats.connections_now, 2);
  assert_int_equal(hvuv_server_address(&server, 0, &addr), 0);
  assert_int_equal(addr.u.hyperv.vm_id.data1, 0xaaaaaaaa);
  assert_int_equal(hvuv_server_address(&server, 1, &addr), UV_ENOENT);

  hvuv_client_close(&client, NULL);
  hvuv_client_close(&other, NULL);
  hvuv_server_stop(&server, 0, NULL);
  hvuv_follow_close(&follow, NULL);
}

static void a_vm_that_may_not_be_listened_for_is_reported(void** state) {
  (void) state;
  assert_int_equal(hvuv_server_init(loop, &server, NULL), 0);
  assert_true(SetEnvironmentVariableA("FAKE_WSL", A)); /* It does not run. */
  start();
  assert_int_equal(hvuv_follow_listen(&follow, &server, &called), 0);
  loop_run_until(loop, &is_news);
  assert_int_equal(status, UV_EADDRNOTAVAIL);
  boot(A);
  look();
  assert_int_equal(status, 0);
  hvuv_server_stop(&server, 0, NULL);
  hvuv_follow_close(&follow, NULL);
}

#define WSL(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void) {
  const struct CMUnitTest tests[] = {
      WSL(a_client_finds_the_new_id_by_hand),
      WSL(a_client_that_follows_calls_the_new_id_at_once),
      WSL(a_server_that_follows_is_reached_from_the_new_vm),
      WSL(a_vm_that_may_not_be_listened_for_is_reported),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
