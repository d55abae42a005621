#include "hostile/cpu.h"
#include "hostile/hostile.h"

#define MSR_GUEST_OS_ID 0x40000000u
#define MSR_HYPERCALL   0x40000001u
#define MSR_SCONTROL    0x40000080u
#define MSR_SIEFP       0x40000082u
#define MSR_SIMP        0x40000083u
#define MSR_EOM         0x40000084u
#define MSR_SINT2       0x40000092u
#define LINUX           (0x8100ull << 48)
#define ENABLED         1u
#define VECTOR          0xf3u

#define POST_MESSAGE 0x5cu
#define SIGNAL_EVENT 0x1005du /* fast */
#define CONNECTION   4u       /* of messages */
#define GPADL_HEADER 8u
#define GPADL_BODY   9u
#define UNUSED_PORT  0x80u

static _Alignas(PAGE) uint8_t call_page[PAGE];
static _Alignas(PAGE) uint8_t message_page[PAGE];
static _Alignas(PAGE) uint8_t event_page[PAGE];
static _Alignas(PAGE) uint32_t input[PAGE / 4];

static uint64_t address(const void* what) {
  return (uint64_t) (uintptr_t) what;
}

void bus_begin(void) {
  write_msr(MSR_GUEST_OS_ID, LINUX);
  write_msr(MSR_HYPERCALL, address(call_page) | ENABLED);
  write_msr(MSR_SIMP, address(message_page) | ENABLED);
  write_msr(MSR_SIEFP, address(event_page) | ENABLED);
  write_msr(MSR_SINT2, VECTOR);
  write_msr(MSR_SCONTROL, ENABLED);
}

/* KVM has put "VMCALL; RET" or "VMMCALL; RET" into the page. */
uint64_t bus_call(uint64_t number, uint64_t first, uint64_t second) {
  register uint64_t r8 __asm__("r8") = second;
  uint64_t status;

  __asm__ volatile("call *%4"
                   : "=a"(status)
                   : "c"(number), "d"(first), "r"(r8), "r"(call_page)
                   : "memory", "cc", "r9", "r10", "r11");
  return status;
}

uint64_t bus_post(const message_t* message) {
  uint32_t i;

  input[0] = CONNECTION;
  input[1] = 0;
  input[2] = 1; /* VMBus */
  input[3] = message->len;
  for (i = 0; i < MESSAGE_MAX / 4; i++)
    input[4 + i] = message->word[i];
  return bus_call(POST_MESSAGE, address(input), 0);
}

/* The host writes to the pages of a GPADL, which are not to be this program's: they stay
 * as they are. */
static uint32_t words_before_pages(const message_t* message) {
  switch (message->word[0]) {
    case GPADL_HEADER:
      return 7;
    case GPADL_BODY:
      return 4;
    default:
      return message->len / 4;
  }
}

void bus_post_spoiled(const message_t* message) {
  message_t spoiled = *message;
  uint32_t changes = chance(20) == 0 ? 1 + chance(3) : 0;

  for (; changes > 0; changes--)
    spoiled.word[chance(words_before_pages(message))] = chance_number();
  if (chance(60) == 0)
    spoiled.len = chance(MESSAGE_MAX + 1);
  bus_post(&spoiled);
}

void bus_signal(uint64_t connection) {
  bus_call(SIGNAL_EVENT, connection, 0);
}

static int take(message_t* message) {
  volatile uint32_t* slot = (volatile uint32_t*) (void*) (message_page + 0x200);
  uint32_t i;
  uint8_t flags;

  if (slot[0] == 0)
    return 0;
  message->len = slot[1] & 0xff;
  for (i = 0; i < MESSAGE_MAX / 4; i++)
    message->word[i] = slot[4 + i];
  slot[0] = 0;
  barrier();
  flags = (uint8_t) (slot[1] >> 8);
  if (flags & 1)
    write_msr(MSR_EOM, 0);
  return 1;
}

int bus_fetch(message_t* message, uint32_t looks) {
  for (; looks > 0; looks--) {
    if (take(message))
      return 1;
    out_8(UNUSED_PORT, 0); /* an exit: so the host gets its turn */
  }
  return 0;
}
