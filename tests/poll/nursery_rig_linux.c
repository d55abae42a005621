/* engine_nursery_linux.c is included under other names, so that it links beside the
 * real one. */
#include "nursery_rig_linux.h"

#include <string.h>

#include "poll/epoll_linux.h"

static int tapped_open(int* set);
static int tapped_change(int set, int how, int sock, uint32_t bits, void* data);
static int tapped_look(int set, struct epoll_event events[], int room);
static int tapped_renew(int set);
#define hvuv__epoll_open     tapped_open
#define hvuv__epoll_change   tapped_change
#define hvuv__epoll_look     tapped_look
#define hvuv__epoll_renew    tapped_renew
#define hvuv__engine_nursery tapped_nursery
#define hvuv__nursery_enter  tapped_enter
#define hvuv__nursery_leave  tapped_leave
#define hvuv__nursery_disown tapped_disown
#include "poll/engine_nursery_linux.c"
#undef hvuv__epoll_open
#undef hvuv__epoll_change
#undef hvuv__epoll_look
#undef hvuv__epoll_renew

#include "support/alloc.h"
#include "support/loop.h"
#include "support/trace.h"

/* --- The system ----------------------------------------------------------- */

static const char* failing; /* the call that fails next, by its word */
static int failure;
uint32_t made_up;
int looks;

static int tap(const char* word) {
  if (failing == NULL || strcmp(failing, word) != 0) {
    trace("%s", word);
    return 0;
  }
  failing = NULL;
  trace_status(word, failure);
  return failure;
}

void fail_next(const char* word, int err) {
  failing = word;
  failure = err;
}

static int tapped_open(int* set) {
  int err = tap("open");
  return err != 0 ? err : hvuv__epoll_open(set);
}

static int tapped_change(
    int set, int how, int sock, uint32_t bits, void* data) {
  int err = tap(how == EPOLL_CTL_ADD   ? "add"
                : how == EPOLL_CTL_MOD ? "mod"
                                       : "del");
  return err != 0 ? err : hvuv__epoll_change(set, how, sock, bits, data);
}

static int tapped_look(int set, struct epoll_event events[], int room) {
  int n = hvuv__epoll_look(set, events, room);
  int i;

  looks++;
  for (i = 0; i < n && made_up != 0; i++)
    events[i].events = made_up;
  return n;
}

static int tapped_renew(int set) {
  int err = tap("renew");
  return err != 0 ? err : hvuv__epoll_renew(set);
}

/* --- Owners of pollers ---------------------------------------------------- */

uv_loop_t* the_loop;
static uv_check_t holder; /* as the hub, for pollers do not hold a loop */
hvuv__poll_shared_t shares;
owner_t owners[SOCKS];

static const char* name_events(int events) {
  static const char* const names[] = {"-", "r", "w", "rw"};

  return names[(events & R ? 1 : 0) + (events & W ? 2 : 0)];
}

static void on_ready(void* data, int status, int events) {
  void (*act)(owner_t*);
  owner_t* o = data;

  trace("%s:%s",
        o->name,
        status == 0 ? name_events(events) : uv_err_name(status));
  act = o->act;
  o->act = NULL;
  if (act != NULL)
    act(o);
}

void open_it(owner_t* o) {
  assert_int_equal(tapped_nursery.open(&shares, o->sock, &o->poller), 0);
  hvuv__poller_start(o->poller, &tapped_nursery, &shares, o->sock, o, on_ready);
}

void close_it(owner_t* o) {
  hvuv__poller_close(o->poller);
  o->poller = NULL;
}

/* The first n of them, each open and watching. */
void watching(int n, int events) {
  int i;

  for (i = 0; i < n; i++) {
    open_it(&owners[i]);
    assert_int_equal(hvuv__poller_watch(owners[i].poller, events), 0);
  }
  trace_reset();
}

void close_the_other(owner_t* o) {
  owner_t* other = o == &owners[0] ? &owners[1] : &owners[0];

  close_it(other);
}

void speak_to(owner_t* o) {
  assert_int_equal(net_send(o->peer, "x", 1), 1);
}

void hear(owner_t* o) {
  char byte;

  assert_int_equal(net_recv(o->sock, &byte, 1), 1);
}

void turn(void) {
  uv_run(the_loop, UV_RUN_NOWAIT);
}

static void on_check(uv_check_t* check) {
  (void) check;
}

int nursery_up(void** state) {
  static const char* const names[] = {"a", "b", "c", "d"};
  uv_os_sock_t socks[2];
  int i;

  (void) state;
  alloc_install();
  trace_reset();
  failing = NULL;
  made_up = 0;
  looks = 0;
  the_loop = loop_open();
  uv_check_init(the_loop, &holder);
  holder.data = NULL;
  uv_check_start(&holder, on_check);
  hvuv__poll_enter(&shares, the_loop, NULL);
  for (i = 0; i < SOCKS; i++) {
    memset(&owners[i], 0, sizeof(owners[i]));
    if (net_pair(socks) != 0 || net_unblock(socks[0]) != 0)
      return 1;
    owners[i].name = names[i];
    owners[i].sock = socks[0];
    owners[i].peer = socks[1];
  }
  if (tapped_enter(&shares) != 0)
    return 1;
  trace_reset();
  return 0;
}

static void close_all(void) {
  int i;

  for (i = 0; i < SOCKS; i++) {
    if (owners[i].poller != NULL)
      close_it(&owners[i]);
    net_close(owners[i].sock);
    if (owners[i].peer != NET_NONE)
      net_close(owners[i].peer);
  }
  tapped_leave(&shares);
}

int nursery_down(void** state) {
  (void) state;
  close_all();
  uv_close((uv_handle_t*) &holder, NULL);
  uv_run(the_loop, UV_RUN_DEFAULT);
  loop_close(the_loop);
  alloc_check();
  return 0;
}
