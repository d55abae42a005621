/*
 * Fuzz target: what a hostile guest can do to the laboratory's host side of VMBus
 * (tests/lab/hvsock/bus), with programs of the host around it. The input is a row of
 * steps, each a letter and what it needs; what is missing at the end is 0.
 *
 *   V v    contact by version v of a table, and offers asked for
 *   M t n  a message of type t with n bytes
 *   G r p  a GPADL of 2p pages for relid r, of the pages behind 16r
 *   O r p  an open of relid r, the first ring having p pages
 *   C r a  a word into the first page of relid r's ring (r's high bit: the second)
 *   D r a n  n bytes into the data of its first ring
 *   P r n  a right packet of n bytes into its first ring, and a signal
 *   R r    all that is in its second ring is read, by the index
 *   S r    a signal
 *   H n    a program calls the guest with a line of n bytes; 0: "CONNECT 5\n"
 *   L p    the guest calls port 5 from port p
 *   W n, X, E   the last program sends n bytes, reads, ends
 *   K c    a command
 *   Z      the slot is taken until F
 */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bus/core.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#define REQUIRE(what)                                                          \
  do {                                                                         \
    if (!(what))                                                               \
      abort();                                                                 \
  } while (0)

#define PAGE      ((size_t) 4096)
#define PAGES     80u
#define RELIDS    4u /* that have pages of their own */
#define STEPS_MAX 300
#define PROGRAMS  8

typedef struct input_s {
  const uint8_t* data;
  size_t size;
} input_t;

static uint8_t ram[PAGES * PAGE] __attribute__((aligned(4096)));
static char folder[64];
static char path[80];
static uv_loop_t loop;
static int listener;
static bus__core_t core;
static int is_slot_taken;
static int holds_slot;
static int programs[PROGRAMS];
static int count;

/* --- The machine ---------------------------------------------------------- */

static void* at(void* context, uint64_t gpa, size_t len) {
  (void) context;
  return gpa <= sizeof(ram) && len <= sizeof(ram) - gpa ? ram + gpa : NULL;
}

static int post(void* context, uint32_t type, const void* payload, size_t len) {
  (void) context;
  REQUIRE(type == 1 && len >= 8 && len <= 240 && payload != NULL);
  if (is_slot_taken)
    return UV_EAGAIN;
  is_slot_taken = holds_slot;
  return 0;
}

static void flag(void* context, uint32_t relid) {
  (void) context;
  REQUIRE(relid > 0 && relid < 2048);
}

__attribute__((format(printf, 2, 3))) static void log_line(void* context,
                                                           const char* format,
                                                           ...) {
  (void) context;
  (void) format;
}

static const bus_machine_t machine = {NULL, at, post, flag, log_line};

/* --- The host ------------------------------------------------------------- */

static int unix_socket(struct sockaddr_un* name, const char* suffix) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  REQUIRE(fd >= 0);
  memset(name, 0, sizeof(*name));
  name->sun_family = AF_UNIX;
  snprintf(name->sun_path, sizeof(name->sun_path), "%s%s", path, suffix);
  return fd;
}

static void remove_folder(void) {
  char name[100];

  snprintf(name, sizeof(name), "%s_5", path);
  unlink(name);
  unlink(path);
  rmdir(folder);
}

/* Once: a folder, a loop, and a program that listens at PATH_5. */
static void prepare(void) {
  struct sockaddr_un name;

  if (path[0] != '\0')
    return;
  signal(SIGPIPE, SIG_IGN);
  snprintf(folder, sizeof(folder), "/tmp/fuzz-vmbus-XXXXXX");
  REQUIRE(mkdtemp(folder) != NULL);
  snprintf(path, sizeof(path), "%s/v", folder);
  atexit(remove_folder);
  REQUIRE(uv_loop_init(&loop) == 0);
  listener = unix_socket(&name, "_5");
  REQUIRE(bind(listener, (struct sockaddr*) &name, sizeof(name)) == 0);
  REQUIRE(listen(listener, 64) == 0);
}

