#include "status.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvforward.h"

/* Any line. */
#define LINE_SIZE (2 * HVUV_ADDR_STRLEN + 300)

/* At most so many: who reads slowly gives way to those who come. */
#define MAX_READERS 16

typedef struct reader_s {
  leg_t leg;
  leg_write_t write;
  char* text;
  int is_closing;
  struct reader_s* next;
} reader_t;

static uv_loop_t* the_loop;
static uint64_t began_ms;
static reader_t* readers;
static int count;

void status_init(uv_loop_t* loop) {
  the_loop = loop;
  began_ms = uv_now(loop);
}

/* --- The text */

static const char* state_of(const call_t* call,
                            const hvuv_relay_stats_t* stats,
                            char* room,
                            size_t size) {
  int i;

  if (call->state == CALL_CLOSES)
    return "closing";
  if (call->state == CALL_DIALS)
    return call->dial.state == DIAL_PAUSES ? "waiting to try again"
                                           : "connecting";
  for (i = 0; i < 2; i++)
    if (stats->stuck_ms[i] >= 1000) {
      snprintf(room,
               size,
               "%s has taken nothing for %" PRIu64 " s",
               i == 0 ? "the caller" : "the other side",
               stats->stuck_ms[i] / 1000);
      return room;
    }
  if (stats->read_status[0] == UV_EOF)
    return "the caller has finished";
  return stats->read_status[1] == UV_EOF ? "the other side has finished"
                                         : "open";
}

static size_t print_call(const call_t* call, char* line) {
  hvuv_relay_stats_t stats;
  char room[80];
  uint64_t ms = uv_now(the_loop) - call->began_ms;
  int n;

  memset(&stats, 0, sizeof(stats));
  if (call->state == CALL_JOINED)
    hvuv_relay_stats(&call->relay, &stats);
  n = snprintf(line,
               LINE_SIZE,
               "%u %.*s > %.*s %" PRIu64 ".%u s, %" PRIu64 " > %" PRIu64
               " <, %s\n",
               call->number,
               HVUV_ADDR_STRLEN,
               call->peer.text,
               HVUV_ADDR_STRLEN,
               call->route->to.text,
               ms / 1000,
               (unsigned int) (ms % 1000 / 100),
               stats.bytes[0],
               stats.bytes[1],
               state_of(call, &stats, room, sizeof(room)));
  assert(n > 0 && n < LINE_SIZE);
  return (size_t) n;
}

/* To be freed. */
static char* make_text(size_t* len) {
  char* text = malloc((size_t) (calls.now + 1) * LINE_SIZE);
  const call_t* call;

  if (text == NULL)
    abort(); /* Out of memory. */
  *len = (size_t) snprintf(text,
                           LINE_SIZE,
                           "%s %s: calls %u of at most %" PRIu64
                           ", for %" PRIu64 " s; %" PRIu64 " taken, %" PRIu64
                           " failed, %" PRIu64 " refused\n",
                           hvforward.name,
                           hvuv_version_string(),
                           calls.now,
                           settings.max_calls,
                           (uv_now(the_loop) - began_ms) / 1000,
                           calls.taken,
                           calls.failed,
                           calls.refused);
  for (call = calls.first; call != NULL; call = call->next)
    *len += print_call(call, text + *len);
  return text;
}

void status_print(void) {
  size_t len;
  char* text = make_text(&len);

  fwrite(text, 1, len, stderr);
  free(text);
}

/* --- For those who call */

static void on_closed(leg_t* leg) {
  reader_t* reader = leg->data;
  reader_t** link = &readers;

  while (*link != reader)
    link = &(*link)->next;
  *link = reader->next;
  count--;
  free(reader->text);
  free(reader);
}

static void close_reader(reader_t* reader) {
  if (reader->is_closing)
    return;
  reader->is_closing = 1;
  leg_close(&reader->leg, on_closed);
}

static void close_oldest(void) {
  reader_t* reader;
  reader_t* oldest = NULL;

  for (reader = readers; reader != NULL; reader = reader->next)
    if (!reader->is_closing)
      oldest = reader;
  assert(oldest != NULL);
  close_reader(oldest);
}

static void on_written(leg_t* leg, int status) {
  (void) status; /* One who has gone does not want it. */
  close_reader(leg->data);
}

void status_send(const route_t* route, leg_t* server) {
  reader_t* reader = calloc(1, sizeof(*reader));
  size_t len;

  if (reader == NULL)
    abort(); /* Out of memory. */
  reader->leg.data = reader;
  leg_init(&reader->leg, route->from.kind->listens_as, the_loop);
  reader->next = readers;
  readers = reader;
  count++;
  if (leg_accept(server, &reader->leg) != 0) {
    close_reader(reader);
    return;
  }
  if (count > MAX_READERS)
    close_oldest();
  reader->text = make_text(&len);
  if (leg_write(&reader->leg, &reader->write, reader->text, len, on_written) !=
      0)
    close_reader(reader);
}

void status_end(void) {
  reader_t* reader;

  for (reader = readers; reader != NULL; reader = reader->next)
    close_reader(reader);
}
