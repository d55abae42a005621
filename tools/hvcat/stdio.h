/*
 * Standard input and output of whatever kind, a piece at a time.
 *
 *   kind                              read and written by
 *   terminal, console                 uv_tty_t, which opens it anew
 *   pipe, socket                      uv_pipe_t, of a description of our own
 *                                     where the system can make one, so that a
 *                                     shell's pipe stays blocking (stdio_os.h)
 *   file, /dev/null, /dev/full        libuv's thread pool
 *   a stream of the program's own     input_of(), output_of(): a child's pipe
 *
 * One piece is under way in each: what was read is consumed before more is
 * asked for, so memory is bounded by the buffer, whatever either side does. A
 * read and a write of a file cannot be taken back; closing waits for them.
 */
#ifndef HVUV_TOOLS_STDIO_H
#define HVUV_TOOLS_STDIO_H

#include <uv.h>

/* One piece. A pipe of Linux holds as much. */
#define PIECE_BYTES 65536

typedef union stdio_handle_u {
  uv_handle_t any;
  uv_stream_t stream;
  uv_pipe_t pipe;
  uv_tty_t tty;
} stdio_handle_t;

/* nread: bytes in `piece`; UV_EOF; or an error, after which there is no
 * more. */
typedef void (*input_cb)(void* owner, ssize_t nread);
typedef void (*output_cb)(void* owner, int status);
typedef void (*stdio_close_cb)(void* owner);

typedef struct input_s {
  uv_loop_t* loop;
  uv_stream_t* stream; /* NULL: a file */
  stdio_handle_t own;
  uv_fs_t req;
  uv_file fd;
  uv_handle_type kind;
  void* owner;
  input_cb cb; /* NULL: what comes is held */
  stdio_close_cb close_cb;
  ssize_t held;   /* what came while nobody wanted it; 0: nothing */
  int is_reading; /* a piece is under way */
  int is_closing;
  char piece[PIECE_BYTES];
} input_t;

typedef struct output_s {
  uv_loop_t* loop;
  uv_stream_t* stream;
  stdio_handle_t own;
  uv_fs_t req;
  uv_write_t write;
  uv_file fd;
  uv_handle_type kind;
  void* owner;
  output_cb cb;
  stdio_close_cb close_cb;
  int has_ended;
  int is_closing;
  uv_buf_t rest;
} output_t;

/* Open standard input and output. Return 0, or why not; then there is nothing
 * to close. */
int input_open(uv_loop_t* loop, input_t* in);
int output_open(uv_loop_t* loop, output_t* out);

/* The same of a stream that is open; it is closed with it. */
void input_of(uv_stream_t* stream, input_t* in);
void output_of(uv_stream_t* stream, output_t* out);

/* Reads one piece. One that is under way already, or was held, is it. cb may be
 * called from inside this call. */
void input_read(input_t* in, input_cb cb, void* owner);

/* Nobody wants the piece that is under way: it is held for the next reader. */
void input_hold(input_t* in);

/* Writes bytes, at least one, which must stay until cb. */
void output_write(
    output_t* out, char* bytes, size_t nbytes, output_cb cb, void* owner);

/* Nothing is written any more, and whoever reads it sees its end. Only where no
 * piece is under way, and once; output_close() still follows. */
void output_end(output_t* out);

/* Close, whatever is under way; its callback does not come. cb is the last, and
 * may be called from inside these calls. */
void input_close(input_t* in, stdio_close_cb cb, void* owner);
void output_close(output_t* out, stdio_close_cb cb, void* owner);

#endif /* HVUV_TOOLS_STDIO_H */
