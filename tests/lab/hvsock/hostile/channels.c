/*
 * Up to 16 channels at a time, each in one of four states:
 *
 *   GONE --offered--> OFFERED --GPADL sent--> MAPPED --opened--> OPEN
 *     ^                  |                       |                 |
 *     +------------------+--- released ----------+-----------------+
 *
 * In each a step is taken that leads on, or one that does not belong there. The host's
 * answers are seen and mostly ignored: what a state is called here is only what this guest
 * has asked for.
 */
#include "hostile/cpu.h"
#include "hostile/hostile.h"

enum state { GONE, OFFERED, MAPPED, OPEN };

/* Types of messages. */
enum {
  OFFER = 1,
  RESCIND = 2,
  REQUEST_OFFERS = 3,
  OPEN_CHANNEL = 5,
  CLOSE_CHANNEL = 7,
  GPADL_HEADER = 8,
  GPADL_BODY = 9,
  GPADL_TEARDOWN = 11,
  RELID_RELEASED = 13,
  INITIATE_CONTACT = 14,
  UNLOAD = 16,
  TL_CONNECT = 21
};

#define CHANNELS    16u
#define HALF_PAGES  7u /* of each of the two rings */
#define DATA        (PAGE * (HALF_PAGES - 1))
#define PORT        5000u
#define HANDLE      0xe1e10u
#define FOREIGN_PFN 0x4000u /* from 64 MiB on */

typedef struct channel_s {
  enum state state;
  uint32_t relid;
  uint32_t connection;
  uint32_t gpadl;
  uint32_t written; /* index */
} channel_t;

uint32_t channels_opened;
uint32_t channels_bytes;

static channel_t channels[CHANNELS];
static _Alignas(PAGE) uint8_t rings[CHANNELS][2 * HALF_PAGES * PAGE];
static uint32_t next_gpadl = HANDLE;
static uint32_t calls_waiting;

/* --- Messages ----------------------------------------------------------------- */

static message_t* begin(message_t* m, uint32_t type, uint32_t len) {
  uint32_t i;

  m->len = len;
  for (i = 0; i < MESSAGE_MAX / 4; i++)
    m->word[i] = 0;
  m->word[0] = type;
  return m;
}

void channels_contact(uint32_t version) {
  message_t m;

  begin(&m, INITIATE_CONTACT, 40)->word[2] = version;
  m.word[4] = 2; /* SINT */
  bus_post(&m);
  begin(&m, REQUEST_OFFERS, 8);
  bus_post(&m);
}

static void put_service(uint32_t* guid, uint32_t port) {
  guid[0] = port;
  guid[1] = 0x11e6facb;
  guid[2] = 0x006458bd;
  guid[3] = 0xd386796a;
}

/* A call that the host has not yet answered by an offer makes the next ones rarer. */
static void call_host(void) {
  message_t m;

  if (chance(1 + calls_waiting) != 0)
    return;
  calls_waiting++;

  begin(&m, TL_CONNECT, 40);
  put_service(m.word + 2, chance(8) == 0 ? chance(4) : (uint32_t) chance_64());
  put_service(m.word + 6, chance(8) == 0 ? chance_number() : PORT);
  bus_post_spoiled(&m);
}

static void post_about(uint32_t type, uint32_t len, const channel_t* c) {
  message_t m;

  begin(&m, type, len)->word[2] = c->relid;
  m.word[3] = c->gpadl;
  bus_post_spoiled(&m);
}

static uint32_t index_of(const channel_t* c) {
  return (uint32_t) (c - channels);
}

/* What is not a ring's is not this program's either: the host may write there. */
static uint32_t pfn(const channel_t* c, uint32_t page) {
  uint64_t first = (uint64_t) (uintptr_t) rings[index_of(c)] / PAGE;

  return chance(100) == 0 ? FOREIGN_PFN + chance_number() / 2
                          : (uint32_t) first + page;
}

/* Sometimes more pages than fit, whose rest comes in a body. */
static void map(channel_t* c) {
  uint32_t pages = chance(16) == 0 ? 1 + chance(60) : 2 * HALF_PAGES, i;
  uint32_t in_header = pages < 26 ? pages : 26;
  message_t m;

  c->gpadl = chance(32) == 0 ? c->gpadl : next_gpadl++;
  begin(&m, GPADL_HEADER, 28 + 8 * in_header)->word[2] = c->relid;
  m.word[3] = c->gpadl;
  m.word[4] = (8 + 8 * pages) | 1u << 16;
  m.word[5] = pages * PAGE;
  for (i = 0; i < in_header; i++)
    m.word[7 + 2 * i] = pfn(c, i % (2 * HALF_PAGES));
  bus_post_spoiled(&m);
  if (pages == in_header)
    return;
  begin(&m, GPADL_BODY, 16 + 8 * (pages - in_header))->word[3] = c->gpadl;
  if (m.len > MESSAGE_MAX)
    m.len = MESSAGE_MAX;
  for (i = 0; i < (m.len - 16) / 8; i++)
    m.word[4 + 2 * i] = pfn(c, i % (2 * HALF_PAGES));
  bus_post_spoiled(&m);
}

