#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "holder.h"

#define DESCRIPTORS 1024

int holder_is_possible(void) {
  return 1;
}

/* Of a process with threads: only what a signal handler may do. */
static void hold(int sock) {
  int fd;

  for (fd = 0; fd < DESCRIPTORS; fd++)
    if (fd != sock)
      close(fd);
  alarm(60);
  for (;;)
    pause();
}

int holder_start(uv_os_sock_t sock) {
  pid_t pid;

  if (sock >= DESCRIPTORS)
    abort();
  pid = fork();
  if (pid == -1) {
    perror("fork");
    abort();
  }
  if (pid == 0)
    hold(sock);
  return pid;
}

void holder_kill(int pid) {
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
}
