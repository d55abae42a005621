/*
 * A thread for each connection, which blocks in recv and in send: no loop, and
 * the kernel's scheduler in its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* A thread's buffer is not on it. */
#define STACK_BYTES 32768

static size_t piece_bytes;
static atomic_uint to_hang_up;
static sem_t all_have;

static void reply(int fd, const char* bytes, size_t len) {
  size_t piece;
  ssize_t n;

  for (; len > 0; len -= (size_t) n) {
    piece = len < piece_bytes ? len : piece_bytes;
    n = send(fd, bytes, piece, MSG_NOSIGNAL);
    if (n < 0)
      die("blocking: send: %s", strerror(errno));
    bytes += n;
  }
}

static void* echo(void* arg) {
  int fd = (int) (intptr_t) arg;
  char* buffer;
  ssize_t n;

  buffer = malloc(READ_BYTES);
  if (buffer == NULL)
    die("blocking: no memory");
  while ((n = recv(fd, buffer, READ_BYTES, 0)) > 0)
    reply(fd, buffer, (size_t) n);
  if (n < 0)
    die("blocking: recv: %s", strerror(errno));
  free(buffer);
  close(fd);
  if (atomic_fetch_sub(&to_hang_up, 1) == 1)
    sem_post(&all_have);
  return NULL;
}

static size_t stack_bytes(void) {
  long least;

  least = sysconf(_SC_THREAD_STACK_MIN);
  return least > STACK_BYTES ? (size_t) least : STACK_BYTES;
}

void serve_blocking(const job_t* job) {
  pthread_attr_t attr;
  pthread_t thread;
  unsigned int i;
  int err;
  int fd;

  piece_bytes = job->bytes;
  to_hang_up = job->connections;
  sem_init(&all_have, 0, 0);
  fcntl(job->listener, F_SETFL, 0);
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attr, stack_bytes());
  for (i = 0; i < job->connections; i++) {
    fd = accept4(job->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd == -1)
      die("blocking: accept: %s", strerror(errno));
    err = pthread_create(&thread, &attr, echo, (void*) (intptr_t) fd);
    if (err != 0)
      die("blocking: pthread_create: %s", strerror(err));
  }
  pthread_attr_destroy(&attr);
  close(job->listener);
  while (sem_wait(&all_have) != 0)
    continue;
}
