/* A thread that accepts. acceptor.h draws it. */
#include "serve/acceptor.h"

#include <assert.h>

#include "base/alloc.h"
#include "loop/alarm.h"

/* A place at which callers come. The acceptor's, in whose thread it is used. */
struct hvuv__door_s {
  hvuv_stream_t stream;
  hvuv__acceptor_t* acceptor;
  const hvuv_protocol_t* protocol;
  hvuv__door_t* next;
  int has_caller;         /* that waits */
  uint64_t caller_number; /* its */
};

enum task { NONE = 0, OPEN_DOOR, CLOSE_DOOR, END };

struct hvuv__acceptor_s {
  uv_thread_t thread;
  uv_loop_t loop;
  hvuv__share_t* share;
  hvuv__bell_t* bell;
  hvuv__alarm_t* alarm;
  int reviews; /* the alarm is set */
  hvuv__door_t* doors;
  uint64_t callers; /* so far */

  /* What the leader's thread wants done, and waits for. Under the lock. */
  enum task task;
  const hvuv_stream_t* from;
  hvuv__door_t* door;
  int err;
  uv_sem_t is_done;
};

/* Not the loop's, which stands still during a turn: a call that has just been
 * offered would seem to have waited. */
static uint64_t now_ms(void) {
  return uv_hrtime() / 1000000;
}

#ifdef NDEBUG
#define check(a) ((void) 0)
#else
static void check(const hvuv__acceptor_t* a) {
  const hvuv__door_t* door;

  assert(a->share != NULL && a->bell != NULL && a->alarm != NULL);
  for (door = a->doors; door != NULL; door = door->next) {
    assert(door->acceptor == a && door->stream.data == door);
    assert(door->has_caller == (door->stream.accepted_sock != HVUV__NO_SOCK));
    assert(!door->has_caller || door->caller_number < a->callers);
  }
}
#endif

/* --- Callers -------------------------------------------------------------- */

static void offer(hvuv__acceptor_t* a, const hvuv__call_t* call) {
  hvuv__share_lock();
  hvuv__calls_offer(a->share, call, now_ms());
  hvuv__share_unlock();
  if (!a->reviews)
    hvuv__alarm_set(a->alarm, HVUV__CALLS_PATIENCE_MS);
  a->reviews = 1;
}

static hvuv__verdict_t admit(hvuv__acceptor_t* a) {
  hvuv__verdict_t verdict;

  hvuv__share_lock();
  verdict = hvuv__calls_admit(a->share);
  hvuv__share_unlock();
  return verdict;
}

/* Offers the caller that waits there; 0: there is no room, so it stays. */
static int let_in(hvuv__door_t* door) {
  hvuv__verdict_t verdict = admit(door->acceptor);
  hvuv__call_t call = {.kind = HVUV__CALL_CALLER, .protocol = door->protocol};

  assert(door->has_caller);
  if (verdict == HVUV__WAIT)
    return 0;
  if (verdict != HVUV__ADMIT)
    call.kind = HVUV__CALL_EXTRA;
  door->has_caller = 0;
  hvuv__accepted_take(&door->stream, &call.accepted);
  offer(door->acceptor, &call);
  return 1;
}

/* Whose caller has waited longest; NULL: nobody's. */
static hvuv__door_t* longest(const hvuv__acceptor_t* a) {
  hvuv__door_t* door;
  hvuv__door_t* best = NULL;

  for (door = a->doors; door != NULL; door = door->next)
    if (door->has_caller &&
        (best == NULL || door->caller_number < best->caller_number))
      best = door;
  return best;
}

/* Taking one has the stream look for the next, but only from the loop, so each
 * door has one here at most. */
static void let_all_in(hvuv__acceptor_t* a) {
  hvuv__door_t* door;

  while ((door = longest(a)) != NULL && let_in(door))
    continue;
}

static void on_caller(hvuv_stream_t* stream, int status) {
  hvuv__door_t* door = stream->data;
  hvuv__call_t note = {.kind = HVUV__CALL_ERROR, .status = status};

  if (status != 0) {
    offer(door->acceptor, &note);
    return;
  }
  assert(!door->has_caller);
  door->has_caller = 1;
  door->caller_number = door->acceptor->callers++;
  let_all_in(door->acceptor);
  check(door->acceptor);
}

static void on_stranger(hvuv_stream_t* stream,
                        const hvuv_addr_t* peer,
                        int status) {
  hvuv__door_t* door = stream->data;
  hvuv__call_t note = {.kind = HVUV__CALL_STRANGER, .status = status};

  if (peer != NULL)
    note.accepted.peer_addr = *peer;
  offer(door->acceptor, &note);
}

static void on_alarm(void* owner) {
  hvuv__acceptor_t* a = owner;

  check(a);
  hvuv__share_lock();
  a->reviews = hvuv__calls_review(a->share, now_ms());
  hvuv__share_unlock();
  if (a->reviews)
    hvuv__alarm_set(a->alarm, HVUV__CALLS_PATIENCE_MS);
}

/* --- Doors, in the thread
 * -------------------------------------------------- */

