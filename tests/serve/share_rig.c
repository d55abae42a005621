#include "share_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"

#define PATIENCE_NS ((uint64_t) 50 * 1000 * 1000 * 1000)

/* --- What happens */

static int* field_of(share_party_t* party, size_t field) {
  return (int*) (void*) ((char*) &party->counts + field);
}

static void note(share_party_t* party, size_t field, int change) {
  share_rig_t* rig = party->rig;
  uv_thread_t self = uv_thread_self();

  uv_mutex_lock(&rig->lock);
  *field_of(party, field) += change;
  rig->wrong += !uv_thread_equal(&self, &party->thread);
  uv_cond_broadcast(&rig->has_changed);
  uv_mutex_unlock(&rig->lock);
}

#define NOTE(party, field, change)                                             \
  note((party), offsetof(share_counts_t, field), (change))

static void on_stopped(hvuv_server_t* server);

static int on_open(hvuv_conn_t* conn) {
  share_party_t* party = hvuv_conn_context(conn);

  *(int*) hvuv_conn_state(conn) = party->index + 1;
  NOTE(party, opens, 1);
  if (party->stops_at_open)
    hvuv_server_stop(&party->server, 0, on_stopped);
  return 0;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  share_party_t* party = hvuv_conn_context(conn);

  if (*(int*) hvuv_conn_state(conn) != party->index + 1)
    return UV_EINVAL;
  if (bytes[0] == 'B') {
    NOTE(party, blocked, 1);
    uv_sem_wait(&party->rig->go);
    NOTE(party, blocked, -1);
  }
  if (bytes[0] == 'S')
    hvuv_server_stop_all(&party->server, 0, on_stopped);
  NOTE(party, messages, 1);
  hvuv_conn_send(conn, bytes, nbytes);
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) reason;
  NOTE((share_party_t*) hvuv_conn_context(conn), closes, 1);
}

static void on_accept_error(hvuv_server_t* server, int status) {
  (void) status;
  NOTE((share_party_t*) server->data, errors, 1);
}

static void on_refused(hvuv_server_t* server,
                       const hvuv_addr_t* peer,
                       int reason) {
  share_party_t* party = server->data;

  (void) peer;
  party->refused_reason = reason;
  NOTE(party, refused, 1);
}

static void on_stopped(hvuv_server_t* server) {
  share_party_t* party = server->data;

  party->is_up = 0;
  memset(server, 0xa5, sizeof(*server)); /* The memory is ours again. */
  NOTE(party, stops, 1);
}

/* --- Life */

void share_rig_up(share_rig_t* rig, int nparties) {
  net_start();
  memset(rig, 0, sizeof(*rig));
  alloc_install();
  rig->nparties = nparties;
  assert_true(nparties <= SHARE_RIG_PARTIES);
  assert_int_equal(uv_mutex_init(&rig->lock), 0);
  assert_int_equal(uv_cond_init(&rig->has_changed), 0);
  assert_int_equal(uv_sem_init(&rig->go, 0), 0);
  hvuv_server_options_init(&rig->options);
  rig->options.on_accept_error = on_accept_error;
  rig->options.on_refused = on_refused;
  rig->protocol.state_bytes = sizeof(int);
  rig->protocol.on_open = on_open;
  rig->protocol.on_message = on_message;
  rig->protocol.on_close = on_close;
}

/* Another async handle of the loop may have it called before the send is over, which
 * ThreadSanitizer cannot see in libuv: hence the lock. */
static void on_control(uv_async_t* control) {
  share_party_t* party = control->data;
  share_act act;
  void* arg;

  uv_mutex_lock(&party->rig->lock);
  act = party->act;
  arg = party->arg;
  party->act = NULL;
  uv_mutex_unlock(&party->rig->lock);
  if (act == NULL)
    return;
  act(party, arg);
  uv_sem_post(&party->is_done);
}

static void act_start(share_party_t* party, void* arg) {
  (void) arg;
  party->server.data = party;
  if (hvuv_server_init(&party->loop, &party->server, &party->options) != 0)
    abort();
  party->is_up = 1;
  if (party->index > 0)
    party->share_err =
        hvuv_server_share(&party->server, &party->rig->parties[0].server);
}

static void listen_at_address(share_party_t* party) {
  hvuv_addr_t addr;

  if (hvuv_addr_parse(party->rig->address, &addr) != 0 ||
      hvuv_server_listen(&party->server, &addr, &party->rig->protocol) != 0)
    abort();
}

static void act_listen(share_party_t* party, void* arg) {
  uv_os_sock_t sock;

  (void) arg;
  if (party->rig->address != NULL)
    listen_at_address(party);
  else if (net_tcp_listen(&sock, &party->rig->at) != 0 ||
           hvuv_server_listen_socket(
               &party->server, sock, &party->rig->protocol) != 0)
    abort();
}

static void run(void* arg) {
  share_party_t* party = arg;

  uv_run(&party->loop, UV_RUN_DEFAULT);
  party->loop_err = uv_loop_close(&party->loop);
  if (party->rig->is_child)
    _Exit(party->loop_err == 0 ? 0 : 1);
}

