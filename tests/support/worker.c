/* What a worker does. How it is started, and talked to, is in worker_*.c. */
#include "worker.h"

#include <stdlib.h>
#include <string.h>

#include <hvuv.h>

#define ALARM_S 60

static hvuv_stream_t listener;
static int listening;
static hvuv_stream_t guest;
static int outcome;
static int is_done;

static void answer(const char* text) {
  printf("%s\n", text);
  fflush(stdout);
}

static void answer_code(int err) {
  answer(err == 0 ? "ok" : uv_err_name(err));
}

/* The loop only has to turn; do_accept() looks for itself. */
static void on_connection(hvuv_stream_t* server, int status) {
  (void) server;
  (void) status;
}

static void on_connect(hvuv_connect_t* req, int status) {
  (void) req;
  outcome = status;
  is_done = 1;
}

/* What closes holds the loop until it has; a listener would hold it longer. */
static void close_and_run(uv_loop_t* loop, hvuv_stream_t* stream) {
  int held;

  held = listening && stream != &listener;
  if (held)
    hvuv_unref(&listener);
  hvuv_close(stream, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  if (held)
    hvuv_ref(&listener);
}

static void do_bind(uv_loop_t* loop, const char* text) {
  hvuv_addr_t addr;
  int err;

  err = hvuv_addr_parse(text, &addr);
  if (err == 0)
    err = hvuv_init(loop, &listener);
  if (err == 0) {
    err = hvuv_bind(&listener, &addr);
    if (err == 0)
      err = hvuv_listen(&listener, SOMAXCONN, on_connection);
    listening = err == 0;
    if (err != 0)
      close_and_run(loop, &listener);
  }
  answer_code(err);
}

static int accept_one(uv_loop_t* loop) {
  int err;

  err = hvuv_init(loop, &guest);
  if (err != 0)
    return err;
  while ((err = hvuv_accept(&listener, &guest)) == UV_EAGAIN)
    uv_run(loop, UV_RUN_ONCE);
  return err;
}

static void do_accept(uv_loop_t* loop) {
  char text[HVUV_ADDR_STRLEN];
  size_t size;
  hvuv_addr_t peer;
  int err;

  err = accept_one(loop);
  if (err == 0)
    err = hvuv_getpeername(&guest, &peer);
  size = sizeof(text);
  if (err == 0)
    err = hvuv_addr_format(&peer, text, &size);
  answer(err == 0 ? text : uv_err_name(err));
  close_and_run(loop, &guest);
}

static void do_call(uv_loop_t* loop, const char* text) {
  hvuv_stream_t stream;
  hvuv_connect_t req;
  hvuv_addr_t addr;
  int err;

  err = hvuv_addr_parse(text, &addr);
  if (err == 0)
    err = hvuv_init(loop, &stream);
  if (err != 0) {
    answer_code(err);
    return;
  }

  outcome = hvuv_connect(&req, &stream, &addr, on_connect);
  is_done = outcome != 0;
  while (!is_done)
    uv_run(loop, UV_RUN_ONCE);
  answer_code(outcome);
  close_and_run(loop, &stream);
}

static void do_close(uv_loop_t* loop) {
  if (listening)
    close_and_run(loop, &listener);
  listening = 0;
  answer("ok");
}

static void obey(uv_loop_t* loop, char* line) {
  unsigned long long when;

  line[strcspn(line, "\r\n")] = '\0';
  when = strtoull(line, &line, 10);
  while (uv_hrtime() < when)
    worker_yield();

  line += *line == ' ';
  if (strncmp(line, "bind ", 5) == 0)
    do_bind(loop, line + 5);
  else if (strncmp(line, "call ", 5) == 0)
    do_call(loop, line + 5);
  else if (strcmp(line, "accept") == 0)
    do_accept(loop);
  else if (strcmp(line, "close") == 0)
    do_close(loop);
  else
    answer("what?");
}

void worker_main(int argc, char** argv) {
  uv_loop_t loop;
  char line[512];
  int err;

  if (argc != 2 || strcmp(argv[1], WORKER_ARGUMENT) != 0)
    return;

  if (uv_loop_init(&loop) != 0)
    abort();
  while (fgets(line, sizeof(line), stdin) != NULL) {
    worker_alarm(ALARM_S); /* Nobody would end it if its test were gone. */
    obey(&loop, line);
    worker_alarm(0);
  }
  if (listening)
    close_and_run(&loop, &listener);
  err = uv_loop_close(&loop);
  exit(err == 0 ? 0 : 1);
}
