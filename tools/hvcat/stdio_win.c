#include "stdio_os.h"

#include <stdio.h>

#define SHELL_ROOM 8192

uv_file stdio_private(uv_file fd, int is_output) {
  (void) is_output;
  return fd;
}

void stdio_restore(void) {
}

void stdio_end_output(void) {
}

int stdio_takes_nothing(uv_os_sock_t sock) {
  (void) sock;
  return 0;
}

int stdio_spawns_sockets(void) {
  return 0;
}

int stdio_pass(uv_os_sock_t sock) {
  (void) sock;
  return UV_ENOTSUP;
}

/* In quotes, of which /s takes off these two and no others. cmd.exe takes no
 * command as long as that. */
void stdio_shell(const char* command, const char* args[4]) {
  static char quoted[SHELL_ROOM];

  snprintf(quoted, sizeof(quoted), "\"%s\"", command);
  args[0] = "cmd.exe";
  args[1] = "/d/s/c";
  args[2] = quoted;
  args[3] = NULL;
}

int stdio_spawn(uv_loop_t* loop,
                uv_process_t* process,
                const char* command,
                uv_os_sock_t sock,
                uv_exit_cb cb) {
  (void) loop;
  (void) process;
  (void) command;
  (void) sock;
  (void) cb;
  return UV_ENOTSUP;
}

void stdio_close_socket(uv_os_sock_t sock) {
  closesocket(sock);
}
