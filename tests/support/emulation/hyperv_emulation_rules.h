/* The rules of the AF_HYPERV EMULATION; see hyperv_emulation_rules.c. */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_RULES_H
#define HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_RULES_H

#include <winsock2.h>
#include <windows.h>

#include "hyperv_emulation.h"

/* A partition is named by its VM id; the host by the id of zeros. */
extern const GUID emulation_host;
extern const GUID emulation_wildcard;
extern const GUID emulation_broadcast;
extern const GUID emulation_children;
extern const GUID emulation_loopback;
extern const GUID emulation_parent;
extern const GUID emulation_silohost;

/* Of a VM that does not run, in place of its hyperv_emulation_vm_kind. */
#define EMULATION_OFF 0

/* How a connect ends: by reaching a partition, or with a code. */
typedef struct emulation_way_s {
  int code;    /* 0: whom it reaches is in target */
  int at_once; /* connect() itself says so */
  int waits;   /* the connect timeout passes first */
  GUID target;
} emulation_way_t;

int emulation_same(const GUID* a, const GUID* b);

/* Reads a GUID; 0 if the text is none. */
int emulation_guid(const char* text, GUID* guid);

/* Whether a service id is that of the vsock template's port 0. */
int emulation_is_any_port(const GUID* service);

/* 0 or the code of a bind by `owner` at the VM id `at`, which is a VM of kind
 * at_kind if it is one at all. */
int emulation_may_bind(const GUID* owner,
                       const GUID* at,
                       int at_kind,
                       int is_registered);

/* Whom `from` reaches at the VM id `to`, a VM of kind to_kind if it is one. */
emulation_way_t emulation_way(const GUID* from, const GUID* to, int to_kind);

/* What becomes of a connect to a partition where nobody listens; vm_kind is
 * that of the one of both that is a VM. */
emulation_way_t emulation_nobody(const GUID* from,
                                 const GUID* target,
                                 int vm_kind);

/* How well a listener of `owner` at the VM id `at` fits a caller: 0, not at
 * all; else the highest number hears it. */
int emulation_hears(const GUID* owner,
                    const GUID* at,
                    const GUID* caller,
                    int caller_kind);

/* The VM id under which a listener of `owner` sees a caller. */
const GUID* emulation_seen_as(const GUID* owner, const GUID* caller);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_RULES_H */
