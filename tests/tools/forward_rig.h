/*
 * hvforward, with a caller and an upstream of the test's, which echoes:
 *
 *   caller -- TCP --> hvforward ... hvforward -- TCP --> upstream
 */
#ifndef HVUV_TESTS_TOOLS_FORWARD_RIG_H
#define HVUV_TESTS_TOOLS_FORWARD_RIG_H

#include "support/echoed.h"
#include "support/process.h"

#define MIB        ((size_t) 1 << 20)
#define TIMEOUT_MS 30000

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

#endif /* HVUV_TESTS_TOOLS_FORWARD_RIG_H */