void share_rig_start(share_rig_t* rig) {
  share_party_t* party;
  int i;

  for (i = 0; i < rig->nparties; i++) {
    party = &rig->parties[i];
    party->rig = rig;
    party->index = i;
    if (party->options.backlog == 0)
      party->options = rig->options;
    assert_int_equal(uv_sem_init(&party->is_done, 0), 0);
    assert_int_equal(uv_loop_init(&party->loop), 0);
    assert_int_equal(uv_async_init(&party->loop, &party->control, on_control),
                     0);
    party->control.data = party;
    assert_int_equal(uv_thread_create(&party->thread, run, party), 0);
    share_rig_do(rig, i, act_start, NULL);
    if (i == 0)
      share_rig_do(rig, 0, act_listen, NULL);
  }
}

static void act_end(share_party_t* party, void* arg) {
  (void) arg;
  if (party->is_up)
    hvuv_server_stop(&party->server, 0, on_stopped);
  uv_close((uv_handle_t*) &party->control, NULL);
}

void share_rig_down(share_rig_t* rig) {
  share_party_t* party;
  int i;

  for (i = 0; i < rig->nparties; i++)
    share_rig_do(rig, i, act_end, NULL);
  for (i = 0; i < rig->nparties; i++) {
    party = &rig->parties[i];
    assert_int_equal(uv_thread_join(&party->thread), 0);
    assert_int_equal(party->loop_err, 0);
    assert_int_equal(party->counts.stops, 1);
    assert_int_equal(party->counts.opens, party->counts.closes);
    uv_sem_destroy(&party->is_done);
  }
  for (i = 0; i < rig->ncallers; i++)
    net_close(rig->callers[i]);
  assert_int_equal(rig->wrong, 0);
  uv_sem_destroy(&rig->go);
  uv_cond_destroy(&rig->has_changed);
  uv_mutex_destroy(&rig->lock);
  alloc_check();
}

/* --- Acts */

void share_rig_do(share_rig_t* rig, int index, share_act act, void* arg) {
  share_party_t* party = &rig->parties[index];

  uv_mutex_lock(&rig->lock);
  party->act = act;
  party->arg = arg;
  uv_mutex_unlock(&rig->lock);
  uv_async_send(&party->control);
  uv_sem_wait(&party->is_done);
}

void share_act_stop(share_party_t* party, void* grace_ms) {
  hvuv_server_stop(&party->server, *(uint64_t*) grace_ms, on_stopped);
}

void share_act_stop_all(share_party_t* party, void* grace_ms) {
  hvuv_server_stop_all(&party->server, *(uint64_t*) grace_ms, on_stopped);
}

/* --- Waiting */

static int sum_of(share_rig_t* rig, size_t field) {
  int sum = 0;
  int i;

  for (i = 0; i < rig->nparties; i++)
    sum += *field_of(&rig->parties[i], field);
  return sum;
}

void share_rig_await_sum(share_rig_t* rig, size_t field, int n) {
  uint64_t deadline = uv_hrtime() + PATIENCE_NS;
  int sum;

  uv_mutex_lock(&rig->lock);
  while ((sum = sum_of(rig, field)) != n && uv_hrtime() < deadline)
    uv_cond_timedwait(&rig->has_changed, &rig->lock, 100 * 1000 * 1000);
  uv_mutex_unlock(&rig->lock);
  assert_int_equal(sum, n);
}

int share_rig_count_of(share_rig_t* rig, int party, size_t field) {
  int n;

  uv_mutex_lock(&rig->lock);
  n = *field_of(&rig->parties[party], field);
  uv_mutex_unlock(&rig->lock);
  return n;
}

void share_rig_let_go(share_rig_t* rig, int n) {
  while (n-- > 0)
    uv_sem_post(&rig->go);
}

/* --- Callers */

uv_os_sock_t share_rig_call(share_rig_t* rig) {
  uv_os_sock_t sock;

  assert_true(rig->ncallers < SHARE_RIG_CALLERS);
  assert_int_equal(net_tcp_connect(&sock, &rig->at), 0);
  rig->callers[rig->ncallers++] = sock;
  return sock;
}

void share_rig_hang_up(share_rig_t* rig, uv_os_sock_t sock) {
  int i;

  for (i = 0; rig->callers[i] != sock; i++)
    assert_true(i + 1 < rig->ncallers);
  rig->callers[i] = rig->callers[--rig->ncallers];
  net_close(sock);
}

int share_rig_ask(uv_os_sock_t sock, const char* text) {
  char echo[256];
  size_t n = strlen(text);
  size_t have = 0;
  ssize_t r;

  if (net_send(sock, text, n) != (ssize_t) n)
    return 0;
  while (have < n) {
    if (net_await(sock, 1, 50000) != 0)
      return 0;
    r = net_recv(sock, echo + have, n - have);
    if (r <= 0)
      return 0;
    have += (size_t) r;
  }
  return memcmp(echo, text, n) == 0;
}

void share_rig_await_end(uv_os_sock_t sock) {
  char byte;

  do
    assert_int_equal(net_await(sock, 1, 50000), 0);
  while (net_recv(sock, &byte, 1) > 0);
}
