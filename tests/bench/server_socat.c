/*
 * socat for each connection, as inetd would start it: the listening socket is
 * the bench's, and socat joins one connection with a pipe whose other end is
 * its own. That works with every socat and every kind of socket; ACCEPT-FD,
 * which would have socat itself accept, is not in the versions before 1.8.
 *
 * Its blocks are of 4,096 bytes, what a pipe that polls as writable is sure to
 * take: with larger ones socat can wait for room in the pipe that only it
 * could make.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* Where socat finds its connection. */
#define CONNECTION 4

_Noreturn static void become_socat(const char* path, int fd) {
  if (fd == CONNECTION)
    fcntl(fd, F_SETFD, 0);
  else
    dup2(fd, CONNECTION);
  execl(path, "socat", "-b", "4096", "FD:4", "PIPE", (char*) NULL);
  _exit(127);
}

static void wait_for_all(void) {
  int status;

  while (wait(&status) != -1 || errno == EINTR)
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
      die("socat has failed (status %#x)", (unsigned int) status);
}

void serve_socat(const job_t* job) {
  static char path[4200];
  unsigned int i;
  pid_t pid;
  int fd;

  if (program_find("socat", path, sizeof(path)) != 0)
    die("there is no socat");
  fcntl(job->listener, F_SETFL, 0);
  fcntl(job->listener, F_SETFD, FD_CLOEXEC);
  for (i = 0; i < job->connections; i++) {
    fd = accept4(job->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd == -1)
      die("socat: accept: %s", strerror(errno));
    pid = fork();
    if (pid == -1)
      die("socat: fork: %s", strerror(errno));
    if (pid == 0)
      become_socat(path, fd);
    close(fd);
  }
  close(job->listener);
  wait_for_all();
}
