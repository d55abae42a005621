/* The fake guest's machine and its half of VMBus; guest.h has the design. */
#include "guest.h"

#include <signal.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE 4096u

/* --- The machine ---------------------------------------------------------- */

static void* at(void* context, uint64_t gpa, size_t len) {
  guest_t* guest = context;
  uint64_t end = (uint64_t) GUEST_PAGES * PAGE;

  return gpa <= end && len <= end - gpa ? guest->ram + gpa : NULL;
}

static int post(void* context, uint32_t type, const void* payload, size_t len) {
  guest_t* guest = context;
  guest_message_t* message;

  assert_int_equal(type, 1);
  assert_true(len >= 8 && len <= 240);
  if (guest->is_slot_taken)
    return UV_EAGAIN;
  assert_true(guest->count < GUEST_MESSAGES_MAX);
  message = &guest->messages[guest->count++];
  message->len = len;
  memcpy(message->bytes, payload, len);
  guest->is_slot_taken = guest->holds_slot;
  return 0;
}

static void flag(void* context, uint32_t relid) {
  guest_t* guest = context;

  assert_true(relid > 0 && relid < GUEST_RELIDS);
  guest->flags[relid]++;
}

__attribute__((format(printf, 2, 3))) static void log_line(void* context,
                                                           const char* format,
                                                           ...) {
  guest_t* guest = context;
  va_list args;

  guest->logged++;
  if (getenv("HVSOCK_LOG") == NULL)
    return;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
}

void guest_open_memory(guest_t* guest, bus_machine_t* machine) {
  signal(SIGPIPE, SIG_IGN); /* what the bus's thread blocks */
  memset(guest, 0, sizeof(*guest));
  guest->ram = aligned_alloc(PAGE, (size_t) GUEST_PAGES * PAGE);
  guest->messages = malloc(GUEST_MESSAGES_MAX * sizeof(*guest->messages));
  assert_non_null(guest->ram);
  assert_non_null(guest->messages);
  memset(guest->ram, 0xa5, (size_t) GUEST_PAGES * PAGE);
  guest->next_page = 1;
  guest->next_gpadl = 0xe1e10;
  snprintf(guest->folder, sizeof(guest->folder), "/tmp/hvsock-XXXXXX");
  assert_non_null(mkdtemp(guest->folder));
  snprintf(guest->path, sizeof(guest->path), "%s/v", guest->folder);
  *machine = (bus_machine_t){guest, at, post, flag, log_line};
}

/* Also the sockets of the host's programs; the bus has removed its own. */
static void remove_folder(const guest_t* guest) {
  char path[256];
  uv_dirent_t entry;
  uv_fs_t req;

  assert_int_equal(access(guest->path, F_OK), -1);
  assert_true(uv_fs_scandir(NULL, &req, guest->folder, 0, NULL) >= 0);
  while (uv_fs_scandir_next(&req, &entry) == 0) {
    snprintf(path, sizeof(path), "%s/%s", guest->folder, entry.name);
    unlink(path);
  }
  uv_fs_req_cleanup(&req);
  assert_int_equal(rmdir(guest->folder), 0);
}

void guest_close_memory(guest_t* guest) {
  remove_folder(guest);
  free(guest->messages);
  free(guest->ram);
}

static void on_tick(uv_timer_t* timer) {
  guest_t* guest = timer->data;

  guest->ticks++;
}

void guest_open(guest_t* guest, const bus_options_t* options) {
  bus_options_t own = {0};
  bus_machine_t machine;

  guest_open_memory(guest, &machine);
  if (options != NULL)
    own = *options;
  own.path = guest->path;
  assert_int_equal(uv_loop_init(&guest->loop), 0);
  assert_int_equal(uv_timer_init(&guest->loop, &guest->tick), 0);
  guest->tick.data = guest;
  assert_int_equal(uv_timer_start(&guest->tick, on_tick, 5, 5), 0);
  assert_int_equal(bus__core_open(&guest->core, &guest->loop, &machine, &own),
                   0);
}

void guest_close(guest_t* guest) {
  bus__core_close(&guest->core);
  uv_close((uv_handle_t*) &guest->tick, NULL);
  assert_int_equal(uv_run(&guest->loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&guest->loop), 0);
  bus__core_free(&guest->core);
  guest_close_memory(guest);
}

