#include "vm.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
  int err;
  const char* meaning;
} meanings[] = {
    {UV_EMLINK,
     "Several VMs have this name: 'hvuv vms' lists them with their ids."},
    {UV_EACCES,
     "Only administrators and Hyper-V Administrators may ask for VMs: run this "
     "in a prompt that was opened with 'Run as administrator'."},
    {UV_ENOTSUP,
     "Names of VMs are known on Windows, from 10 version 1809 on with Hyper-V; "
     "'wsl' there if it is WSL 2. Elsewhere partitions of local addresses are "
     "found by their id."},
    {UV_ETIMEDOUT, "What manages the VMs did not respond in 30 seconds."},
    {UV_EINVAL, "A name is not empty."},
    {UV_ENAMETOOLONG, "A name has at most 255 bytes."},
};

const char* vm_meaning(int err) {
  size_t i;

  if (err == UV_ENOENT)
    return vm_none;
  for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
    if (meanings[i].err == err)
      return meanings[i].meaning;
  return "That is the system's own answer.";
}

int vm_is_name(const char* text) {
  return strncmp(text, VM_SCHEME, strlen(VM_SCHEME)) == 0;
}

static int wrong(const char* text, const char* fault, char* why, size_t size) {
  snprintf(why, size, "\"%.80s\" %s", text, fault);
  return UV_EINVAL;
}

/* The service is read as that of an address whose VM is known. */
static int read_service(const char* service,
                        hvuv_addr_t* addr,
                        char* why,
                        size_t size) {
  char text[HVUV_ADDR_STRLEN];

  snprintf(text, sizeof(text), "%s://any/%.100s", vm_family, service);
  return hvuv_addr_parse_why(text, addr, why, size);
}

int vm_parse(const char* text, vm_name_t* vm, char* why, size_t size) {
  const char* name = text + strlen(VM_SCHEME);
  const char* slash = strrchr(name, '/');
  hvuv_guid_t id;
  size_t len;

  assert(vm_is_name(text));
  if (slash == NULL || slash == name)
    return wrong(text,
                 "is no VM and service: vm:NAME/SERVICE, such as vm:wsl/5000",
                 why,
                 size);
  len = (size_t) (slash - name);
  if (len >= sizeof(vm->name))
    return wrong(text, "has a name of more than 255 bytes", why, size);
  memcpy(vm->name, name, len);
  vm->name[len] = '\0';
  if (!vm_names_are_known && hvuv_guid_parse(vm->name, &id) != 0)
    return wrong(
        text,
        "has a name, which only Windows knows; here NAME is the id of a "
        "VM that is played at local addresses: 'hvuv vms' lists them",
        why,
        size);
  return read_service(slash + 1, &vm->addr, why, size);
}
