#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forward_rig.h"
#include "support/endpoint.h"

#define HOST "tcp://127.0.0.1:"

const char* rig_path;
uv_os_sock_t rig_upstream;
char rig_url[32];

static int descriptors;

int rig_setup(void** state) {
  struct sockaddr_in name;

  (void) state;
  descriptors = endpoint_count_sockets();
  endpoint_open();
  if (net_tcp_listen(&rig_upstream, &name) != 0)
    return -1;
  snprintf(rig_url, sizeof(rig_url), HOST "%d", ntohs(name.sin_port));
  return 0;
}

void rig_stop_listening(void) {
  if (rig_upstream != NET_NONE)
    net_close(rig_upstream);
  rig_upstream = NET_NONE;
}

int rig_teardown(void** state) {
  (void) state;
  process_end_all();
  rig_stop_listening();
  endpoint_close();
  return endpoint_count_sockets() == descriptors ? 0 : -1;
}

/* --- hvforward */

void rig_start(process_t* process, const char* const arguments[]) {
  const char* argv[PROCESS_ARGS_MAX + 1] = {rig_path};
  char last[80];
  int i;

  for (i = 0; arguments[i] != NULL; i++)
    argv[i + 1] = arguments[i];
  argv[i + 1] = NULL;
  snprintf(last, sizeof(last), " to %s\n", arguments[i - 1]);
  process_start(process, argv);
  if (!process_await(process, last)) {
    process_finish(process);
    fail_msg("it does not forward: %s", process->told);
  }
}

struct sockaddr_in rig_name(const process_t* process, const char* heading) {
  struct sockaddr_in name;
  const char* at = strstr(process->said, heading);

  assert_non_null(at);
  at = strstr(at, HOST);
  assert_non_null(at);
  assert_int_equal(uv_ip4_addr("127.0.0.1", atoi(at + strlen(HOST)), &name), 0);
  return name;
}

/* Nothing, or that a call was just about to end. */
static int is_quiet(const char* told) {
  return *told == '\0' ||
         (strstr(told, "stopping; ") != NULL && strchr(told, '\n')[1] == '\0');
}

void rig_stop(process_t* process, const char* told) {
  process_signal(process, SIGTERM);
  assert_int_equal(process_finish(process), 0);
  if (strstr(process->told, told) == NULL ||
      (*told == '\0' && !is_quiet(process->told)))
    fail_msg("\"%s\" is not what it told: %s", told, process->told);
}
