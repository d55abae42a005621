#include "poll/epoll_linux.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>
#include <uv.h>

#include <sys/eventfd.h>

int hvuv__epoll_open(int* set) {
  int fd;

  fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd == -1)
    return uv_translate_sys_error(errno);
  *set = fd;
  return 0;
}

void hvuv__epoll_close(int set) {
  assert(set >= 0);
  close(set);
}

int hvuv__epoll_change(int set, int how, int sock, uint32_t bits, void* data) {
  struct epoll_event event;

  assert(how == EPOLL_CTL_DEL || (bits != 0 && data != NULL));
  event.events = bits;
  event.data.ptr = data;
  return epoll_ctl(set, how, sock, &event) == 0 ? 0
                                                : uv_translate_sys_error(errno);
}

int hvuv__epoll_look(int set, struct epoll_event events[], int room) {
  int n;

  n = epoll_wait(set, events, room, 0);
  return n > 0 ? n : 0;
}

/* The number stays, because a uv_poll_t knows it. */
static int put(int fd, int place) {
  int err;

  err = dup3(fd, place, O_CLOEXEC) == place ? 0 : uv_translate_sys_error(errno);
  close(fd);
  return err;
}

/* Without a descriptor for that the child is left with the parent's set, where
 * it is woken by whatever happens first. */
void hvuv__epoll_disown(int set) {
  int fd;

  fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd != -1)
    put(fd, set);
}

int hvuv__epoll_renew(int set) {
  int err;
  int fd;

  fd = -1;
  err = hvuv__epoll_open(&fd);
  return err == 0 ? put(fd, set) : err;
}
