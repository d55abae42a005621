/*
 * The poller of poll.h, fired by hand.
 *
 * It remembers which events are wanted; a test says when they happen. As the
 * real one it passes on only what is wanted, and after an error it watches no
 * more until it is told to again.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAKE_POLLER_H
#define HVUV_TESTS_SUPPORT_FAKES_FAKE_POLLER_H

#include <uv.h>

/* For setup and teardown; the check fails the test if a poller is open. */
void fake_poller_reset(void);
void fake_poller_check(void);

/* Events (status 0) or an error (a UV_E* code, events 0) at a socket. Returns 1
 * if its owner was told, 0 if it did not want that. */
int fake_poller_fire(uv_os_sock_t sock, int status, int events);

/* Fires at every socket that wants something what it wants. Returns at how
 * many. */
int fake_poller_pump(void);

/* The events wanted at a socket; -1 if it has no poller. */
int fake_poller_wanted(uv_os_sock_t sock);

/* Has the next opening answer err. */
void fake_poller_fail_open(int err);

/* Has the next `times` watchings for some event answer err. */
void fake_poller_fail_watch(int err, int times);

/* How often a watching changed what is wanted: each may be a system call. */
int fake_poller_changes(void);

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAKE_POLLER_H */
