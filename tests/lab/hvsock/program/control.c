#include "program/control.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void take_byte(control_t* control, char byte) {
  assert(control->used < CONTROL_LINE_BYTES);
  if (byte != '\n') {
    if (control->used < CONTROL_LINE_BYTES - 1)
      control->line[control->used++] = byte;
    return;
  }
  control->line[control->used] = '\0';
  control->used = 0;
  control->on_line(control->context, control->line);
}

static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  control_t* control = handle->data;

  (void) suggested;
  *buf = uv_buf_init(control->buffer, sizeof(control->buffer));
}

static void on_read(uv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  control_t* control = stream->data;
  ssize_t i;

  for (i = 0; i < nread; i++)
    take_byte(control, buf->base[i]);
  if (nread < 0)
    uv_read_stop(stream);
}

static int open_fifo(const char* path) {
  int fd;

  if (mkfifo(path, 0600) != 0 && errno != EEXIST)
    return uv_translate_sys_error(errno);
  /* For writing too: so there is no end of file when a writer has gone. */
  fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  return fd < 0 ? uv_translate_sys_error(errno) : fd;
}

int control_open(control_t* control,
                 uv_loop_t* loop,
                 const char* path,
                 void (*on_line)(void* context, const char* line),
                 void* context) {
  int fd = open_fifo(path), err;

  if (fd < 0)
    return fd;
  control->used = 0;
  control->on_line = on_line;
  control->context = context;
  err = uv_pipe_init(loop, &control->pipe, 0);
  assert(err == 0);
  control->pipe.data = control;
  err = uv_pipe_open(&control->pipe, fd);
  if (err != 0)
    close(fd);
  else
    err = uv_read_start((uv_stream_t*) &control->pipe, on_alloc, on_read);
  if (err != 0)
    control_close(control);
  return err;
}

void control_close(control_t* control) {
  uv_close((uv_handle_t*) &control->pipe, NULL);
}
