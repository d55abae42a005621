/* Clients that write the story. */
#include "client_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/trace.h"

#define CUES_MAX 16

typedef struct cue_s {
  const char* name;
  client_rig_act act;
  int count;
  int flag;
} cue_t;

static uv_loop_t* loop;
static cue_t cues[CUES_MAX];
static int cue_count;
static int inside; /* calls that have not returned */
static int clients;
static hvuv_client_options_t options;
static hvuv_protocol_t protocol;
static hvuv_attempt_t last_attempt;

/* --- Cues ---------------------------------------------------------------- */

static cue_t* find_cue(const char* name) {
  int i;

  for (i = 0; i < cue_count; i++)
    if (strcmp(cues[i].name, name) == 0)
      return &cues[i];
  cues[cue_count].name = name;
  return &cues[cue_count++];
}

static void play(const char* name, hvuv_client_t* client) {
  cue_t* cue = find_cue(name);
  client_rig_act act = cue->act;

  if (inside > 0)
    trace("INSIDE");
  if (clients == 0)
    trace("LATE");
  cue->count++;
  cue->flag = 1;
  cue->act = NULL;
  if (act != NULL)
    act(client);
}

void client_rig_on(const char* name, client_rig_act act) {
  find_cue(name)->act = act;
}

const int* client_rig_flag(const char* name) {
  find_cue(name)->flag = 0;
  return &find_cue(name)->flag;
}

int client_rig_count(const char* name) {
  return find_cue(name)->count;
}

const hvuv_attempt_t* client_rig_attempt(void) {
  return &last_attempt;
}

/* --- Callbacks ----------------------------------------------------------- */

static void on_attempt(hvuv_client_t* client, const hvuv_attempt_t* attempt) {
  char word[32];

  last_attempt = *attempt;
  snprintf(word,
           sizeof(word),
           "%s%u",
           attempt->is_last ? "last" : "attempt",
           attempt->number);
  trace_status(word, attempt->status);
  play("attempt", client);
}

static void on_done(hvuv_client_t* client, int status) {
  trace_status("done", status);
  play("done", client);
}

static int on_open(hvuv_conn_t* conn) {
  trace("open");
  play("open", hvuv_conn_context(conn));
  return 0;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  trace("message:%d", (int) nbytes);
  hvuv_conn_send(conn, bytes, nbytes); /* It may be closing. */
  play("message", hvuv_conn_context(conn));
  return 0;
}

static void on_end(hvuv_conn_t* conn) {
  trace("end");
  play("end", hvuv_conn_context(conn));
  hvuv_conn_end(conn);
}

static void on_close(hvuv_conn_t* conn, int reason) {
  trace_status("close", reason);
  play("close", hvuv_conn_context(conn));
}

static void on_closed(hvuv_client_t* client) {
  trace("closed");
  play("closed", client);
  clients--;
  free(client);
}

/* --- The rig ------------------------------------------------------------- */

void client_rig_up(uv_loop_t* on) {
  loop = on;
  memset(cues, 0, sizeof(cues));
  cue_count = 0;
  inside = 0;
  clients = 0;

  hvuv_client_options_init(&options);
  options.connect_timeout_ms = 0;
  options.jitter_percent = 0;
  options.limits.end_timeout_ms = 0; /* Leaves an alarm. */
  options.on_attempt = on_attempt;
  options.on_done = on_done;

  memset(&protocol, 0, sizeof(protocol));
  protocol.on_open = on_open;
  protocol.on_message = on_message;
  protocol.on_end = on_end;
  protocol.on_close = on_close;
}

void client_rig_down(void) {
  assert_int_equal(clients, 0);
  assert_null(strstr(trace_story(), "INSIDE"));
  assert_null(strstr(trace_story(), "LATE"));
}

hvuv_client_options_t* client_rig_options(void) {
  return &options;
}

hvuv_protocol_t* client_rig_protocol(void) {
  return &protocol;
}

hvuv_client_t* client_rig_new(void) {
  hvuv_client_t* client;
  int err;

  client = malloc(sizeof(*client));
  assert_non_null(client);
  memset(client, 0xa5, sizeof(*client)); /* Needs no preparation. */
  client->data = client;
  err = hvuv_client_init(loop, client, &options);
  if (err != 0) {
    trace_status("init", err);
    free(client);
    return NULL;
  }
  clients++;
  return client;
}

int client_rig_connect(hvuv_client_t* client, const char* text) {
  hvuv_addr_t addr;
  int err;

  err = hvuv_addr_parse(text, &addr);
  if (err != 0)
    return err;
  inside++;
  err = hvuv_client_connect(client, &addr, &protocol);
  memset(&addr, 0xa5, sizeof(addr)); /* It was copied. */
  inside--;
  return err;
}

void client_rig_close(hvuv_client_t* client) {
  inside++;
  hvuv_client_close(client, on_closed);
  inside--;
}

/* --- Alarms -------------------------------------------------------------- */

static void find_first(uv_handle_t* handle, void* arg) {
  uv_timer_t** first = arg;
  uv_timer_t* timer = (uv_timer_t*) handle;

  if (handle->type != UV_TIMER || !uv_is_active(handle))
    return;
  if (*first == NULL ||
      uv_timer_get_due_in(timer) < uv_timer_get_due_in(*first))
    *first = timer;
}

static uv_timer_t* first_timer(void) {
  uv_timer_t* first = NULL;

  uv_update_time(loop);
  uv_walk(loop, find_first, &first);
  return first;
}

int64_t client_rig_due(void) {
  uv_timer_t* timer = first_timer();

  return timer == NULL ? -1 : (int64_t) uv_timer_get_due_in(timer);
}

void client_rig_hurry(void) {
  uv_timer_t* timer = first_timer();

  assert_non_null(timer);
  assert_int_equal(uv_timer_start(timer, timer->timer_cb, 0, 0), 0);
}
