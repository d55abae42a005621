/* hvuv_explain(): gathers the facts and lets explain_text.c choose the words.
 */
#include "explain/explain.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "local/partition.h"
#include "sys/sys.h"

/* Room for a folder in a sentence, with the NUL; a longer one is cut. */
#define FOLDER_ROOM 257

/* A GUID, or the words for having none. */
#define PARTITION_ROOM 48

/* In UTF-8, of which no character is cut in two. */
static void cut(char text[], size_t room) {
  size_t len = strlen(text);

  if (len < room)
    return;
  len = room - 1;
  while (len > 0 && (text[len] & 0xc0) == 0x80)
    len--;
  text[len] = '\0';
}

static void find_partition(char text[PARTITION_ROOM]) {
  hvuv__route_t route;

  /* Everybody reaches itself, so the route says who that is. */
  if (hvuv__route_to_connect(&HVUV_VM_LOOPBACK, &route) != 0)
    snprintf(text, PARTITION_ROOM, "unknown (HVUV_LOCAL_VM is no VM id)");
  else if (route.self.is_host)
    snprintf(text, PARTITION_ROOM, "the host");
  else
    hvuv_guid_format(&route.self.vm_id, text);
}

int hvuv_explain(const hvuv_addr_t* addr, int status, char* buf, size_t size) {
  char folder[HVUV__PATH_ROOM];
  char partition[PARTITION_ROOM];
  char text[HVUV_ADDR_STRLEN];
  size_t text_size = sizeof(text);
  hvuv__facts_t facts;

  if (buf == NULL || size == 0)
    return UV_EINVAL;
  if (hvuv_addr_format(addr, text, &text_size) != 0)
    return UV_EINVAL;

  memset(&facts, 0, sizeof(facts));
  facts.own_cid = HVUV_CID_ANY;
  facts.original = hvuv__sys_original(status);
  hvuv__probe_vsock(&facts);

  if (hvuv__partition_root(folder) != 0)
    folder[0] = '\0';
  cut(folder, FOLDER_ROOM);
  find_partition(partition);
  facts.folder = folder;
  facts.partition = partition;
  return hvuv__explain_with(&facts, addr, status, buf, size);
}
