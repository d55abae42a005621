/*
 * A command for each call.
 *
 *   leg --- socket pair --- child: sh -c COMMAND, or cmd.exe's
 *
 * The call is over when its streams are; what becomes of the process is
 * child.h's matter.
 */
#include <stdio.h>

#include "child.h"
#include "dial.h"
#include "hvforward.h"
#include "system.h"

static int exec_parse(place_t* place, char* why, size_t size) {
  if (place->rest[0] != '\0')
    return 0;
  snprintf(why,
           size,
           "\"%.80s\": has no command: exec:COMMAND is needed.",
           place->text);
  return UV_EINVAL;
}

static void on_next_turn(uv_timer_t* timer) {
  dial_attempted(timer->data, 0);
}

static int exec_connect(dial_t* dial) {
  uv_os_sock_t ours;
  uv_os_sock_t theirs;
  int err = system_pair(&ours, &theirs);

  if (err != 0)
    return err;
  err = hvuv_open(&dial->leg->u.hvuv, ours);
  if (err != 0) {
    system_close_socket(ours);
    system_close_socket(theirs);
    return err;
  }
  err = child_start(dial->timer.loop, dial->to, theirs);
  if (err == 0)
    uv_timer_start(&dial->timer, on_next_turn, 0, 0);
  return err;
}

static void exec_explain(
    const place_t* place, hvuv_step_t step, int err, char* text, size_t size) {
  (void) place;
  (void) step;
  if (err == UV_EMFILE || err == UV_ENFILE)
    snprintf(text,
             size,
             "There are no descriptors left: lower --max-calls, or raise the "
             "limit (ulimit -n).");
  else if (err == UV_EAGAIN || err == UV_ENOMEM)
    snprintf(text,
             size,
             "No process can be made: lower --max-calls, or raise the limit "
             "(ulimit -u).");
  else
    snprintf(text, size, "See what the command reports on standard error.");
}

static int exec_may_pass(const place_t* place, int err) {
  (void) place;
  return err == UV_EAGAIN || err == UV_ENOMEM || err == UV_EMFILE;
}

const kind_t kind_exec = {.scheme = "exec:",
                          .form = "exec:COMMAND",
                          .connects_as = LEG_HVUV,
                          .times_itself = 1,
                          .parse = exec_parse,
                          .connect = exec_connect,
                          .print = place_print_text,
                          .explain = exec_explain,
                          .may_pass = exec_may_pass};
