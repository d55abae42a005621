/* The fake guest's half of the rings, and the host's programs; guest.h has the design. */
#include "guest.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE 4096u

enum { WRITE = 0, READ = 4, MASK = 8, PENDING = 12 };

/* --- Rings ---------------------------------------------------------------- */

uint32_t* guest_control(guest_channel_t* channel,
                        const guest_ring_t* ring,
                        size_t where) {
  return (uint32_t*) (void*) (channel->guest->ram +
                              (size_t) ring->page[0] * PAGE + where);
}

static uint32_t load(guest_channel_t* channel,
                     const guest_ring_t* ring,
                     size_t where) {
  return __atomic_load_n(guest_control(channel, ring, where), __ATOMIC_SEQ_CST);
}

static void store(guest_channel_t* channel,
                  const guest_ring_t* ring,
                  size_t where,
                  uint32_t value) {
  __atomic_store_n(
      guest_control(channel, ring, where), value, __ATOMIC_SEQ_CST);
}

/* A byte of the data, counted on and on. */
static uint8_t* byte_at(guest_channel_t* channel,
                        const guest_ring_t* ring,
                        uint32_t where) {
  uint32_t offset = where % ring->size;

  return channel->guest->ram + (size_t) ring->page[1 + offset / PAGE] * PAGE +
         offset % PAGE;
}

static void copy_in(guest_channel_t* channel,
                    const guest_ring_t* ring,
                    uint32_t where,
                    const void* bytes,
                    size_t len) {
  size_t i;

  for (i = 0; i < len; i++)
    *byte_at(channel, ring, where + (uint32_t) i) = ((const uint8_t*) bytes)[i];
}

static void copy_out(guest_channel_t* channel,
                     const guest_ring_t* ring,
                     uint32_t where,
                     void* bytes,
                     size_t len) {
  size_t i;

  for (i = 0; i < len; i++)
    ((uint8_t*) bytes)[i] = *byte_at(channel, ring, where + (uint32_t) i);
}

static uint32_t used(const guest_ring_t* ring, uint32_t w, uint32_t r) {
  return (w + ring->size - r) % ring->size;
}

void guest_signal(guest_channel_t* channel) {
  channel->signals++;
  assert_true(
      bus__channels_knows(&channel->guest->core.channels, channel->connection));
  bus__core_signalled(&channel->guest->core, channel->relid);
}

/* Stores the index behind a packet; signals into an empty ring. */
static void commit(guest_channel_t* channel, uint32_t bytes) {
  guest_ring_t* ring = &channel->up;
  uint32_t begin = ring->index;

  ring->index = (begin + bytes) % ring->size;
  store(channel, ring, WRITE, ring->index);
  if (load(channel, ring, MASK) == 0 && load(channel, ring, READ) == begin)
    guest_signal(channel);
}

static void put(guest_channel_t* channel, const void* bytes, size_t len) {
  guest_ring_t* ring = &channel->up;
  uint32_t body = ((uint32_t) len + 7) & ~7u;
  uint16_t head[4] = {6, 2, (uint16_t) ((24 + body) / 8), 0};
  uint64_t zero = 0;
  uint32_t pipe[2] = {1, (uint32_t) len};
  uint64_t trailer = (uint64_t) ring->index << 32;

  copy_in(channel, ring, ring->index, head, 8);
  copy_in(channel, ring, ring->index + 8, &zero, 8);
  copy_in(channel, ring, ring->index + 16, pipe, 8);
  copy_in(channel, ring, ring->index + 24, bytes, len);
  copy_in(channel, ring, ring->index + 24 + body, &trailer, 8);
  commit(channel, 32 + body);
}

static uint32_t room(guest_channel_t* channel) {
  const guest_ring_t* ring = &channel->up;

  return ring->size - used(ring, ring->index, load(channel, ring, READ));
}

size_t guest_send(guest_channel_t* channel, const void* bytes, size_t len) {
  size_t sent = 0;
  size_t n;

  while (sent < len && room(channel) > 72) {
    n = room(channel) - 72;
    if (n > GUEST_PACKET_MAX)
      n = GUEST_PACKET_MAX;
    if (n > len - sent)
      n = len - sent;
    put(channel, (const uint8_t*) bytes + sent, n);
    sent += n;
  }
  return sent;
}

