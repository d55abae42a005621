/*
 * Who may bind where, who reaches whom, and with which code it fails: the
 * rules of the AF_HYPERV EMULATION, as hyperv_emulation.h tells them. Pure
 * functions of what the caller looked up.
 */
#include "hyperv_emulation_rules.h"

#include <string.h>

#include "hvuv/guid.h"

const GUID emulation_host = {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0}};
const GUID emulation_wildcard = {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0}};
const GUID emulation_broadcast = {
    0xffffffff,
    0xffff,
    0xffff,
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
const GUID emulation_children = {
    0x90db8b89,
    0x0d35,
    0x4f79,
    {0x8c, 0xe9, 0x49, 0xea, 0x0a, 0xc8, 0xb7, 0xcd}};
const GUID emulation_loopback = {
    0xe0e16197,
    0xdd56,
    0x4a10,
    {0x91, 0x95, 0x5e, 0xe7, 0xa1, 0x55, 0xa8, 0x38}};
const GUID emulation_parent = {
    0xa42e7cda,
    0xd03f,
    0x480c,
    {0x9c, 0xc2, 0xa4, 0xde, 0x20, 0xab, 0xb8, 0x78}};
const GUID emulation_silohost = {
    0x36bd0c5c,
    0x7276,
    0x4223,
    {0x88, 0xba, 0x7d, 0x03, 0xb6, 0x54, 0xc5, 0x68}};

static const GUID template_port_0 = {
    0x00000000,
    0xfacb,
    0x11e6,
    {0xbd, 0x58, 0x64, 0x00, 0x6a, 0x79, 0x86, 0xd3}};

int emulation_same(const GUID* a, const GUID* b) {
  return memcmp(a, b, sizeof(*a)) == 0;
}

int emulation_guid(const char* text, GUID* guid) {
  hvuv_guid_t parsed;

  if (hvuv_guid_parse(text, &parsed) != 0)
    return 0;
  memcpy(guid, &parsed, sizeof(*guid)); /* the same bytes, guid.h says */
  return 1;
}

int emulation_is_any_port(const GUID* service) {
  return emulation_same(service, &template_port_0);
}

static int is_host(const GUID* partition) {
  return emulation_same(partition, &emulation_host);
}

int emulation_may_bind(const GUID* owner,
                       const GUID* at,
                       int at_kind,
                       int is_registered) {
  if (emulation_same(at, &emulation_loopback))
    return 0;
  if (emulation_same(at, &emulation_broadcast) ||
      emulation_same(at, &emulation_silohost))
    return WSAEADDRNOTAVAIL;

  if (emulation_same(at, &emulation_parent)) {
    if (is_host(owner))
      return WSAEADDRNOTAVAIL;
  } else if (!emulation_same(at, &emulation_wildcard) &&
             !emulation_same(at, &emulation_children)) {
    if (!is_host(owner) || at_kind == EMULATION_OFF)
      return WSAEADDRNOTAVAIL;
    if (at_kind == HYPERV_EMULATION_WSL2_VM)
      return 0;
  }

  /* It is the host that keeps a register, and not of what its guests do. */
  return is_host(owner) && !is_registered ? WSAEACCES : 0;
}

emulation_way_t emulation_way(const GUID* from, const GUID* to, int to_kind) {
  emulation_way_t way = {0, 0, 0, {0, 0, 0, {0}}};

  if (emulation_same(to, &emulation_loopback)) {
    way.target = *from;
  } else if (emulation_same(to, &emulation_parent)) {
    way.target = emulation_host;
    way.at_once = is_host(from);
    way.code = is_host(from) ? WSAEADDRNOTAVAIL : 0;
  } else if (emulation_same(to, &emulation_wildcard) ||
             emulation_same(to, &emulation_broadcast) ||
             emulation_same(to, &emulation_children) ||
             emulation_same(to, &emulation_silohost)) {
    way.code = WSAEADDRNOTAVAIL;
    way.at_once = 1;
  } else {
    way.target = *to;
    if (!is_host(from) || to_kind == EMULATION_OFF)
      way.code = WSAEADDRNOTAVAIL;
  }
  return way;
}

emulation_way_t emulation_nobody(const GUID* from,
                                 const GUID* target,
                                 int vm_kind) {
  emulation_way_t way = {WSAECONNREFUSED, 0, 0, {0, 0, 0, {0}}};

  way.target = *target;
  if (!emulation_same(from, target) && vm_kind != HYPERV_EMULATION_WINDOWS_VM) {
    way.code = WSAETIMEDOUT;
    way.waits = 1;
  }
  return way;
}

int emulation_hears(const GUID* owner,
                    const GUID* at,
                    const GUID* caller,
                    int caller_kind) {
  int from_child = is_host(owner) && !is_host(caller);

  if (from_child && emulation_same(at, caller))
    return 3;
  if (from_child && caller_kind == HYPERV_EMULATION_WSL2_VM)
    return 0;
  if (emulation_same(at, &emulation_wildcard))
    return 1;
  if (emulation_same(at, &emulation_loopback))
    return emulation_same(owner, caller) ? 2 : 0;
  if (emulation_same(at, &emulation_children))
    return from_child ? 2 : 0;
  if (emulation_same(at, &emulation_parent))
    return !is_host(owner) && is_host(caller) ? 2 : 0;
  return 0;
}

const GUID* emulation_seen_as(const GUID* owner, const GUID* caller) {
  if (emulation_same(owner, caller))
    return &emulation_loopback;
  return is_host(caller) ? &emulation_parent : caller;
}
