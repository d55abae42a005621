/* An explanation: the advice of the table, with its names filled in. */
#include "explain/explain_text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "addr/alias.h"
#include "addr/text.h"
#include "explain/advice.h"

static void find_target(hvuv__question_t* q) {
  const hvuv_addr_t* addr = q->addr;

  assert(hvuv_addr_family(addr) != 0);
  q->cid = HVUV_CID_ANY;
  q->port = HVUV_PORT_ANY;
  if (addr->family == HVUV_VSOCK) {
    q->cid = addr->u.vsock.cid;
    q->port = addr->u.vsock.port;
  } else if (addr->family == HVUV_HYBRID) {
    hvuv_service_to_port(&addr->u.hybrid.service_id, &q->port);
  } else {
    hvuv_service_to_port(&addr->u.hyperv.service_id, &q->port);
    hvuv__alias_vm_to_cid(&addr->u.hyperv.vm_id, &q->cid);
  }
}

static void print_number(uint32_t n, char text[HVUV_ADDR_STRLEN]) {
  if (n == HVUV_CID_ANY)
    snprintf(text, HVUV_ADDR_STRLEN, "any");
  else
    snprintf(text, HVUV_ADDR_STRLEN, "%lu", (unsigned long) n);
}

static void print_service(const hvuv__question_t* q,
                          char text[HVUV_ADDR_STRLEN]) {
  if (q->addr->family == HVUV_VSOCK)
    print_number(q->port, text);
  else if (q->addr->family == HVUV_HYBRID)
    hvuv__alias_service_text(&q->addr->u.hybrid.service_id, text);
  else
    hvuv__alias_service_text(&q->addr->u.hyperv.service_id, text);
}

/* What stands for a name in a text; returns the name's length, 0 if none. */
static size_t look_up(const hvuv__question_t* q,
                      const char* at,
                      char room[],
                      const char** value) {
  size_t size = HVUV_ADDR_STRLEN;

  *value = room;
  room[0] = '\0';
  if (strncmp(at, "$addr", 5) == 0) {
    hvuv_addr_format(q->addr, room, &size);
    return 5;
  }
  if (strncmp(at, "$port", 5) == 0) {
    print_service(q, room);
    return 5;
  }
  if (strncmp(at, "$cid", 4) == 0) {
    print_number(q->cid, room);
    return 4;
  }
  if (strncmp(at, "$own", 4) == 0) {
    print_number(q->facts->own_cid, room);
    return 4;
  }
  if (strncmp(at, "$path", 5) == 0) {
    *value = q->addr->u.hybrid.path;
    return 5;
  }
  if (strncmp(at, "$folder", 7) == 0) {
    *value = q->facts->folder;
    return 7;
  }
  if (strncmp(at, "$self", 5) == 0) {
    *value = q->facts->partition;
    return 5;
  }
  return 0;
}

/* Appends what fits; returns 0 when something did not. */
static int append(char** to, const char* end, const char* text, size_t len) {
  size_t room = (size_t) (end - *to);
  int fits = len <= room;

  assert(*to <= end);
  if (!fits)
    len = room;
  memcpy(*to, text, len);
  *to += len;
  return fits;
}

/* A path or a folder may have characters that a terminal would obey. */
static void clean(char* text) {
  size_t n;

  for (; *text != '\0'; text++)
    if ((n = hvuv__text_control(text)) > 0)
      memset(text, '?', n);
}

int hvuv__explain_with(const hvuv__facts_t* facts,
                       const hvuv_addr_t* addr,
                       hvuv_step_t step,
                       int status,
                       char* buf,
                       size_t size) {
  char room[HVUV_ADDR_STRLEN];
  const char* value;
  const char* at;
  hvuv__question_t q;
  size_t name;
  char* to;
  int fits;

  assert(buf != NULL && size > 0);
  assert(facts->folder != NULL && facts->partition != NULL);
  q.facts = facts;
  q.addr = addr;
  q.step = step;
  find_target(&q);

  to = buf;
  fits = 1;
  for (at = hvuv__advice_find(&q, status); *at != '\0' && fits;) {
    name = *at == '$' ? look_up(&q, at, room, &value) : 0;
    assert(*at != '$' || name != 0); /* the table knows no other names */
    if (name == 0) {
      fits = append(&to, buf + size - 1, at, 1);
      at++;
    } else {
      fits = append(&to, buf + size - 1, value, strlen(value));
      at += name;
    }
  }
  if (fits && facts->original != 0) {
    snprintf(room,
             sizeof(room),
             " (Windows' last number for that was %d.)",
             facts->original);
    fits = append(&to, buf + size - 1, room, strlen(room));
  }
  *to = '\0';
  clean(buf);
  assert(strlen(buf) < size);
  return fits ? 0 : UV_ENOBUFS;
}
