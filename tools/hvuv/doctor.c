/*
 * hvuv doctor [-l] [-w SECONDS] [ADDRESS]: what this machine has of the sockets
 * that hvuv is about, and with an address whether it can be reached.
 *
 * Without an address nobody has said what is wanted, so that something is
 * missing is only noted: most machines need no vsock. Bad is what was set up
 * and cannot work: a folder of `local` that others may enter, a variable with
 * nonsense in it, a VM's device without a driver. With an address, bad is what
 * that one needs and is missing or cannot work, and nothing else; in the end it
 * is tried.
 *
 * Nothing is changed, and nobody is called but ADDRESS. Like hvuv_supported()
 * it makes sockets and binds some, for a moment. With -l a listener's socket is
 * made as by any server.
 */
#include "doctor.h"

#include <assert.h>

#include "hvuv.h"

enum { LISTEN = 'l', TIMEOUT = 'w' };

static uint64_t timeout_ms = 5000;
static int listening;

static const option_t table[] = {
    {'l',
     "listen",
     NULL,
     "Sees whether one can listen at ADDRESS, instead of\n"
     "calling it.",
     LISTEN},
    {'w', "wait", "SECONDS", "How long the call may take (5).", TIMEOUT},
};

static const tool_t tool = {
    .name = "hvuv doctor",
    .synopsis = "[-w SECONDS] [ADDRESS]\n-l ADDRESS",
    .about = "Looks at what this machine has for Hyper-V sockets, vsock and\n"
             "local addresses, and says what to do. With an ADDRESS, sees\n"
             "whether that can be reached.",
    .options = table,
    .option_count = sizeof(table) / sizeof(table[0]),
    .after = "Each line is good, bad, or a note. Without an ADDRESS, bad is "
             "what is set up\nand cannot work, and what is missing is a note; "
             "with one, bad is what it needs.\nExits with 0 if nothing is bad, "
             "1 if something is.",
};

static unsigned int needs_of_vm(const hvuv_guid_t* vm_id) {
  if (hvuv_guid_equal(vm_id, &HVUV_VM_LOOPBACK))
    return NEED_VSOCK | NEED_ITSELF;
  return NEED_VSOCK |
         (hvuv_guid_equal(vm_id, &HVUV_VM_PARENT) ? NEED_PARENT : 0u);
}

static unsigned int needs_of_cid(uint32_t cid) {
  uint32_t own;

  if (cid == HVUV_CID_LOCAL || (hvuv_local_cid(&own) == 0 && own == cid))
    return NEED_VSOCK | (cid == HVUV_CID_ANY ? 0u : NEED_ITSELF);
  if (cid == HVUV_CID_HOST)
    return NEED_VSOCK | NEED_PARENT;
  return NEED_VSOCK |
         (cid > HVUV_CID_HOST && cid != HVUV_CID_ANY ? NEED_VMS : 0u);
}

static int is_low_port(const hvuv_addr_t* addr) {
  uint32_t port;

  if (addr->family == HVUV_VSOCK)
    return addr->u.vsock.port < 1024;
  return addr->family == HVUV_HYPERV &&
         hvuv_service_to_port(&addr->u.hyperv.service_id, &port) == 0 &&
         port < 1024;
}

static unsigned int needs_of(const hvuv_addr_t* addr, int is_listening) {
  unsigned int needs = NEED_UNIX;

  if (addr->family == HVUV_VSOCK)
    needs = needs_of_cid(addr->u.vsock.cid);
  else if (addr->family == HVUV_HYPERV)
    needs = needs_of_vm(&addr->u.hyperv.vm_id);
  else if (addr->family == HVUV_LOCAL)
    needs |= NEED_LOCAL;
  if (is_listening) {
    needs &= ~(unsigned int) (NEED_PARENT | NEED_VMS);
    needs |= is_low_port(addr) ? NEED_LOW_PORTS : 0u;
  }
  return needs;
}

static int examine(const hvuv_addr_t* addr) {
  if (addr != NULL)
    set_needs(needs_of(addr, listening));
  look_at_system();
  look_at_vm_sockets();
  look_at_local();
  if (addr != NULL && listening)
    look_at_listening(addr);
  else if (addr != NULL)
    look_at_calling(addr, timeout_ms);

  if (bad_findings() == 0)
    output("\nNothing is bad.\n");
  else
    output("\n%u bad.\n", bad_findings());
  return program_end(bad_findings() > 0);
}

static int take(const options_t* o, int id, const char* value) {
  if (id == TIMEOUT)
    return options_limit_ms(o, value, 3600, &timeout_ms);
  assert(id == LISTEN);
  listening = 1;
  return 0;
}

int verb_doctor(int argc, char** argv) {
  hvuv_addr_t addr;
  options_t o;
  int code = 0;

  if (!options_read(&o, &tool, argc, argv, take, &code))
    return code;
  if (o.argc > 1)
    return usage_error(&tool, "%s: takes one ADDRESS only", o.argv[1]);
  if (listening && o.argc == 0)
    return usage_error(&tool, "-l needs an ADDRESS");
  if (o.argc == 1)
    code = read_address(&tool, "ADDRESS", o.argv[0], &addr);
  if (code != 0)
    return code;
  return examine(o.argc == 1 ? &addr : NULL);
}
