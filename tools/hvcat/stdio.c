#include "stdio.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "stdio_os.h"

#define STDIN  0
#define STDOUT 1

/* Where an offset of -1 stands for the file's own. */
#define AT_ITS_OFFSET (-1)

/* --- Opening */

/* Sets *stream, or leaves it NULL for a file. */
static int open_one(uv_loop_t* loop,
                    uv_file fd,
                    stdio_handle_t* own,
                    uv_stream_t** stream,
                    uv_handle_type* kind) {
  int err;

  *kind = uv_guess_handle(fd);
  *stream = NULL;
  switch (*kind) {
    case UV_TTY:
      err = uv_tty_init(loop, &own->tty, fd, 0);
      break;
    case UV_NAMED_PIPE:
    case UV_TCP:
      err = uv_pipe_init(loop, &own->pipe, 0);
      if (err == 0)
        err = uv_pipe_open(&own->pipe, stdio_private(fd, fd == STDOUT));
      break;
    case UV_FILE:
      return 0;
    default:
      return UV_EINVAL;
  }
  if (err == 0)
    *stream = &own->stream;
  return err;
}

int input_open(uv_loop_t* loop, input_t* in) {
  memset(in, 0, offsetof(input_t, piece));
  in->loop = loop;
  in->fd = STDIN;
  return open_one(loop, STDIN, &in->own, &in->stream, &in->kind);
}

int output_open(uv_loop_t* loop, output_t* out) {
  memset(out, 0, sizeof(*out));
  out->loop = loop;
  out->fd = STDOUT;
  return open_one(loop, STDOUT, &out->own, &out->stream, &out->kind);
}

void input_of(uv_stream_t* stream, input_t* in) {
  memset(in, 0, offsetof(input_t, piece));
  in->loop = stream->loop;
  in->stream = stream;
  in->kind = UV_NAMED_PIPE;
}

void output_of(uv_stream_t* stream, output_t* out) {
  memset(out, 0, sizeof(*out));
  out->loop = stream->loop;
  out->stream = stream;
  out->kind = UV_NAMED_PIPE;
}

/* --- Reading */

static void has_read(input_t* in, ssize_t nread) {
  input_cb cb = in->cb;

  in->is_reading = 0;
  in->cb = NULL;
  if (in->is_closing)
    in->close_cb(in->owner);
  else if (cb == NULL)
    in->held = nread;
  else
    cb(in->owner, nread);
}

static void on_file_read(uv_fs_t* req) {
  input_t* in = req->data;
  ssize_t n = req->result;

  uv_fs_req_cleanup(req);
  if (n == 0)
    n = UV_EOF;
  if (n < 0 && !in->is_closing)
    in->held = n;
  has_read(in, n);
}

static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  input_t* in = handle->data;

  (void) suggested;
  *buf = uv_buf_init(in->piece, sizeof(in->piece));
}

static void on_read(uv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  input_t* in = stream->data;

  (void) buf;
  if (n == 0)
    return;
  uv_read_stop(stream);
  if (n < 0)
    in->held = n;
  has_read(in, n);
}

void input_read(input_t* in, input_cb cb, void* owner) {
  uv_buf_t buf = uv_buf_init(in->piece, sizeof(in->piece));

  ssize_t held = in->held;

  assert(in->cb == NULL && !in->is_closing);
  in->cb = cb;
  in->owner = owner;
  if (in->is_reading)
    return;
  in->is_reading = 1;
  if (held != 0) {
    /* The end stays what it is, however often it is read. */
    if (held > 0)
      in->held = 0;
    has_read(in, held);
    return;
  }
  if (in->stream != NULL) {
    in->stream->data = in;
    /* It fails for what is no input at all: a terminal that was only opened for
     * output, say. Then there is nothing to read. */
    if (uv_read_start(in->stream, on_alloc, on_read) != 0)
      has_read(in, UV_EOF);
    return;
  }
  in->req.data = in;
  /* With a loop and a callback these only fail for want of arguments. */
  uv_fs_read(in->loop, &in->req, in->fd, &buf, 1, AT_ITS_OFFSET, on_file_read);
}

