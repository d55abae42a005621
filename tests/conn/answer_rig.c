#include "answer_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/trace.h"

const hvuv_framing_t answer_lines = {.kind = HVUV_FRAMING_LINES};
const hvuv_framing_t answer_raw = {.kind = HVUV_FRAMING_RAW};
const hvuv_framing_t answer_sized = {.kind = HVUV_FRAMING_LENGTH,
                                     .prefix_bytes = 4};
const hvuv_framing_t answer_varint = {.kind = HVUV_FRAMING_VARINT};

char answer_pool[4 * 65536];
int answer_results[8];
rig_t* answer_stage;

static unsigned int nresults;

int answer_up(void** state) {
  size_t i;

  for (i = 0; i < sizeof(answer_pool); i++)
    answer_pool[i] = (char) ('0' + (i + i / 70) % 70);
  nresults = 0;
  memset(answer_results, 0, sizeof(answer_results));
  if (rig_up(state) != 0)
    return -1;
  answer_stage = *state;
  answer_stage->is_quiet = 1;
  return 0;
}

void answer_note(int result) {
  if (nresults < sizeof(answer_results) / sizeof(answer_results[0]))
    answer_results[nresults++] = result;
}

void answer_send(hvuv_conn_t* conn, size_t offset, size_t nbytes) {
  answer_note(hvuv_conn_send(conn, answer_pool + offset, nbytes));
}

void answer_send_large(hvuv_conn_t* conn) {
  answer_send(conn, 0, LARGE);
}

void answer_ask(rig_t* rig,
                const hvuv_framing_t* framing,
                void (*act)(hvuv_conn_t* conn)) {
  static const char question[] = "\0\0\0\1";

  rig->protocol.framing = *framing;
  rig->at[AT_MESSAGE] = act;
  if (rig->test == NULL)
    rig_open(rig);
  trace_reset();
  if (framing->kind == HVUV_FRAMING_LENGTH)
    hvuv_test_receive(rig->test, question, 4);
  if (framing->kind == HVUV_FRAMING_VARINT)
    hvuv_test_receive(rig->test, question + 3, 1);
  rig_receive(rig, framing->kind == HVUV_FRAMING_LINES ? "?\n" : "?");
}

void answer_got(rig_t* rig,
                const char* head,
                size_t nhead,
                size_t nbytes,
                const char* tail) {
  size_t got;
  const char* sent = hvuv_test_sent(rig->test, &got);

  assert_int_equal(got, nhead + nbytes + strlen(tail));
  assert_memory_equal(sent, head, nhead);
  assert_memory_equal(sent + nhead, answer_pool, nbytes);
  assert_string_equal(sent + nhead + nbytes, tail);
}

void answer_close(rig_t* rig) {
  hvuv_test_close(rig->test);
  rig->test = NULL;
  nresults = 0;
  trace_reset();
}
