/*
 * What a random walk (test_random_walk.c) walks over: streams, servers, clients,
 * relays and follows that keep a record of all that they are called back with.
 *
 *   OPEN ---- thing_close() ----> CLOSING ---- its callback ----> GONE
 *
 * The block that hvuv was given is freed in the callback that returns it, so a
 * sanitizer sees whoever touches it later. The record stays until the life is
 * over, and with it the count of what came too late. Callbacks record, and act
 * at random; the first thing that is wrong is kept for the body (walk.fault).
 */
#ifndef HVUV_TESTS_LOOP_WALKERS_H
#define HVUV_TESTS_LOOP_WALKERS_H

#include <stdint.h>

#include "hvuv.h"

#define HOMES 2
#define PORTS 2 /* from 5000 on; nobody listens at 4999 */

typedef enum kind_e { STREAM, SERVER, CLIENT, RELAY, FOLLOW, KINDS } kind_t;

typedef struct thing_s {
  struct thing_s* next; /* the newest first */
  kind_t kind;
  int number;
  int home;
  int era;         /* which of the loops that were made at that home */
  int is_walked;   /* the handles below it were closed by a walk */
  int is_waiting;  /* a listener with a connection to accept */
  int is_listener; /* may accept */
  int claims;      /* addresses that it listens on */
  int asked, told; /* requests */
  int last;        /* the number of the last one that was told */
  int allocs, reads;
  int is_patient;     /* a server that stops very late */
  int opened, closed; /* connections of servers and clients */
  int is_foreign;     /* a relay of which libuv has one end */
  int closes_asked, closes_told;
  hvuv_stream_t* stream; /* one of these, until it is gone */
  hvuv_server_t* server;
  hvuv_client_t* client;
  struct joint_s* joint;
  hvuv_follow_t* follow;
  hvuv_lookup_t* lookup; /* of a follow's, that is out */
} thing_t;

/* One walk's state, for the body and the callbacks. */
typedef struct walk_s {
  uv_loop_t loops[HOMES];
  int era[HOMES];
  int nhomes;
  thing_t* things;
  int nthings;
  int is_ending; /* callbacks do not act any more */
  int calling;   /* inside a function of hvuv */
  uint64_t chance;
  int nrequests;
  int nconns;
  unsigned long acts; /* steps and what callbacks did */
  char fault[160];    /* "" if there is none */
} walk_t;

extern walk_t walk;

/* Below n, by the seed. */
unsigned int below(unsigned int n);

/* A line of the script that a failure prints. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void note(const char* format, ...);
void note_print(void);

/* Keeps the first of all faults. */
void blame(const thing_t* thing, const char* what);

/* A function of hvuv that must not call back from inside. */
#define CALL(call)                                                             \
  do {                                                                         \
    walk.calling++;                                                            \
    call;                                                                      \
    walk.calling--;                                                            \
  } while (0)

/* --- Things */

/* Each makes something at a home; what fails, fails as it may. */
void make_caller(int home);
void make_listener(int home);
void make_pair(int home);
void make_server(int home);
void make_client(int home);
void make_relay(int home);
void make_follow(int home);

/* A stream that calls where nobody listens, and so is refused soon. */
thing_t* make_hopeless_caller(int home);

/* Whether somebody has closed it, or a walk what it stands on. */
int is_standing(const thing_t* thing);

/* Any that is open at that home now; NULL if there is none. */
thing_t* any_open(int home);

/* Something that may be done to an open one. */
void thing_use(thing_t* thing);
void thing_close(thing_t* thing);

/* Closes all that a loop has and that is not closing, as a program does that
 * ends: see libuv's own tests. */
void close_what_a_walk_shows(int home);

/* Whether a server at that home stops so late that only a walk has it end. */
int has_patience(int home);

/* How many at that home, of its era, are neither closing nor gone, and how many
 * of these still have their handles. */
int count_open(int home);
int count_standing(int home);

/* Of its loop, which has ended: whoever has not called back last. */
void blame_left(int home);

/* Whether any relay has an end of libuv's. */
int has_foreign(void);

/* The files of all claims, and what is wrong with any record. */
int count_claims(void);
void check_things(void);

/* The records of a home's era, at the end of its loop; -1: all. */
void forget_things(int home);

/* --- A test's own handle, that ends a run after some turns, or some time */

void stopper_start(int home);
void stopper_end(void);

/* --- What systems do in their own way */

/* Where things listen and whom they call; a port follows. */
extern const char* const walk_listen_at;
extern const char* const walk_call_at;

/* Before the first life and after the last one. */
void walk_open(void);
void walk_close(void);

/* Whether a loop may be left behind with what it has under way, and another made
 * at its address: on Windows threads of libuv's and of ours hold the address, and
 * report to whatever loop is there. */
extern const int walk_leaves_loops;

/* Has the process fail in so many seconds; 0: not any more. */
void walk_alarm(unsigned int seconds, void (*say_where)(void));

/* In a child that is forked: its exit code. -1 where there are no forks. */
int walk_fork(int (*act)(void));

#endif /* HVUV_TESTS_LOOP_WALKERS_H */