static void turn(void) {
  int i;
  int fd;

  for (i = 0; i < 4; i++)
    uv_run(&loop, UV_RUN_NOWAIT);
  while ((fd = accept(listener, NULL, NULL)) >= 0) {
    if (count == PROGRAMS)
      close(programs[--count]);
    REQUIRE(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    programs[count++] = fd;
  }
}

static void call_guest(const uint8_t* line, size_t len) {
  static const char good[] = "CONNECT 5\n";
  struct sockaddr_un name;
  int fd = unix_socket(&name, "");

  if (count == PROGRAMS ||
      connect(fd, (struct sockaddr*) &name, sizeof(name)) != 0) {
    close(fd);
    return;
  }
  if (len == 0)
    (void) !send(fd, good, sizeof(good) - 1, MSG_NOSIGNAL);
  else
    (void) !send(fd, line, len, MSG_NOSIGNAL);
  programs[count++] = fd;
}

/* --- The guest ------------------------------------------------------------ */

static void take(input_t* input, void* to, size_t len) {
  size_t n = len < input->size ? len : input->size;

  memset(to, 0, len);
  memcpy(to, input->data, n);
  input->data += n;
  input->size -= n;
}

static uint32_t take_byte(input_t* input) {
  uint8_t byte;

  take(input, &byte, 1);
  return byte;
}

static void send_message(const void* bytes, size_t len) {
  if (!bus__core_has_room(&core))
    return;
  bus__core_shut(&core, bytes, len);
  bus__core_message(&core, bytes, len);
}

static void send_words(uint32_t type, uint32_t a, uint32_t b, size_t len) {
  uint32_t words[16] = {type, 0, a, b};

  send_message(words, len);
}

static void contact(uint32_t which) {
  static const uint32_t versions[] = {
      0x50003, 0x40000, 0x60000, 0x50000, 0x40001};
  uint32_t words[10] = {14, 0, versions[which % 5], 0, 2};

  send_message(words, sizeof(words));
  send_words(3, 0, 0, 8);
}

static void send_raw(input_t* input) {
  uint8_t message[240];
  uint32_t type = take_byte(input);
  size_t len = take_byte(input) % 233 + 8;

  take(input, message + 8, len - 8);
  memset(message, 0, 8);
  message[0] = (uint8_t) type;
  send_message(message, len);
}

static uint32_t first_page(uint32_t relid) {
  return relid % RELIDS * 16 + 8;
}

static void send_gpadl(uint32_t relid, uint32_t pages) {
  uint8_t message[236] = {8};
  uint32_t count_ = pages % 13 * 2;
  uint16_t range[2] = {(uint16_t) (8 + 8 * count_), 1};
  uint32_t bytes = count_ * PAGE;
  uint64_t page;
  uint32_t i;

  message[8] = (uint8_t) relid;
  message[12] = (uint8_t) relid;
  memcpy(message + 16, range, 4);
  memcpy(message + 20, &bytes, 4);
  for (i = 0; i < count_; i++) {
    page = first_page(relid) + i;
    memcpy(message + 28 + i * 8, &page, 8);
  }
  send_message(message, 28 + count_ * 8 + (count_ == 0 ? 8 : 0));
}

static void send_open(uint32_t relid, uint32_t pages) {
  uint32_t words[37] = {5, 0, relid, relid, relid, 0, pages % 13};

  send_message(words, sizeof(words));
}

static uint8_t* ring_of(uint32_t relid) {
  bus__channel_t* channel = core.channels.by_relid[relid % 2048];
  uint32_t page = first_page(relid);

  if (relid >= 128 && channel != NULL)
    page += channel->gpadl.count / 2;
  return ram + page * PAGE;
}

static void send_packet(uint32_t relid, uint32_t len) {
  uint8_t* control = ring_of(relid & 127);
  bus__channel_t* channel = core.channels.by_relid[relid & 127];
  uint32_t body = (len + 7) & ~7u;
  uint8_t packet[320] = {6, 0, 2};
  uint32_t size;
  uint32_t w;
  uint32_t i;

  if (channel == NULL || channel->state != BUS__CHANNEL_OPEN)
    return;
  size = channel->in.size;
  memcpy(&w, control, 4);
  packet[4] = (uint8_t) ((24 + body) / 8);
  packet[16] = 1;
  packet[20] = (uint8_t) len;
  if (w >= size)
    return;
  for (i = 0; i < 32 + body; i++)
    channel->in.data[(w + i) % size / PAGE][(w + i) % size % PAGE] = packet[i];
  w = (w + 32 + body) % size;
  memcpy(control, &w, 4);
  bus__core_signalled(&core, relid & 127);
}

static void read_all(uint32_t relid) {
  bus__channel_t* channel = core.channels.by_relid[relid & 127];

  if (channel == NULL || channel->state != BUS__CHANNEL_OPEN)
    return;
  memcpy(channel->out.control + 4, channel->out.control, 4);
  bus__core_signalled(&core, relid & 127);
}

static void scribble(input_t* input, uint32_t relid) {
  uint32_t where = take_byte(input) * 16;
  uint32_t len = take_byte(input) % 64;

  take(input, ring_of(relid & 127) + PAGE + where % (PAGE - 64), len);
}

static void call_host(uint32_t from) {
  uint8_t message[40] = {21};

  memcpy(message + 8, &from, 4);
  message[24] = 5;
  memcpy(message + 28, "\xcb\xfa\xe6\x11\xbd\x58\x64\x00\x6a\x79\x86\xd3", 12);
  send_message(message, sizeof(message));
}

/* --- Steps ---------------------------------------------------------------- */

static void step_host(input_t* input, uint32_t letter) {
  static uint8_t bytes[20000];
  size_t len;

  if (letter == 'H') {
    len = take_byte(input) % 64;
    take(input, bytes, len);
    call_guest(bytes, len);
  } else if (letter == 'K') {
    bus__core_command(&core, (bus_command_t) (take_byte(input) % 4 + 1));
  } else if (count == 0) {
    return;
  } else if (letter == 'W') {
    len = (take_byte(input) + 1) * 70;
    (void) !send(programs[count - 1], bytes, len, MSG_NOSIGNAL);
  } else if (letter == 'X') {
    (void) !recv(programs[count - 1], bytes, sizeof(bytes), 0);
  } else {
    close(programs[--count]);
  }
}

static void step(input_t* input) {
  uint32_t letter = take_byte(input);
  uint32_t relid;

  if (letter == 'V') {
    contact(take_byte(input));
  } else if (letter == 'M') {
    send_raw(input);
  } else if (letter == 'Z' || letter == 'F') {
    holds_slot = is_slot_taken = letter == 'Z';
    bus__core_slot_free(&core);
  } else if (strchr("HWXEK", (int) letter) != NULL && letter != 0) {
    step_host(input, letter);
  } else {
    relid = take_byte(input);
    if (letter == 'G')
      send_gpadl(relid, take_byte(input));
    else if (letter == 'O')
      send_open(relid, take_byte(input));
    else if (letter == 'C')
      take(input, ring_of(relid) + take_byte(input) % 16 * 4, 4);
    else if (letter == 'D')
      scribble(input, relid);
    else if (letter == 'P')
      send_packet(relid, take_byte(input));
    else if (letter == 'R')
      read_all(relid);
    else if (letter == 'S')
      bus__core_signalled(&core, relid);
    else if (letter == 'L')
      call_host(relid);
  }
  turn();
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  input_t input = {data, size};
  bus_options_t options = {0};
  int i;

  prepare();
  memset(ram, 0, sizeof(ram));
  is_slot_taken = holds_slot = 0;
  options.path = path;
  options.is_verbose = 1;
  options.faults.has_wrong_fin = size > 0 && data[size - 1] & 1;
  options.faults.rescinds_for_fin = size > 0 && data[size - 1] & 2;
  REQUIRE(bus__core_open(&core, &loop, &machine, &options) == 0);
  contact(0);
  for (i = 0; i < STEPS_MAX && input.size > 0; i++)
    step(&input);

  bus__core_close(&core);
  while (count > 0)
    close(programs[--count]);
  REQUIRE(uv_run(&loop, UV_RUN_DEFAULT) == 0);
  bus__core_free(&core);
  turn();
  while (count > 0)
    close(programs[--count]);
  return 0;
}
