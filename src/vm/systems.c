/*
 * HcsEnumerateComputeSystems() results in an array (Microsoft's HCS schema,
 * Properties):
 *
 *   [{"Id":"...", "SystemType":"VirtualMachine", "Name":"...", "Owner":"VMMS",
 *     "RuntimeId":"GUID", "State":"Running", ...}]
 *
 * RuntimeId is what AF_HYPERV calls a VM by. A VM of Hyper-V has its own id
 * there; one of WSL or of a container is called by Id otherwise. A container
 * that shares its host's kernel is no VM. Members of other names are passed
 * over, and so are those of a known name whose value is no string: later
 * versions may add what they like. An element without an id is no VM that could
 * be connected to.
 */
#include "vm/systems.h"

#include <assert.h>
#include <string.h>

#include "vm/json.h"

/* What of an element counts, as far as it has come. */
typedef struct element_s {
  hvuv_vm_t vm;
  char id[64];
  char runtime_id[64];
  char type[32];
  char state[32];
} element_t;

static const struct {
  const char* text;
  hvuv_vm_state_t state;
} states[] = {
    {"Created", HVUV_VM_STATE_CREATED},
    {"Running", HVUV_VM_STATE_RUNNING},
    {"Paused", HVUV_VM_STATE_PAUSED},
    {"Stopped", HVUV_VM_STATE_STOPPED},
};

static hvuv_vm_state_t state_of(const char* text) {
  size_t i;

  for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
    if (strcmp(text, states[i].text) == 0)
      return states[i].state;
  return HVUV_VM_STATE_UNKNOWN;
}

/* Where the value of a member goes; NULL if it does not count. */
static char* place_of(element_t* e, const char* name, size_t* size) {
  const struct {
    const char* name;
    char* place;
    size_t size;
  } places[] = {
      {"Id", e->id, sizeof(e->id)},
      {"RuntimeId", e->runtime_id, sizeof(e->runtime_id)},
      {"Name", e->vm.name, sizeof(e->vm.name)},
      {"Owner", e->vm.owner, sizeof(e->vm.owner)},
      {"SystemType", e->type, sizeof(e->type)},
      {"State", e->state, sizeof(e->state)},
  };
  size_t i;

  for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
    if (strcmp(name, places[i].name) == 0) {
      *size = places[i].size;
      return places[i].place;
    }
  }
  return NULL;
}

static void read_member(hvuv__json_t* j, element_t* e) {
  char name[32];
  char* place;
  size_t size;

  if (!hvuv__json_name(j, name, sizeof(name)))
    return;
  place = place_of(e, name, &size);
  if (place != NULL && hvuv__json_peek(j) == '"')
    hvuv__json_string(j, place, size);
  else
    hvuv__json_skip(j);
}

static void finish(element_t* e, hvuv__shelf_t* shelf) {
  static const hvuv_guid_t none;

  if (strcmp(e->type, "Container") == 0)
    return;
  if (hvuv_guid_parse(e->runtime_id, &e->vm.id) != 0 &&
      hvuv_guid_parse(e->id, &e->vm.id) != 0)
    return;
  if (hvuv_guid_equal(&e->vm.id, &none))
    return;
  e->vm.state = state_of(e->state);
  hvuv__shelf_add(shelf, &e->vm);
}

int hvuv__systems_parse(const char* json, size_t len, hvuv__shelf_t* shelf) {
  hvuv__json_t j;
  element_t e;

  if (len > HVUV__SYSTEMS_MAX_BYTES)
    return UV_EMSGSIZE;
  hvuv__json_begin(&j, json, len);
  hvuv__json_open(&j, '[');
  while (hvuv__json_next(&j, ']')) {
    memset(&e, 0, sizeof(e));
    hvuv__json_open(&j, '{');
    while (hvuv__json_next(&j, '}'))
      read_member(&j, &e);
    if (!j.is_wrong)
      finish(&e, shelf);
  }
  assert(shelf->count <= HVUV__VMS_MAX);
  return hvuv__json_end(&j);
}
