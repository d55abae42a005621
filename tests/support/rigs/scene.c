/* The stage of the tests over fakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/loop.h"
#include "scene_inside.h"
#include "support/trace.h"

#define STREAMS_MAX 256
#define CUES_MAX    64
#define PLAY_TURNS  100

typedef struct cue_s {
  const char* label;
  scene_act act; /* may be NULL: only counting */
  int every;
  int count;
  int flag;
} cue_t;

static uv_loop_t* loop;
static hvuv_stream_t* streams[STREAMS_MAX];
static int pending[STREAMS_MAX]; /* requests of each stream */
static cue_t cues[CUES_MAX];
static int cue_count;
static int inside; /* verbs that have not returned */

static hvuv_stream_t** find_place(const hvuv_stream_t* stream) {
  int i;

  for (i = 0; i < STREAMS_MAX; i++)
    if (streams[i] == stream)
      return &streams[i];
  return NULL;
}

int* scene_pending_of(const hvuv_stream_t* stream) {
  hvuv_stream_t** place;

  place = find_place(stream);
  return place == NULL ? NULL : &pending[place - streams];
}

int scene_pending(void) {
  int n;
  int i;

  n = 0;
  for (i = 0; i < STREAMS_MAX; i++)
    n += pending[i];
  return n;
}

/* --- The stage ----------------------------------------------------------- */

int scene_up(void** state) {
  (void) state;
  alloc_install();
  fake_sys_reset();
  fake_poller_reset();
  fake_unix_reset();
  trace_reset();

  memset(streams, 0, sizeof(streams));
  memset(pending, 0, sizeof(pending));
  memset(cues, 0, sizeof(cues));
  cue_count = 0;
  inside = 0;
  scene_verbs_reset();
  loop = loop_open();
  return 0;
}

static int open_streams(void) {
  int n;
  int i;

  n = 0;
  for (i = 0; i < STREAMS_MAX; i++)
    n += streams[i] != NULL;
  return n;
}

void scene_close_all(void) {
  int i;

  for (i = 0; i < STREAMS_MAX; i++)
    if (streams[i] != NULL && !hvuv_is_closing(streams[i]))
      scene_close(streams[i]);
  for (i = 0; i < 10 && open_streams() > 0; i++)
    turn();
  assert_int_equal(open_streams(), 0);
}

int scene_down(void** state) {
  (void) state;
  memset(cues, 0, sizeof(cues));
  cue_count = 0;
  scene_close_all();
  assert_null(strstr(trace_story(), "INSIDE"));
  assert_null(strstr(trace_story(), "LENT"));
  assert_null(strstr(trace_story(), "WRONG-BUFFER"));
  assert_null(strstr(trace_story(), "EARLY"));
  assert_int_equal(scene_pending(), 0);

  scene_verbs_reset();
  loop_close(loop);
  fake_poller_check();
  fake_unix_check();
  fake_sys_check();
  alloc_check();
  return 0;
}

uv_loop_t* scene_loop(void) {
  return loop;
}

void turn(void) {
  turns(1);
}

void turns(int n) {
  loop_run_turns(loop, n);
}

void scene_play(void) {
  int fired;
  int i;

  for (i = 0; i < PLAY_TURNS; i++) {
    fired = fake_poller_pump();
    turn();
    if (fired == 0 && !uv_loop_alive(loop))
      return;
  }
}

/* --- Cues ---------------------------------------------------------------- */

static cue_t* find_cue(const char* label) {
  int i;

  for (i = 0; i < cue_count; i++)
    if (strcmp(cues[i].label, label) == 0)
      return &cues[i];
  if (cue_count == CUES_MAX)
    return NULL;
  cues[cue_count].label = label;
  return &cues[cue_count++];
}

void scene_on(const char* label, scene_act act) {
  find_cue(label)->act = act;
  find_cue(label)->every = 0;
}

void scene_on_every(const char* label, scene_act act) {
  find_cue(label)->act = act;
  find_cue(label)->every = 1;
}

int scene_count(const char* label) {
  return find_cue(label)->count;
}

const int* scene_flag(const char* label) {
  find_cue(label)->flag = 0;
  return &find_cue(label)->flag;
}

void scene_cue(const char* label, hvuv_stream_t* stream) {
  scene_act act;
  cue_t* c;

  if (inside > 0)
    trace("INSIDE");
  c = find_cue(label);
  if (c == NULL)
    return;

  c->count++;
  c->flag = 1;
  act = c->act;
  if (!c->every)
    c->act = NULL;
  if (act != NULL)
    act(stream);
}

void scene_enter(void) {
  inside++;
}

void scene_leave(void) {
  inside--;
}

/* --- Streams ------------------------------------------------------------- */

hvuv_addr_t scene_addr(const char* text) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_parse(text, &addr), 0);
  return addr;
}

hvuv_stream_t* scene_stream_on(uv_loop_t* on) {
  hvuv_stream_t* stream;

  stream = malloc(sizeof(*stream));
  assert_non_null(stream);
  memset(stream, 0xa5, sizeof(*stream)); /* Streams neither. */
  assert_int_equal(hvuv_init(on, stream), 0);
  *find_place(NULL) = stream;
  return stream;
}

hvuv_stream_t* scene_stream(void) {
  return scene_stream_on(loop);
}

hvuv_stream_t* scene_open(uv_os_sock_t* sock) {
  hvuv_stream_t* stream;

  stream = scene_stream();
  *sock = fake_connected_socket();
  assert_int_equal(hvuv_open(stream, *sock), 0);
  return stream;
}

hvuv_stream_t* scene_open_foreign(uv_os_sock_t* sock) {
  struct sockaddr name;

  memset(&name, 0, sizeof(name));
  name.sa_family = AF_INET;
  fake_name(FAKE_GETSOCKNAME, &name, sizeof(name));
  return scene_open(sock);
}

hvuv_stream_t* scene_listener(uv_os_sock_t* sock) {
  hvuv_stream_t* stream;
  hvuv_addr_t addr;

  stream = scene_stream();
  addr = scene_addr("vsock://any:5000");
  assert_int_equal(hvuv_bind(stream, &addr), 0);
  assert_int_equal(scene_listen(stream), 0);
  assert_int_equal(hvuv_fileno(stream, sock), 0);
  return stream;
}

hvuv_stream_t* scene_connecting(uv_os_sock_t* sock) {
  hvuv_stream_t* stream;

  stream = scene_stream();
  fake_next(FAKE_CONNECT, 1);
  assert_int_equal(scene_connect(stream, "connect", "vsock://host:5000"), 0);
  assert_int_equal(hvuv_fileno(stream, sock), 0);
  return stream;
}

void scene_drop(const hvuv_stream_t* stream) {
  *find_place(stream) = NULL;
}
