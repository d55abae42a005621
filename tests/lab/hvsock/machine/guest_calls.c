#include "machine/guest_calls.h"

#include <assert.h>
#include <string.h>

#include "machine/words.h"

#define CODE_POST_MESSAGE 0x5cu
#define CODE_SIGNAL_EVENT 0x5du
#define CODE_MASK         0xffffu
#define INPUT_FAST        (1ull << 16)
#define INPUT_REST        (~(uint64_t) (CODE_MASK | INPUT_FAST)) /* repeats, header */

#define POST_BYTES       256u
#define POST_CONNECTION  0u
#define POST_TYPE        8u
#define POST_SIZE        12u
#define POST_PAYLOAD     16u
#define POST_PAYLOAD_MAX 240u

static uint64_t post(guest_calls_t* calls, uint64_t gpa) {
  uint8_t input[POST_BYTES];
  const void* from = ram_at(calls->ram, gpa, POST_BYTES);
  uint32_t size;

  calls->posts++;
  if (gpa % 8 != 0 || gpa % RAM_PAGE > RAM_PAGE - POST_BYTES || from == NULL)
    return CALL_INVALID_ALIGNMENT;
  memcpy(input, from, POST_BYTES);
  size = word_32(input + POST_SIZE);
  if (size > POST_PAYLOAD_MAX)
    return CALL_INVALID_PARAMETER;
  return calls->host->posted(calls->host->context,
                             word_32(input + POST_CONNECTION),
                             word_32(input + POST_TYPE),
                             input + POST_PAYLOAD,
                             size);
}

static uint64_t take(guest_calls_t* calls,
                     uint64_t input,
                     const uint64_t params[2]) {
  if (input & INPUT_REST)
    return CALL_INVALID_INPUT;
  switch (input & CODE_MASK) {
    case CODE_POST_MESSAGE:
      return input & INPUT_FAST ? CALL_INVALID_INPUT : post(calls, params[0]);
    case CODE_SIGNAL_EVENT:
      calls->signals++;
      return calls->host->signalled(calls->host->context, params[0]);
    default:
      return CALL_INVALID_CODE;
  }
}

uint64_t guest_calls_take(guest_calls_t* calls,
                          uint64_t input,
                          const uint64_t params[2]) {
  uint64_t status;

  assert(calls->ram != NULL && calls->host->posted != NULL);
  status = take(calls, input, params);
  if (status != CALL_SUCCESS)
    calls->refused++;
  return status;
}
