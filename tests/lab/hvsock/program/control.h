/* Commands while the machine runs: lines that others write into a FIFO. */
#ifndef HVSOCK_PROGRAM_CONTROL_H
#define HVSOCK_PROGRAM_CONTROL_H

#include <stddef.h>

#include <uv.h>

#define CONTROL_LINE_BYTES 64

typedef struct control_s {
  uv_pipe_t pipe;
  size_t used;
  char line[CONTROL_LINE_BYTES]; /* longer ones are unknown commands */
  char buffer[CONTROL_LINE_BYTES];
  void (*on_line)(void* context, const char* line);
  void* context;
} control_t;

/* Makes the FIFO if there is none and reads it. Returns 0 or what is wrong. */
int control_open(control_t* control,
                 uv_loop_t* loop,
                 const char* path,
                 void (*on_line)(void* context, const char* line),
                 void* context);

/* The handle closes in the loop's next turn. */
void control_close(control_t* control);

#endif /* HVSOCK_PROGRAM_CONTROL_H */
