/*
 * Clients whose callbacks write the story (trace.h), over fakes or on real
 * sockets. A client is a block of its own that its close callback frees, so
 * that a sanitizer sees whoever touches it later. A callback that runs inside
 * hvuv_client_connect() or hvuv_client_close() adds the word INSIDE, one after
 * the close callback LATE.
 *
 * Words:
 *
 *   attempt2:STATUS        an attempt, the second; 0: connected
 *   last3:STATUS           one that is the last
 *   open message:N end close:REASON   the protocol's, which sends back what
 *                          it is told
 *   done:STATUS  closed    the client's
 */
#ifndef HVUV_TESTS_SUPPORT_RIGS_CLIENT_RIG_H
#define HVUV_TESTS_SUPPORT_RIGS_CLIENT_RIG_H

#include "hvuv.h"

/* In each test's setup; and in its teardown, which fails if a client is left.
 */
void client_rig_up(uv_loop_t* loop);
void client_rig_down(void);

/* The options that the next client gets: the defaults without jitter
 * and times, but for the delays. */
hvuv_client_options_t* client_rig_options(void);

/* The protocol of the next connect. */
hvuv_protocol_t* client_rig_protocol(void);

/* A client with these options; NULL if that failed, with the word
 * "init:ERROR". */
hvuv_client_t* client_rig_new(void);

int client_rig_connect(hvuv_client_t* client, const char* addr);
void client_rig_close(hvuv_client_t* client);

/* The next callback of this name ("attempt" stands for "last" too) does this
 * after it has written its word; client_rig_close() is such an act. */
typedef void (*client_rig_act)(hvuv_client_t* client);
void client_rig_on(const char* name, client_rig_act act);

/* A flag that becomes 1 when the next callback of this name has run. */
const int* client_rig_flag(const char* name);

/* How often a callback of this name has run. */
int client_rig_count(const char* name);

/* The last attempt that was told. */
const hvuv_attempt_t* client_rig_attempt(void);

/* Milliseconds until the loop's alarms ring: the first of those that will; -1
 * if there is none. Only while the loop does not run. */
int64_t client_rig_due(void);

/* The same alarm rings in the next turn. */
void client_rig_hurry(void);

#endif /* HVUV_TESTS_SUPPORT_RIGS_CLIENT_RIG_H */