void guest_settle(guest_t* guest) {
  int i;

  for (i = 0; i < 40; i++)
    uv_run(&guest->loop, UV_RUN_NOWAIT);
}

/* Every other page, so that those of a list do not lie together. */
uint32_t guest_page(guest_t* guest) {
  uint32_t page = guest->next_page;

  guest->next_page += 2;
  if (guest->next_page >= GUEST_PAGES)
    guest->next_page = guest->next_page % 2 == 1 ? 2 : GUEST_PAGES;
  assert_true(page < GUEST_PAGES);
  return page;
}

void guest_free_slot(guest_t* guest) {
  guest->is_slot_taken = 0;
  bus__core_slot_free(&guest->core);
}

void guest_post(guest_t* guest, const void* bytes, size_t len) {
  bus__core_shut(&guest->core, bytes, len);
  bus__core_message(&guest->core, bytes, len);
}

void guest_post_words(
    guest_t* guest, uint32_t type, uint32_t a, uint32_t b, size_t len) {
  uint32_t words[4] = {type, 0, a, b};

  guest_post(guest, words, len);
}

const guest_message_t* guest_next(guest_t* guest, uint32_t type) {
  while (guest->seen < guest->count)
    if (guest_word(&guest->messages[guest->seen++], 0) == type)
      return &guest->messages[guest->seen - 1];
  return NULL;
}

size_t guest_count(const guest_t* guest, uint32_t type) {
  size_t n = 0;
  size_t i;

  for (i = 0; i < guest->count; i++)
    n += guest_word(&guest->messages[i], 0) == type;
  return n;
}

uint32_t guest_word(const guest_message_t* message, size_t where) {
  uint32_t word;

  assert_true(where + 4 <= message->len);
  memcpy(&word, message->bytes + where, 4);
  return word;
}

uint64_t guest_refused(const guest_t* guest, bus__reason_t why) {
  return guest->core.host.counters.refused[why];
}

uint64_t guest_counted(const guest_t* guest, bus__counter_t what) {
  return guest->core.host.counters.count[what];
}

/* --- VMBus ---------------------------------------------------------------- */

int guest_contact(guest_t* guest, uint32_t version) {
  uint32_t words[10] = {14, 0, version};
  const guest_message_t* answer;

  words[4] = 2; /* the SINT, where there is no interrupt page */
  guest_post(guest, words, sizeof(words));
  answer = guest_next(guest, 15);
  assert_non_null(answer);
  assert_int_equal(answer->len, 16);
  return answer->bytes[8];
}

void guest_connect(guest_t* guest) {
  assert_true(guest_contact(guest, 0x50003));
  guest_post_words(guest, 3, 0, 0, 8);
  assert_non_null(guest_next(guest, 4));
}

static void guid_of_port(uint8_t guid[16], uint32_t port) {
  static const uint8_t rest[12] = {
      0xcb, 0xfa, 0xe6, 0x11, 0xbd, 0x58, 0x64, 0x00, 0x6a, 0x79, 0x86, 0xd3};

  memcpy(guid, &port, 4);
  memcpy(guid + 4, rest, 12);
}

void guest_call(guest_t* guest, uint32_t port, uint32_t from) {
  uint8_t message[40] = {21};

  guid_of_port(message + 8, from);
  guid_of_port(message + 24, port);
  guest_post(guest, message, sizeof(message));
}

void guest_take_offer(guest_t* guest, guest_channel_t* channel) {
  const guest_message_t* offer = NULL;
  uint16_t flags;

  guest_until(guest, (offer = guest_next(guest, 1)) != NULL);
  assert_int_equal(offer->len, 196);
  memset(channel, 0, sizeof(*channel));
  channel->guest = guest;
  memcpy(channel->service, offer->bytes + 8, 16);
  memcpy(channel->instance, offer->bytes + 24, 16);
  memcpy(&flags, offer->bytes + 56, 2);
  assert_int_equal(flags & 0x2006, 0x2000);
  assert_int_equal(guest_word(offer, 60), 0); /* a pipe of bytes */
  channel->is_from_host = offer->bytes[64];
  channel->relid = guest_word(offer, 184);
  assert_int_equal(offer->bytes[189], 0); /* no monitor page */
  assert_int_equal(offer->bytes[190], 1); /* dedicated */
  channel->connection = guest_word(offer, 192);
}