void input_hold(input_t* in) {
  in->cb = NULL;
}

/* --- Writing */

static void has_written(output_t* out, int status) {
  output_cb cb = out->cb;

  out->cb = NULL;
  if (out->is_closing)
    out->close_cb(out->owner);
  else
    cb(out->owner, status);
}

static void on_stream_written(uv_write_t* req, int status) {
  output_t* out = req->data;

  if (!out->is_closing) /* a closed handle has its own callback */
    has_written(out, status);
}

static void on_file_written(uv_fs_t* req);

static void write_rest(output_t* out) {
  out->req.data = out;
  uv_fs_write(out->loop,
              &out->req,
              out->fd,
              &out->rest,
              1,
              AT_ITS_OFFSET,
              on_file_written);
}

static void on_file_written(uv_fs_t* req) {
  output_t* out = req->data;
  ssize_t n = req->result;

  uv_fs_req_cleanup(req);
  if (n < 0 || out->is_closing || (size_t) n == (size_t) out->rest.len) {
    has_written(out, n < 0 ? (int) n : 0);
    return;
  }
  out->rest.base += n;
  out->rest.len -= (unsigned int) n;
  write_rest(out);
}

void output_write(
    output_t* out, char* bytes, size_t nbytes, output_cb cb, void* owner) {
  int err;

  assert(out->cb == NULL && !out->is_closing && nbytes > 0);
  out->cb = cb;
  out->owner = owner;
  out->rest = uv_buf_init(bytes, (unsigned int) nbytes);
  if (out->stream == NULL) {
    write_rest(out);
    return;
  }
  out->write.data = out;
  err = uv_write(&out->write, out->stream, &out->rest, 1, on_stream_written);
  if (err != 0)
    has_written(out, err);
}

/* --- Closing */

static void on_input_closed(uv_handle_t* handle) {
  input_t* in = handle->data;

  in->close_cb(in->owner);
}

void input_close(input_t* in, stdio_close_cb cb, void* owner) {
  assert(!in->is_closing);
  in->is_closing = 1;
  in->close_cb = cb;
  in->owner = owner;
  if (in->stream != NULL) {
    in->stream->data = in;
    uv_close((uv_handle_t*) in->stream, on_input_closed);
  } else if (!in->is_reading) {
    cb(owner);
  } else {
    uv_cancel((uv_req_t*) &in->req); /* or it ends by itself */
  }
}

static void on_output_closed(uv_handle_t* handle) {
  output_t* out = handle->data;

  out->close_cb(out->owner);
}

static void end_descriptor(output_t* out) {
  if (out->fd == STDOUT)
    stdio_end_output();
}

static void on_output_ended(uv_handle_t* handle) {
  output_t* out = handle->data;

  out->stream = NULL;
  end_descriptor(out);
  if (out->is_closing)
    out->close_cb(out->owner);
}

/* Nobody waits for the end of a terminal. */
void output_end(output_t* out) {
  assert(out->cb == NULL && !out->is_closing && !out->has_ended);
  if (out->kind == UV_TTY)
    return;
  out->has_ended = 1;
  if (out->stream == NULL) {
    end_descriptor(out);
    return;
  }
  out->stream->data = out;
  uv_close((uv_handle_t*) out->stream, on_output_ended);
}

void output_close(output_t* out, stdio_close_cb cb, void* owner) {
  assert(!out->is_closing);
  out->is_closing = 1;
  out->close_cb = cb;
  out->owner = owner;
  if (out->has_ended && out->stream != NULL)
    return; /* on_output_ended() follows */
  if (out->stream != NULL) {
    out->stream->data = out;
    uv_close((uv_handle_t*) out->stream, on_output_closed);
  } else if (out->cb == NULL) {
    cb(owner);
  } else {
    uv_cancel((uv_req_t*) &out->req);
  }
}
