/* hvuv_explain(): gathers the facts and lets explain_text.c choose the words.
 */
#include "hvuv/explain.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "explain/explain_text.h"
#include "explain/probe.h"
#include "local/layout.h"
#include "sys/sys.h"
#include "unix/folder.h"
#include "unix/look.h"
#include "unix/path.h"

/* Room for a folder in a sentence, with the NUL; a longer one is cut. */
#define FOLDER_ROOM 257

/* A GUID, or the words for having none. */
#define PARTITION_ROOM 48

static const char* const step_names[] = {
    [HVUV_STEP_UNKNOWN] = "unknown step",
    [HVUV_STEP_PARSE] = "parse",
    [HVUV_STEP_BIND] = "bind",
    [HVUV_STEP_LISTEN] = "listen",
    [HVUV_STEP_ACCEPT] = "accept",
    [HVUV_STEP_CONNECT] = "connect",
    [HVUV_STEP_HANDSHAKE] = "handshake",
    [HVUV_STEP_SEND] = "send",
    [HVUV_STEP_RECEIVE] = "receive",
    [HVUV_STEP_FRAMING] = "framing",
    [HVUV_STEP_TIME_LIMIT] = "time limit",
    [HVUV_STEP_STOP] = "stop",
};

#define STEPS (sizeof(step_names) / sizeof(step_names[0]))

/* In UTF-8, of which no character is cut in two. */
static void cut(char text[], size_t room) {
  size_t len = strlen(text);

  if (len < room)
    return;
  len = room - 1;
  while (len > 0 && (text[len] & 0xc0) == 0x80)
    len--;
  text[len] = '\0';
  assert(strlen(text) < room);
}

static void find_partition(hvuv__facts_t* facts, char text[PARTITION_ROOM]) {
  hvuv__partition_t self;

  facts->partition = text;
  facts->partition_error = hvuv__partition_self(&self);
  if (facts->partition_error != 0)
    snprintf(text, PARTITION_ROOM, "unknown (HVUV_LOCAL_VM is no VM id)");
  else if (self.is_host)
    snprintf(text, PARTITION_ROOM, "the host");
  else
    hvuv_guid_format(&self.vm_id, text);
  facts->is_vm = facts->partition_error == 0 && !self.is_host;
}

static void find_folder(hvuv__facts_t* facts, char folder[HVUV__PATH_ROOM]) {
  facts->folder = folder;
  facts->folder_error = hvuv__layout_root(folder);
  if (facts->folder_error == 0)
    facts->folder_error = hvuv__folder_check(folder, 0);
  else
    folder[0] = '\0';
  assert(facts->folder_error <= 0);
  cut(folder, FOLDER_ROOM);
}

static int is_step(hvuv_step_t step) {
  return (unsigned int) step < STEPS;
}

const char* hvuv_step_name(hvuv_step_t step) {
  return is_step(step) ? step_names[step] : "unknown step";
}

int hvuv_explain(const hvuv_addr_t* addr, int status, char* buf, size_t size) {
  return hvuv_explain_step(addr, HVUV_STEP_UNKNOWN, status, buf, size);
}

int hvuv_explain_step(const hvuv_addr_t* addr,
                      hvuv_step_t step,
                      int status,
                      char* buf,
                      size_t size) {
  char folder[HVUV__PATH_ROOM];
  char partition[PARTITION_ROOM];
  char text[HVUV_ADDR_STRLEN];
  size_t text_size = sizeof(text);
  hvuv__facts_t facts;

  if (buf == NULL || size == 0 || !is_step(step))
    return UV_EINVAL;
  if (hvuv_addr_format(addr, text, &text_size) != 0)
    return UV_EINVAL;

  memset(&facts, 0, sizeof(facts));
  facts.own_cid = HVUV_CID_ANY;
  facts.original = hvuv__sys_original(status);
  hvuv__probe_vsock(&facts);

  if (addr->family == HVUV_HYBRID)
    facts.at_path = hvuv__unix_look(addr->u.hybrid.path);

  find_folder(&facts, folder);
  find_partition(&facts, partition);
  assert(text[0] != '\0');
  return hvuv__explain_with(&facts, addr, step, status, buf, size);
}
