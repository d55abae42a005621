/*
 * The nursery over real sockets, each of whose system calls is written down and
 * may fail, and whose events may be made up.
 *
 * Words of the story:
 *
 *   open add mod del renew   a system call, with :ERROR if it was made to fail
 *   NAME:EVENTS  NAME:ERROR  a poller of that name called back; EVENTS of "rw"
 */
#ifndef HVUV_TESTS_POLL_NURSERY_RIG_LINUX_H
#define HVUV_TESTS_POLL_NURSERY_RIG_LINUX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/epoll.h>

#include "poll/poller.h"
#include "support/net.h"

#define R  UV_READABLE
#define W  UV_WRITABLE
#define RW (UV_READABLE | UV_WRITABLE)

#define SOCKS 4

/* The engine under test: not the one that the library uses. */
extern const hvuv__engine_t tapped_nursery;
int tapped_enter(hvuv__poll_shared_t* shared);
void tapped_leave(hvuv__poll_shared_t* shared);
void tapped_disown(hvuv__poll_shared_t* shared);

/* The next call of that word fails. */
void fail_next(const char* word, int err);

/* What all events have, instead of what the system reports; 0 leaves that. */
extern uint32_t made_up;

/* How often the set was asked. */
extern int looks;

typedef struct owner_s {
  const char* name;
  hvuv__poller_t* poller;
  uv_os_sock_t sock;
  uv_os_sock_t peer;
  void (*act)(struct owner_s* owner); /* when called back, once */
} owner_t;

/* a, b, c and d, each with a socket and its peer. */
extern owner_t owners[SOCKS];

extern uv_loop_t* the_loop;
extern hvuv__poll_shared_t shares; /* with a nursery */

void open_it(owner_t* owner);
void close_it(owner_t* owner);

/* The first n of them, each open and watching; the story starts after that. */
void watching(int n, int events);

/* An act. */
void close_the_other(owner_t* owner);

void speak_to(owner_t* owner);
void hear(owner_t* owner);

/* One turn of the loop, without blocking. */
void turn(void);

int nursery_up(void** state);
int nursery_down(void** state);

#define NURSERY(test)                                                          \
  cmocka_unit_test_setup_teardown(test, nursery_up, nursery_down)

#endif /* HVUV_TESTS_POLL_NURSERY_RIG_LINUX_H */
