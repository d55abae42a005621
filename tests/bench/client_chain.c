/* Messages that the server sends by itself: it is asked for so many of them,
 * and all that comes is compared with what chain.c sends. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "client.h"

static void ask(const load_t* load) {
  uint64_t count = load->left;

  if (send(load->conns[0].fd, &count, sizeof(count), MSG_NOSIGNAL) !=
      (ssize_t) sizeof(count))
    die("client: send: %s", strerror(errno));
}

/* Each message is the same: its byte i is i % CHAIN_PERIOD. */
static void compare(const load_t* load, uint64_t at, size_t len) {
  size_t in_message;
  size_t i;

  in_message = (size_t) (at % load->scenario.bytes);
  for (i = 0; i < len; i++) {
    if ((unsigned char) load->buffer[i] != in_message % CHAIN_PERIOD)
      die("client: byte %llu of the chain is not what it should be",
          (unsigned long long) (at + i));
    if (++in_message == load->scenario.bytes)
      in_message = 0;
  }
}

void client_follow_chain(load_t* load) {
  uint64_t wanted;
  uint64_t at;
  ssize_t n;

  ask(load);
  wanted = load->left * load->scenario.bytes;
  for (at = 0; at < wanted; at += (uint64_t) n) {
    n = recv(load->conns[0].fd, load->buffer, CHUNK, 0);
    if (n < 0)
      die("client: recv: %s", strerror(errno));
    if (n == 0)
      die("client: the server hung up");
    compare(load, at, (size_t) n);
  }
  load->left = 0;
}