static void make_ring(guest_t* guest, guest_ring_t* ring, uint32_t pages) {
  uint32_t i;

  ring->pages = pages;
  ring->size = (pages - 1) * PAGE;
  ring->index = 0;
  for (i = 0; i < pages; i++)
    ring->page[i] = guest_page(guest);
  memset(guest->ram + (size_t) ring->page[0] * PAGE, 0, PAGE);
}

void guest_make_rings(guest_channel_t* channel, uint32_t up, uint32_t down) {
  uint32_t one = 1;

  make_ring(channel->guest, &channel->up, up);
  make_ring(channel->guest, &channel->down, down);
  *guest_control(channel, &channel->up, 64) = one;
  *guest_control(channel, &channel->down, 64) = one;
  *guest_control(channel, &channel->up, 12) = 4120;
  channel->gpadl = channel->guest->next_gpadl++;
}

static void pages_of(const guest_channel_t* channel, uint64_t page[260]) {
  uint32_t i;

  for (i = 0; i < channel->up.pages; i++)
    page[i] = channel->up.page[i];
  for (i = 0; i < channel->down.pages; i++)
    page[channel->up.pages + i] = channel->down.page[i];
}

uint32_t guest_send_gpadl_header(guest_channel_t* channel) {
  uint64_t page[260];
  uint32_t count = channel->up.pages + channel->down.pages;
  uint8_t message[240] = {8};
  uint16_t range[2] = {(uint16_t) (8 + 8 * count), 1};
  uint32_t bytes = count * PAGE;
  uint32_t n = count < 26 ? count : 26;

  pages_of(channel, page);
  memcpy(message + 8, &channel->relid, 4);
  memcpy(message + 12, &channel->gpadl, 4);
  memcpy(message + 16, range, 4);
  memcpy(message + 20, &bytes, 4);
  memcpy(message + 28, page, n * 8);
  guest_post(channel->guest, message, 28 + n * 8);
  return n;
}

void guest_send_gpadl(guest_channel_t* channel) {
  uint64_t page[260];
  uint32_t count = channel->up.pages + channel->down.pages;
  uint8_t message[240] = {9};
  uint32_t done;
  uint32_t n;

  pages_of(channel, page);
  memcpy(message + 12, &channel->gpadl, 4);
  for (done = guest_send_gpadl_header(channel); done < count; done += n) {
    n = count - done < 28 ? count - done : 28;
    memcpy(message + 16, page + done, n * 8);
    guest_post(channel->guest, message, 16 + n * 8);
  }
}

void guest_send_open(guest_channel_t* channel, uint32_t offset) {
  uint32_t words[37] = {5, 0};

  words[2] = channel->relid;
  words[3] = channel->relid;
  words[4] = channel->gpadl;
  words[6] = offset;
  guest_post(channel->guest, words, sizeof(words));
}

void guest_open_channel(guest_channel_t* channel, uint32_t pages) {
  guest_t* guest = channel->guest;
  const guest_message_t* answer;

  guest_make_rings(channel, pages, pages);
  guest_send_gpadl(channel);
  answer = guest_next(guest, 10);
  assert_non_null(answer);
  assert_int_equal(guest_word(answer, 8), channel->relid);
  assert_int_equal(guest_word(answer, 12), channel->gpadl);
  assert_int_equal(guest_word(answer, 16), 0);
  guest_send_open(channel, pages);
  answer = guest_next(guest, 6);
  assert_non_null(answer);
  assert_int_equal(guest_word(answer, 8), channel->relid);
  assert_int_equal(guest_word(answer, 16), 0);
}

int guest_is_rescinded(guest_t* guest, uint32_t relid) {
  size_t i;

  for (i = guest->count; i > 0; i--) {
    if (guest_word(&guest->messages[i - 1], 0) == 2 &&
        guest_word(&guest->messages[i - 1], 8) == relid)
      return 1;
    if (guest_word(&guest->messages[i - 1], 0) == 1 &&
        guest_word(&guest->messages[i - 1], 184) == relid)
      return 0;
  }
  return 0;
}

void guest_close_channel(guest_channel_t* channel) {
  guest_post_words(channel->guest, 7, channel->relid, 0, 12);
}

void guest_release(guest_channel_t* channel) {
  guest_post_words(channel->guest, 13, channel->relid, 0, 12);
}
