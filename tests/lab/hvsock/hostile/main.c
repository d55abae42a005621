#include "hostile/cpu.h"
#include "hostile/hostile.h"

#define VERSION         0x50003u
#define ROUNDS          20000u
#define PATIENCE        20u /* looks */
#define CMD_LINE_PTR    0x228u
#define MMIO_FROM       0xc0000000u
#define MMIO_BYTES      0x3e000000u
#define PORTS_FROM      0x1000u
#define POST_MESSAGE    0x5cu
#define SIGNAL_EVENT    0x5du
#define MESSAGE_CONTACT 14u
#define MESSAGE_UNLOAD  16u
#define MESSAGE_TYPES   30u

/* The number behind a word of the command line; what is not there is `otherwise`. */
static uint64_t option(const uint8_t* zero_page,
                       const char* name,
                       uint64_t otherwise) {
  const volatile uint8_t* pointer = zero_page + CMD_LINE_PTR;
  uintptr_t at = (uintptr_t) pointer[0] | (uintptr_t) pointer[1] << 8 |
                 (uintptr_t) pointer[2] << 16 | (uintptr_t) pointer[3] << 24;
  const char* line = (const char*) at;
  uint64_t number = 0;
  size_t i;

  for (; *line != '\0'; line++) {
    for (i = 0; name[i] != '\0' && line[i] == name[i]; i++)
      continue;
    if (name[i] != '\0')
      continue;
    for (line += i; *line >= '0' && *line <= '9'; line++)
      number = number * 10 + (uint64_t) (*line - '0');
    return number;
  }
  return otherwise;
}

/* A message of random words, of a type that there is or beside it. */
static void post_garbage(void) {
  message_t m;
  uint32_t i;

  m.len = chance(MESSAGE_MAX + 1);
  for (i = 0; i < MESSAGE_MAX / 4; i++)
    m.word[i] = chance(2) == 0 ? chance_number() : chance(8);
  m.word[0] = chance(MESSAGE_TYPES);
  /* Those end everything: rarely. */
  if ((m.word[0] == MESSAGE_UNLOAD || m.word[0] == MESSAGE_CONTACT) &&
      chance(20) != 0)
    m.word[0] = 0;
  bus_post(&m);
}

static void call_garbage(void) {
  static const uint64_t codes[] = {POST_MESSAGE, SIGNAL_EVENT};
  uint64_t input = codes[chance(2)];

  if (chance(2) == 0)
    input |= chance_64() << 16;
  bus_call(input, chance_64() >> chance(64), chance_64());
}

static void touch_nothing(void) {
  volatile uint32_t* memory =
      (volatile uint32_t*) (uintptr_t) (MMIO_FROM + chance(MMIO_BYTES) / 4 * 4);
  uint16_t port = (uint16_t) (PORTS_FROM + chance(0x10000 - PORTS_FROM - 4));

  *memory = *memory + in_32(port);
  out_16(port, (uint16_t) chance(0x10000));
}

/* Rarely: it ends all channels. */
static void begin_again(void) {
  if (chance(20) != 0)
    return;
  channels_contact(chance(2) == 0 ? VERSION : (uint32_t) chance_64());
  channels_contact(VERSION);
}

static void do_harm(void) {
  switch (chance(100)) {
    case 0:
      begin_again();
      break;
    case 1:
    case 2:
      post_garbage();
      break;
    case 3:
    case 4:
      call_garbage();
      break;
    case 5:
      touch_nothing();
      break;
    default:
      channels_step();
      break;
  }
}

void hostile_main(const uint8_t* zero_page) {
  uint64_t rounds = option(zero_page, "rounds=", ROUNDS), i;
  uint64_t seed = option(zero_page, "seed=", 1), messages = 0;
  message_t m;

  chance_begin(seed);
  bus_begin();
  channels_contact(VERSION);
  for (i = 0; i < rounds; i++) {
    do_harm();
    while (bus_fetch(&m, chance(8) == 0 ? PATIENCE : 1)) {
      messages++;
      channels_see(&m);
    }
  }
  put_text("hostile: seed ");
  put_number(seed);
  put_text(", rounds ");
  put_number(rounds);
  put_text(", messages of the host ");
  put_number(messages);
  put_text(", channels opened ");
  put_number(channels_opened);
  put_text(", bytes sent ");
  put_number(channels_bytes);
  put_text("\r\n");
  power_off();
}