static void on_door_closed(hvuv_stream_t* stream) {
  hvuv__free(stream->data);
}

static int open_door(hvuv__acceptor_t* a,
                     hvuv__door_t* door,
                     const hvuv_stream_t* from) {
  int err;

  err = hvuv_init(&a->loop, &door->stream);
  if (err != 0) {
    hvuv__free(door);
    return err;
  }
  door->stream.data = door;
  door->acceptor = a;
  hvuv_set_refused_cb(&door->stream, on_stranger);
  err = hvuv__lend_borrow(&door->stream, from, on_caller);
  if (err != 0) {
    hvuv__lend_return(&door->stream, on_door_closed);
    return err;
  }
  door->next = a->doors;
  a->doors = door;
  return 0;
}

static void close_door(hvuv__acceptor_t* a, hvuv__door_t* door) {
  hvuv__door_t** link;

  for (link = &a->doors; *link != door; link = &(*link)->next)
    assert(*link != NULL);
  *link = door->next;
  hvuv__lend_return(&door->stream, on_door_closed);
}

static void end(hvuv__acceptor_t* a) {
  assert(a->doors == NULL);
  hvuv__alarm_close(a->alarm);
  hvuv__bell_close(a->bell);
}

static void do_task(hvuv__acceptor_t* a, enum task task) {
  if (task == END) {
    end(a);
    return;
  }
  if (task == OPEN_DOOR)
    a->err = open_door(a, a->door, a->from);
  else
    close_door(a, a->door);
  uv_sem_post(&a->is_done);
}

static void on_bell(void* owner) {
  hvuv__acceptor_t* a = owner;
  enum task task;

  hvuv__share_lock();
  task = a->task;
  a->task = NONE;
  hvuv__share_unlock();
  if (task != NONE)
    do_task(a, task);
  if (task == END)
    return;
  let_all_in(a);
  check(a);
}

static void run(void* arg) {
  hvuv__acceptor_t* a = arg;

  hvuv__sys_block_signals();
  uv_run(&a->loop, UV_RUN_DEFAULT);
}

/* --- From other threads --------------------------------------------------- */

static void ask(hvuv__acceptor_t* a, enum task task) {
  hvuv__share_lock();
  assert(a->task == NONE);
  a->task = task;
  hvuv__bell_ring(a->bell);
  hvuv__share_unlock();
  if (task != END)
    uv_sem_wait(&a->is_done);
}

int hvuv__acceptor_open_door(hvuv__acceptor_t* a,
                             const hvuv_stream_t* from,
                             const hvuv_protocol_t* protocol,
                             hvuv__door_t** out) {
  hvuv__door_t* door;

  door = hvuv__calloc(1, sizeof(*door));
  if (door == NULL)
    return UV_ENOMEM;
  door->protocol = protocol;
  a->door = door;
  a->from = from;
  ask(a, OPEN_DOOR);
  if (a->err == 0)
    *out = door;
  return a->err;
}

void hvuv__acceptor_close_door(hvuv__acceptor_t* a, hvuv__door_t* door) {
  a->door = door;
  ask(a, CLOSE_DOOR);
}

/* --- Life ----------------------------------------------------------------- */

static int open_handles(hvuv__acceptor_t* a) {
  int err;

  err = hvuv__bell_open(&a->loop, a, on_bell, &a->bell);
  if (err != 0)
    return err;
  err = hvuv__alarm_open(&a->loop, a, on_alarm, &a->alarm);
  if (err != 0)
    hvuv__bell_close(a->bell);
  else
    hvuv__bell_hold(a->bell);
  return err;
}

static int start(hvuv__acceptor_t* a) {
  int err;

  err = open_handles(a);
  if (err != 0)
    return err;
  err = uv_thread_create(&a->thread, run, a);
  if (err != 0)
    end(a);
  return err;
}

static void close_loop(hvuv__acceptor_t* a) {
  uv_run(&a->loop, UV_RUN_DEFAULT);
  if (uv_loop_close(&a->loop) != 0)
    assert(0 && "an acceptor's loop has handles left");
}

int hvuv__acceptor_open(hvuv__share_t* share, hvuv__acceptor_t** out) {
  hvuv__acceptor_t* a;
  int err;

  a = hvuv__calloc(1, sizeof(*a));
  if (a == NULL)
    return UV_ENOMEM;
  a->share = share;
  err = uv_sem_init(&a->is_done, 0);
  if (err != 0)
    goto free_it;
  err = uv_loop_init(&a->loop);
  if (err != 0)
    goto destroy_sem;
  err = start(a);
  if (err != 0)
    goto close_it;
  share->acceptor = a->bell;
  *out = a;
  return 0;

close_it:
  close_loop(a);
destroy_sem:
  uv_sem_destroy(&a->is_done);
free_it:
  hvuv__free(a);
  return err;
}

void hvuv__acceptor_close(hvuv__acceptor_t* a) {
  ask(a, END);
  uv_thread_join(&a->thread);
  close_loop(a);
  uv_sem_destroy(&a->is_done);
  hvuv__free(a);
}
