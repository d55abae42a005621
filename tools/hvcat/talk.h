/*
 * One conversation: input to a connected stream, the stream to output.
 *
 *   input ----> piece ----> stream        in:  READING <-> SENDING --> ENDED
 *   output <--- piece <---- stream        out: RECEIVING <-> WRITING --> ENDED
 *
 *   what ended                 what follows
 *   input                      our direction ends (not with -N); on `hybrid`,
 *                              where that may end both, only when the other has
 *                              rested for a second
 *   the stream's               output ends (not where it is the next caller's
 *                              too); from a terminal, the conversation: else
 *                              input is still sent, to its end
 *   both                       the conversation
 *   the other side closed      the conversation, when no input has come for a
 *                              second either: input and output may be one
 *                              socket, whose reader learns of the end only so
 *   sending fails              what still comes is received, then it has failed
 *   receiving, output fail     it has failed, and is broken off
 *   nothing moved for -i       the same
 */
#ifndef HVUV_TOOLS_TALK_H
#define HVUV_TOOLS_TALK_H

#include <hvuv.h>

#include "settings.h"
#include "stdio.h"

typedef struct talk_s talk_t;

/* The stream has closed; the input and the output have nothing under way that
 * is the talk's. status is 0, or the first failure, which has been reported. */
typedef void (*talk_cb)(talk_t* talk, int status);

struct talk_s {
  void* data; /* the caller's */
  const settings_t* settings;
  hvuv_stream_t* stream;
  input_t* in;
  output_t* out;
  talk_cb cb;
  uv_timer_t tick;
  hvuv_write_t write;
  hvuv_shutdown_t shutdown;
  uv_buf_t rest; /* of the piece that is being sent */
  uint64_t began_ms;
  uint64_t moved_ms; /* when a byte moved last, either way */
  uint64_t bytes_sent;
  uint64_t bytes_received;
  int status;
  int open; /* the stream and the timer, until each has closed */
  unsigned int in_ended : 1;
  unsigned int out_ended : 1;
  unsigned int has_shut_down : 1;
  unsigned int is_writing : 1; /* output has a piece */
  unsigned int is_over : 1;
  char piece[PIECE_BYTES];
};

/* The stream is connected, and the talk's until cb. */
void talk_start(talk_t* talk,
                const settings_t* settings,
                hvuv_stream_t* stream,
                input_t* in,
                output_t* out,
                talk_cb cb);

/* Breaks it off; cb follows, with UV_ECANCELED if nothing failed before. */
void talk_cancel(talk_t* talk);

#endif /* HVUV_TOOLS_TALK_H */
