/* ender ADDRESS: a peer that ends as it is asked to, in the guest or on its
 * host. Each caller sends a letter, and more that some do not read; what the
 * letter says is done by a child of its own, with blocking calls:
 *
 *   E  says WORDS, ends its direction, reads to the end, closes
 *   C  says WORDS, reads all that was sent, closes
 *   U  says WORDS, closes with the rest unread
 *   K  says WORDS, is killed
 *   L  says LARGE bytes, closes at once
 *   W  says WORDS, and is killed a second later, without having read
 *   S  stands still: neither reads nor ends, for STILL_S
 *   R  reads to the end with pauses, and then says how many bytes came */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ender.h"
#include "program.h"
#include "report.h"

#define STILL_S 12

static char bytes[ENDER_LARGE];

static void say(int fd, size_t n) {
  size_t done = 0;
  ssize_t r;

  while (done < n) {
    r = write(fd, bytes + done, n - done);
    if (r <= 0)
      _exit(1);
    done += (size_t) r;
  }
}

/* Returns how many came. */
static size_t read_to_end(int fd, unsigned int pause_us) {
  static char room[65536];
  size_t sum = 0;
  ssize_t r;

  while ((r = read(fd, room, sizeof(room))) > 0) {
    sum += (size_t) r;
    usleep(pause_us);
  }
  return sum;
}

/* All that is there by now, and it was sent at once. */
static void read_what_is_there(int fd) {
  struct pollfd one = {fd, POLLIN, 0};
  char room[4096];

  while (poll(&one, 1, 200) == 1 && read(fd, room, sizeof(room)) > 0) {
  }
}

static void act(int fd, char letter) {
  char count[32];

  switch (letter) {
    case 'E':
      say(fd, ENDER_WORDS);
      shutdown(fd, SHUT_WR);
      read_to_end(fd, 0);
      return;
    case 'C':
      read_what_is_there(fd);
      say(fd, ENDER_WORDS);
      return;
    case 'U':
      say(fd, ENDER_WORDS);
      return;
    case 'L':
      say(fd, ENDER_LARGE);
      return;
    case 'K':
      read_what_is_there(fd);
      say(fd, ENDER_WORDS);
      raise(SIGKILL);
      return;
    case 'W':
      say(fd, ENDER_WORDS);
      sleep(1);
      raise(SIGKILL);
      return;
    case 'S':
      sleep(STILL_S);
      return;
    case 'R':
      snprintf(count, sizeof(count), "%zu", read_to_end(fd, 2000));
      if (write(fd, count, strlen(count)) < 0)
        _exit(1);
      return;
  }
}

/* The server's listener, its lock, and its loop go with the server. */
static void keep_only(int fd) {
  int other;

  for (other = 3; other < 1024; other++)
    if (other != fd)
      close(other);
}

static void converse(int fd) {
  char letter;

  keep_only(fd);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  alarm(3 * STILL_S);
  if (read(fd, &letter, 1) == 1)
    act(fd, letter);
  _exit(0);
}

static void on_closed(hvuv_stream_t* stream) {
  free(stream);
}

static void hand_on(hvuv_stream_t* server, hvuv_stream_t* caller) {
  uv_os_sock_t sock;

  if (hvuv_accept(server, caller) != 0 || hvuv_detach(caller, &sock) != 0)
    return;
  if (fork() == 0)
    converse(sock);
  close(sock);
}

static void on_connection(hvuv_stream_t* server, int status) {
  hvuv_stream_t* caller = malloc(sizeof(*caller));

  if (caller == NULL || hvuv_init(server->loop, caller) != 0)
    abort();
  if (status == 0)
    hand_on(server, caller);
  hvuv_close(caller, on_closed);
}

int main(int argc, char** argv) {
  hvuv_stream_t server;
  hvuv_addr_t addr;
  int err;

  argv = program_start(&argc, argv);
  if (argc != 2 || parse_address("ADDRESS", argv[1], &addr) != 0)
    return 2;
  signal(SIGCHLD, SIG_IGN);
  hvuv_init(program_loop(), &server);
  err = report("bind", &addr, hvuv_bind(&server, &addr));
  if (err == 0)
    err =
        report("listen", &addr, hvuv_listen(&server, SOMAXCONN, on_connection));
  if (err != 0)
    return 1;
  output("Listening at %s\n", argv[1]);
  return uv_run(server.loop, UV_RUN_DEFAULT);
}
