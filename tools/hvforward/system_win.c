#include <stdio.h>
#include <string.h>

#include "system.h"

#define PIPES     "\\\\.\\pipe\\"
#define UNLIMITED 100000

int system_pipe_name(const char* text, char* name, size_t size) {
  int n = snprintf(
      name, size, "%s%s", strncmp(text, "\\\\", 2) == 0 ? "" : PIPES, text);

  return n > 0 && (size_t) n < size ? 0 : UV_ENAMETOOLONG;
}

int system_listens(int fd) {
  (void) fd;
  return UV_ENOTSUP;
}

int system_passed(const char* name, int index, int* fd) {
  (void) name;
  (void) index;
  (void) fd;
  return 0;
}

int system_peer_user(uv_os_sock_t sock, unsigned int* user, int* pid) {
  (void) sock;
  (void) user;
  (void) pid;
  return UV_ENOTSUP;
}

int system_pair(uv_os_sock_t* ours, uv_os_sock_t* theirs) {
  (void) ours;
  (void) theirs;
  return UV_ENOTSUP;
}

void system_close_socket(uv_os_sock_t sock) {
  closesocket(sock);
}

uint64_t system_most_calls(void) {
  return UNLIMITED;
}

void system_shell(const char* command, const char* args[4]) {
  args[0] = "cmd.exe";
  args[1] = "/d/s/c";
  args[2] = command;
  args[3] = NULL;
}
