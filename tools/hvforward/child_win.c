/*
 * Programs on Windows expect pipes, and few take a socket:
 *
 *   the call's leg === socket === inside --on_said--> to   --> cmd.exe
 *                                 inside <--on_answer-- from <-- COMMAND
 *
 *   what ended                what follows
 *   what the caller says      the command's input ends
 *   the command's output      the answer ends. What the caller still says is
 *                             thrown away; when it goes on with that for longer
 *                             than PATIENCE_MS it is told, by a reset, which
 *                             may overtake the answer and so has to wait
 *   the command takes no      the same, once its output has ended
 *   more input
 *   the socket fails          both pipes close; the process may go on
 *
 * A piece each way is under way at most, so memory is bounded.
 */
#include "child.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "hvforward.h"
#include "report.h"
#include "shell_win.h"
#include "system.h"

#define PIECE_BYTES 65536
#define PATIENCE_MS 2000

/* What cmd.exe ends with when there is no such command, where it says so. */
#define NOT_FOUND 9009

typedef struct child_s {
  const place_t* place;
  struct child_s* next;
  int open; /* how many of the five handles have not closed */
  uv_process_t process;
  uv_pipe_t to;
  uv_pipe_t from;
  uv_timer_t patience;
  hvuv_stream_t inside;
  uv_write_t say;
  hvuv_write_t answer;
  hvuv_shutdown_t shutdown;
  unsigned int throws_away : 1; /* the caller lost bytes */
  unsigned int is_impatient : 1;
  unsigned int said_all : 1;
  unsigned int answered_all : 1;
  char said[PIECE_BYTES];
  char answered[PIECE_BYTES];
} child_t;

static child_t* children;

/* --- The end */

static void on_part_closed(child_t* child) {
  child_t** link = &children;

  assert(child->open > 0);
  if (--child->open != 0)
    return;
  while (*link != child)
    link = &(*link)->next;
  *link = child->next;
  free(child);
}

static void on_closed(uv_handle_t* handle) {
  on_part_closed(handle->data);
}

static void on_inside_closed(hvuv_stream_t* inside) {
  on_part_closed(inside->data);
}

static void close_part(uv_handle_t* handle) {
  if (!uv_is_closing(handle))
    uv_close(handle, on_closed);
}

/* All but the process, which may go on. */
static void hang_up(child_t* child, int with_reset) {
  close_part((uv_handle_t*) &child->to);
  close_part((uv_handle_t*) &child->from);
  close_part((uv_handle_t*) &child->patience);
  if (hvuv_is_closing(&child->inside))
    return;
  if (!with_reset || hvuv_close_reset(&child->inside, on_inside_closed) != 0)
    hvuv_close(&child->inside, on_inside_closed);
}

static void hang_up_if_due(child_t* child) {
  if (child->answered_all && child->said_all)
    hang_up(child, 0);
  else if (child->is_impatient && child->throws_away)
    hang_up(child, 1);
}

static void on_ended(uv_process_t* process, int64_t status, int signal) {
  child_t* child = process->data;

  (void) signal;
  if (status == NOT_FOUND)
    report_meaning(&hvforward,
                   "run",
                   child->place->text,
                   UV_ENOENT,
                   "The shell did not find it, or may not run it.");
  close_part((uv_handle_t*) process);
}

/* --- What the caller says */

static void listen_on(child_t* child);

/* It is read on, else nobody would learn of the caller's end. */
static void take_no_more(child_t* child) {
  child->throws_away = 1;
  close_part((uv_handle_t*) &child->to);
  hang_up_if_due(child);
}

static void on_passed(uv_write_t* req, int status) {
  child_t* child = req->data;

  if (hvuv_is_closing(&child->inside))
    return;
  if (status != 0)
    take_no_more(child);
  listen_on(child);
}

static void pass_on(child_t* child, uv_buf_t buf) {
  if (uv_is_closing((uv_handle_t*) &child->to)) {
    take_no_more(child);
    return;
  }
  hvuv_read_stop(&child->inside);
  child->say.data = child;
  if (uv_write(&child->say, (uv_stream_t*) &child->to, &buf, 1, on_passed) !=
      0) {
    take_no_more(child);
    listen_on(child);
  }
}

static void on_said(hvuv_stream_t* inside, ssize_t n, const uv_buf_t* buf) {
  child_t* child = inside->data;

  if (n > 0) {
    pass_on(child, uv_buf_init(buf->base, (unsigned int) n));
  } else if (n == UV_EOF) {
    child->said_all = 1;
    close_part((uv_handle_t*) &child->to);
    hang_up_if_due(child);
  } else if (n < 0) {
    hang_up(child, 0);
  }
}

