/*
 * hvforward, with a caller and an upstream of the test's, which echoes:
 *
 *   caller -- TCP --> hvforward ... hvforward -- TCP --> upstream
 */
#ifndef HVUV_TESTS_TOOLS_FORWARD_RIG_H
#define HVUV_TESTS_TOOLS_FORWARD_RIG_H

#include "support/net.h"
#include "support/process.h"

#define MIB        ((size_t) 1 << 20)
#define TIMEOUT_MS 30000

typedef struct talk_s {
  uv_os_sock_t caller;
  uv_os_sock_t server;
  size_t size;
  size_t sent;
  size_t received;
  size_t wrong;
  int sent_end;
  int got_end;
  char echo[65536];
  size_t echo_len;
  size_t echo_sent;
  int echo_end;
} talk_t;

extern const char* rig_path; /* of hvforward */
extern uv_os_sock_t rig_upstream;
extern char rig_url[32]; /* of the upstream */

int rig_setup(void** state);
int rig_teardown(void** state);
void rig_stop_listening(void);

/* Starts hvforward with these arguments, the last of which is NULL, and waits until
 * all its pairs are open. */
void rig_start(process_t* process, const char* const arguments[]);

/* Where it listens behind `heading` and "tcp://127.0.0.1:". */
struct sockaddr_in rig_name(const process_t* process, const char* heading);

/* Asks it to end: it exits with 0, and `told` is on its standard error, or nothing
 * if that is "". */
void rig_stop(process_t* process, const char* told);

uv_os_sock_t rig_call(const struct sockaddr_in* name);

/* Calls, and is taken by the upstream. */
void rig_begin(talk_t* talk, const struct sockaddr_in* name, size_t size);

/* The caller sends all and ends; it comes back, and then the end. With `at_once`
 * the two ends may come in any order. */
void rig_converse(talk_t* talk, int at_once);
void rig_hang_up(talk_t* talk);

/* Whoever calls here is hung up on; closes it. */
void rig_expect_hung_up(uv_os_sock_t caller);

#endif /* HVUV_TESTS_TOOLS_FORWARD_RIG_H */
