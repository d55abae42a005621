/*
 * Listening.
 *
 *   -l         one caller; nobody else is let in
 *   -l -k      one after another, all with the same standard input and output:
 *              who comes next waits, and gets what of the input is left
 *   -l -e      a command for one caller;  -l -k -e  for each, all at once
 */
#include <stdlib.h>

#include "hvcat.h"
#include "report.h"

static hvuv_stream_t server;
static int is_open; /* the server */
static int is_busy; /* with a caller, who has cat.stream */
static int waiting; /* callers that the listener has reported */

static void take_next(void);

void listen_end(void) {
  if (is_open && !hvuv_is_closing(&server))
    hvuv_close(&server, NULL);
  if (is_busy && cat.talk.cb != NULL)
    talk_cancel(&cat.talk);
}

/* Nobody else will be let in. */
static void close_server(void) {
  if (!hvuv_is_closing(&server))
    hvuv_close(&server, NULL);
}

static void on_talk_over(talk_t* talk, int status) {
  (void) talk;
  is_busy = 0;
  if (!cat.settings.keeps)
    cat_end(status != 0);
  else if (!cat.is_ending)
    take_next();
}

static void on_command_over(int code) {
  if (!cat.settings.keeps)
    cat_end(code);
}

/* Accepts a caller into a stream, which is closed if that fails. */
static int accept_into(hvuv_stream_t* stream) {
  int err = hvuv_accept(&server, stream);

  if (report(&hvcat, HVUV_STEP_ACCEPT, &cat.settings.addr, err) != 0) {
    if (!cat.settings.keeps)
      cat_end(1);
    return err;
  }
  cat_note(stream, "called");
  if (!cat.settings.keeps)
    close_server();
  return 0;
}

static void talk(void) {
  is_busy = 1;
  talk_start(
      &cat.talk, &cat.settings, &cat.stream, &cat.in, &cat.out, on_talk_over);
}

static void on_refused_closed(hvuv_stream_t* stream) {
  (void) stream;
  is_busy = 0;
  if (!cat.is_ending)
    take_next();
}

static void take_for_talk(void) {
  if (hvuv_init(cat.loop, &cat.stream) != 0)
    abort(); /* Out of memory. */
  if (accept_into(&cat.stream) == 0) {
    talk();
    return;
  }
  is_busy = 1;
  hvuv_close(&cat.stream, on_refused_closed);
}

static void take_for_command(void) {
  child_t* child = exec_new(on_command_over);

  if (hvuv_init(cat.loop, exec_stream(child)) != 0)
    abort(); /* Out of memory. */
  if (accept_into(exec_stream(child)) == 0)
    exec_start(child, exec_stream(child));
  else
    exec_drop(child);
}

static void take_next(void) {
  while (waiting > 0 && !is_busy && !cat.is_ending) {
    waiting--;
    if (cat.settings.command != NULL)
      take_for_command();
    else
      take_for_talk();
  }
}

static void on_connection(hvuv_stream_t* listener, int status) {
  (void) listener;
  if (report(&hvcat, HVUV_STEP_ACCEPT, &cat.settings.addr, status) != 0)
    return;
  waiting++;
  take_next();
}

static void print_address(void) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);
  hvuv_addr_t bound;

  if (!cat.settings.is_verbose || hvuv_getsockname(&server, &bound) != 0 ||
      hvuv_addr_format(&bound, text, &size) != 0)
    return;
  fprintf(stderr, "hvcat: listening on %s\n", text);
}

void listen_start(void) {
  const hvuv_addr_t* addr = &cat.settings.addr;
  int err;

  if (cat.settings.command == NULL && cat_open_stdio() != 0) {
    cat_end(1);
    return;
  }
  if (report(&hvcat, HVUV_STEP_BIND, addr, hvuv_init(cat.loop, &server)) != 0) {
    cat_end(1);
    return;
  }
  is_open = 1;
  err = report(&hvcat, HVUV_STEP_BIND, addr, hvuv_bind(&server, addr));
  if (err == 0)
    err = report(&hvcat,
                 HVUV_STEP_LISTEN,
                 addr,
                 hvuv_listen(&server, SOMAXCONN, on_connection));
  if (err != 0)
    cat_end(1);
  else
    print_address();
}