static void on_said_alloc(hvuv_stream_t* inside,
                          size_t suggested,
                          uv_buf_t* buf) {
  child_t* child = inside->data;

  (void) suggested;
  *buf = uv_buf_init(child->said, sizeof(child->said));
}

static void listen_on(child_t* child) {
  if (!hvuv_is_closing(&child->inside) &&
      hvuv_read_start(&child->inside, on_said_alloc, on_said) != 0)
    hang_up(child, 1);
}

/* --- What the command answers */

static void on_answer(uv_stream_t* from, ssize_t n, const uv_buf_t* buf);

static void on_answer_alloc(uv_handle_t* from,
                            size_t suggested,
                            uv_buf_t* buf) {
  child_t* child = from->data;

  (void) suggested;
  *buf = uv_buf_init(child->answered, sizeof(child->answered));
}

static void on_answer_sent(hvuv_write_t* req, int status) {
  child_t* child = req->data;

  if (hvuv_is_closing(&child->inside))
    return;
  if (status != 0 ||
      uv_read_start((uv_stream_t*) &child->from, on_answer_alloc, on_answer) !=
          0)
    hang_up(child, 1);
}

static void on_patience(uv_timer_t* timer) {
  child_t* child = timer->data;

  child->is_impatient = 1;
  hang_up_if_due(child);
}

static void on_answered_all(hvuv_shutdown_t* req, int status) {
  child_t* child = req->data;

  if (hvuv_is_closing(&child->inside))
    return;
  if (status != 0) {
    hang_up(child, 1);
    return;
  }
  child->answered_all = 1;
  uv_timer_start(&child->patience, on_patience, PATIENCE_MS, 0);
  hang_up_if_due(child);
}

static void end_answer(child_t* child) {
  close_part((uv_handle_t*) &child->from);
  child->shutdown.data = child;
  if (hvuv_shutdown(&child->shutdown, &child->inside, on_answered_all) != 0)
    hang_up(child, 1);
}

static void on_answer(uv_stream_t* from, ssize_t n, const uv_buf_t* buf) {
  child_t* child = from->data;
  uv_buf_t piece;

  if (n < 0) {
    end_answer(child);
  } else if (n > 0) {
    uv_read_stop(from);
    piece = uv_buf_init(buf->base, (unsigned int) n);
    child->answer.data = child;
    if (hvuv_write(&child->answer, &child->inside, &piece, 1, on_answer_sent) !=
        0)
      hang_up(child, 1);
  }
}

/* --- The beginning */

static child_t* new_child(uv_loop_t* loop, const place_t* place) {
  child_t* child = calloc(1, sizeof(*child));

  if (child == NULL || hvuv_init(loop, &child->inside) != 0)
    abort();                         /* Out of memory. */
  uv_pipe_init(loop, &child->to, 0); /* Always 0, as the timer's. */
  uv_pipe_init(loop, &child->from, 0);
  uv_timer_init(loop, &child->patience);
  child->inside.data = child->process.data = child;
  child->to.data = child->from.data = child->patience.data = child;
  child->place = place;
  child->open = 5;
  child->next = children;
  children = child;
  return child;
}

static int start(child_t* child, uv_os_sock_t sock) {
  int err = hvuv_open(&child->inside, sock);

  if (err != 0) {
    system_close_socket(sock);
    child->open--; /* There is no process. */
    return err;
  }
  err = shell_spawn(child->from.loop,
                    &child->process,
                    child->place->rest,
                    &child->to,
                    &child->from,
                    on_ended);
  if (err != 0)
    close_part((uv_handle_t*) &child->process);
  else
    uv_unref((uv_handle_t*) &child->process);
  return err;
}

int child_start(uv_loop_t* loop, const place_t* place, uv_os_sock_t sock) {
  child_t* child = new_child(loop, place);
  int err = start(child, sock);

  if (err != 0) {
    hang_up(child, 0);
    return err;
  }
  listen_on(child);
  if (uv_read_start((uv_stream_t*) &child->from, on_answer_alloc, on_answer) !=
      0)
    hang_up(child, 1);
  return 0;
}

void children_end(void) {
  child_t* child;

  for (child = children; child != NULL; child = child->next) {
    hang_up(child, 1);
    if (uv_is_closing((uv_handle_t*) &child->process))
      continue;
    uv_process_kill(&child->process, SIGTERM);
    close_part((uv_handle_t*) &child->process);
  }
}