void guest_send_fin(guest_channel_t* channel) {
  assert_true(room(channel) > 32);
  put(channel, "", 0);
}

void guest_send_raw(guest_channel_t* channel,
                    const uint16_t head[4],
                    const uint32_t pipe[2],
                    uint32_t bytes) {
  guest_ring_t* ring = &channel->up;

  copy_in(channel, ring, ring->index, head, 8);
  copy_in(channel, ring, ring->index + 16, pipe, 8);
  commit(channel, bytes);
}

/* The read index is stored when the ring is found empty, and whoever waits for more
 * room than there was is signalled. */
static void found_empty(guest_channel_t* channel) {
  guest_ring_t* ring = &channel->down;
  uint32_t w = load(channel, ring, WRITE);
  uint32_t before = load(channel, ring, READ);
  uint32_t pending;
  uint32_t now;

  if (before == ring->index)
    return;
  store(channel, ring, READ, ring->index);
  pending = load(channel, ring, PENDING);
  now = ring->size - used(ring, w, ring->index);
  if (pending != 0 && now > pending &&
      ring->size - used(ring, w, before) <= pending)
    guest_signal(channel);
}

int guest_recv(guest_channel_t* channel, void* bytes, size_t max) {
  guest_ring_t* ring = &channel->down;
  uint32_t w = load(channel, ring, WRITE);
  uint16_t head[4];
  uint32_t pipe[2];
  uint64_t trailer;

  if (w == ring->index) {
    found_empty(channel);
    return -1;
  }
  assert_true(used(ring, w, ring->index) >= 32);
  copy_out(channel, ring, ring->index, head, 8);
  copy_out(channel, ring, ring->index + 16, pipe, 8);
  assert_int_equal(head[0], 6);
  assert_int_equal(head[1], 2);
  assert_int_equal(pipe[0], 1);
  assert_true(pipe[1] <= 16384 && pipe[1] <= max);
  assert_true(head[2] * 8u >= 24 + pipe[1]);
  assert_true(head[2] * 8u + 8 <= used(ring, w, ring->index));
  copy_out(channel, ring, ring->index + 24, bytes, pipe[1]);
  copy_out(channel, ring, ring->index + head[2] * 8u, &trailer, 8);
  assert_int_equal(trailer, (uint64_t) ring->index << 32);
  ring->index = (ring->index + head[2] * 8u + 8) % ring->size;
  if (w == ring->index)
    found_empty(channel);
  return (int) pipe[1];
}

/* --- The host's programs -------------------------------------------------- */

static int unix_socket(struct sockaddr_un* name, const char* path) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  assert_true(fd >= 0);
  memset(name, 0, sizeof(*name));
  name->sun_family = AF_UNIX;
  snprintf(name->sun_path, sizeof(name->sun_path), "%s", path);
  return fd;
}

int host_call(guest_t* guest, const char* line) {
  struct sockaddr_un name;
  int fd = unix_socket(&name, guest->path);

  assert_int_equal(connect(fd, (const struct sockaddr*) &name, sizeof(name)),
                   0);
  assert_int_equal(host_write(fd, line, strlen(line)), strlen(line));
  return fd;
}

int host_listen(guest_t* guest, const char* suffix, int backlog) {
  char path[108];
  struct sockaddr_un name;
  int fd;

  snprintf(path, sizeof(path), "%s_%s", guest->path, suffix);
  fd = unix_socket(&name, path);
  unlink(path);
  assert_int_equal(bind(fd, (const struct sockaddr*) &name, sizeof(name)), 0);
  assert_int_equal(listen(fd, backlog), 0);
  return fd;
}

int host_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int host_read(int fd, void* bytes, size_t max) {
  return (int) recv(fd, bytes, max, 0);
}

int host_write(int fd, const void* bytes, size_t len) {
  return (int) send(fd, bytes, len, MSG_NOSIGNAL);
}

int host_is_at_end(int fd) {
  char byte;

  return recv(fd, &byte, 1, MSG_PEEK) == 0;
}