static void open(channel_t* c) {
  message_t m;

  begin(&m, OPEN_CHANNEL, 148)->word[2] = c->relid;
  m.word[3] = c->relid;
  m.word[4] = c->gpadl;
  m.word[6] = chance(16) == 0 ? chance_number() : HALF_PAGES;
  bus_post_spoiled(&m);
  channels_opened++;
}

/* --- Rings -------------------------------------------------------------------- */

static volatile uint32_t* control(const channel_t* c, uint32_t half) {
  return (volatile uint32_t*) (void*) (rings[index_of(c)] +
                                       (size_t) half * HALF_PAGES * PAGE);
}

static void reset_rings(channel_t* c) {
  uint32_t half;

  for (half = 0; half < 2; half++) {
    control(c, half)[0] = 0;
    control(c, half)[1] = 0;
    control(c, half)[2] = 0;
    control(c, half)[3] = half == 0 ? 4120 : 0;
    control(c, half)[16] = 1;
  }
  c->written = 0;
}

static void put_word(channel_t* c, uint32_t value) {
  volatile uint32_t* data = control(c, 0) + PAGE / 4;

  data[c->written / 4] = value;
  c->written = (c->written + 4) % DATA;
}

/* A packet by the rules, or with one number of it wrong. */
static void send_packet(channel_t* c) {
  uint32_t size = chance(100) == 0 ? 0 : 1 + chance(1000), i,
           start = c->written;
  uint32_t words[6] = {6 | 2 << 16, 0, 0, 0, 1, size};

  words[1] = (24 + (size + 7) / 8 * 8) / 8;
  if (chance(25) == 0)
    words[chance(6)] = chance_number();
  for (i = 0; i < 6; i++)
    put_word(c, words[i]);
  for (i = 0; i < (size + 7) / 8 * 2; i++)
    put_word(c, size);
  put_word(c, 0);
  put_word(c, start);
  barrier();
  control(c, 0)[0] = c->written;
  barrier();
  channels_bytes += size;
}

static void scribble(channel_t* c) {
  static const uint32_t fields[] = {0, 1, 2, 3, 16};
  uint32_t field = fields[chance(sizeof(fields) / sizeof(fields[0]))];

  if (chance(4) == 0)
    rings[index_of(c)][chance(sizeof(rings[0]))] = (uint8_t) chance(256);
  else
    control(c, chance(2))[field] = chance_number();
}

static void use_rings(channel_t* c) {
  uint32_t i;

  switch (chance(40)) {
    case 0:
      scribble(c);
      break;
    case 1:
      c->written = control(c, 0)[1]; /* as if all had been read */
      break;
    default:
      for (i = 0; i < 1 + chance(4); i++)
        send_packet(c);
      /* What has come is taken unread. */
      control(c, 1)[1] = control(c, 1)[0];
      break;
  }
  bus_signal(c->connection);
}

/* --- A channel's life --------------------------------------------------------- */

static void lead_on(channel_t* c) {
  switch (c->state) {
    case GONE:
      call_host();
      break;
    case OFFERED:
      reset_rings(c);
      map(c);
      c->state = MAPPED;
      break;
    case MAPPED:
      open(c);
      c->state = OPEN;
      break;
    case OPEN:
      use_rings(c);
      break;
  }
}

static void release(channel_t* c) {
  if (c->state == OPEN)
    post_about(CLOSE_CHANNEL, 12, c);
  if (chance(2) == 0)
    post_about(GPADL_TEARDOWN, 16, c);
  post_about(RELID_RELEASED, 12, c);
  c->state = GONE;
}

static void misbehave(channel_t* c) {
  switch (chance(6)) {
    case 0:
      map(c);
      break;
    case 1:
      open(c);
      break;
    case 2:
      post_about(CLOSE_CHANNEL, 12, c);
      break;
    case 3:
      post_about(GPADL_TEARDOWN, 16, c);
      break;
    case 4:
      post_about(RELID_RELEASED, 12, c);
      break;
    default:
      scribble(c);
      bus_signal(chance(2) == 0 ? c->connection : chance_64() >> chance(64));
      break;
  }
}

void channels_step(void) {
  channel_t* c = &channels[chance(CHANNELS)];

  if (chance(60) == 0)
    misbehave(c);
  else if (c->state == OPEN && chance(40) == 0)
    release(c);
  else
    lead_on(c);
}

static void see_offer(const message_t* m) {
  channel_t* c = &channels[chance(CHANNELS)];
  uint32_t i;

  for (i = 0; i < CHANNELS && c->state != GONE; i++)
    c = &channels[i];
  if (c->state != GONE)
    return; /* too many: this one stays as it is */
  calls_waiting = 0;
  c->state = OFFERED;
  c->relid = m->word[184 / 4];
  c->connection = m->word[192 / 4];
}

static void see_rescind(const message_t* m) {
  uint32_t i;

  for (i = 0; i < CHANNELS; i++)
    if (channels[i].state != GONE && channels[i].relid == m->word[2] &&
        chance(8) != 0)
      release(&channels[i]);
}

void channels_see(const message_t* m) {
  if (m->word[0] == OFFER)
    see_offer(m);
  else if (m->word[0] == RESCIND)
    see_rescind(m);
}
