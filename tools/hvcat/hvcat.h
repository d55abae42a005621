/*
 * The program: it connects or listens, and has one conversation, or one after
 * another, or a command for each.
 *
 *   main.c -- settings --> connect.c --+--> talk.c <--> stdio.c
 *                          listen.c ---+--> exec.c
 *
 * cat_end() ends it, from anywhere, once; the loop then runs out.
 */
#ifndef HVUV_TOOLS_HVCAT_H
#define HVUV_TOOLS_HVCAT_H

#include "settings.h"
#include "stdio.h"
#include "talk.h"

typedef struct cat_s {
  settings_t settings;
  uv_loop_t* loop;
  int code; /* to exit with */
  int is_ending;
  int has_input;        /* input and output are open */
  hvuv_stream_t stream; /* the one that connects, or talks */
  talk_t talk;
  input_t in;
  output_t out;
} cat_t;

extern cat_t cat;

/* Start what was asked for; a failure is reported and ends the program. */
void connect_start(void);
void listen_start(void);

/* Opens standard input and output, if that was not done. Returns 0, or an error
 * that was reported. */
int cat_open_stdio(void);

/* Ends the program with this code, or the one that it has if that is not 0. */
void cat_end(int code);

/* What they close when the program ends. */
void connect_end(void);
void listen_end(void);

/* A command for a connected stream, which is taken over: exec_stream(), into
 * which a caller was accepted, or another one, whose memory then stays. cb is
 * the last, with the command's exit code. exec_drop() is for a child that has
 * no caller. */
typedef struct child_s child_t;
typedef void (*exec_cb)(int code);
child_t* exec_new(exec_cb cb);
hvuv_stream_t* exec_stream(child_t* child);
void exec_start(child_t* child, hvuv_stream_t* connected);
void exec_drop(child_t* child);

/* Says on standard error, with -v, what has happened to whom. */
void cat_note(const hvuv_stream_t* stream, const char* what);

#endif /* HVUV_TOOLS_HVCAT_H */
