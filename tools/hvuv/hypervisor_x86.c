/* The processor's own word for the hypervisor: CPUID leaf 0x40000000, and each
 * 0x100 above it where one plays another (KVM plays Hyper-V and says what it is
 * at 0x40000100). Sources: Linux, arch/x86/include/asm/cpuid; Hyper-V TLFS. */
#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif

#include "os.h"

#define FIRST_LEAF      0x40000000u
#define LEAF_STEP       0x100u
#define LEAVES          3
#define HYPERV_FEATURES 0x40000003u
#define CREATES_VMS     1u /* in EBX of it: only the root partition may */

enum { EAX, EBX, ECX, EDX, REGISTERS };

static const struct {
  const char* signature;
  const char* name;
} known[] = {
    {"Microsoft Hv", "Hyper-V"},
    {"KVMKVMKVM", "KVM"},
    {"TCGTCGTCGTCG", "QEMU without KVM"},
    {"VMwareVMware", "VMware"},
    {"VBoxVBoxVBox", "VirtualBox"},
    {"XenVMMXenVMM", "Xen"},
    {"bhyve bhyve ", "bhyve"},
    {"ACRNACRNACRN", "ACRN"},
    {"QNXQVMBSQG", "QNX"},
};

static void ask(uint32_t leaf, uint32_t out[REGISTERS]) {
#if defined(_MSC_VER)
  int values[REGISTERS];

  __cpuid(values, (int) leaf);
  memcpy(out, values, sizeof(values));
#else
  __cpuid(leaf, out[EAX], out[EBX], out[ECX], out[EDX]);
#endif
}

static const char* name_at(uint32_t leaf) {
  uint32_t values[REGISTERS];
  char signature[13] = "";
  size_t i;

  ask(leaf, values);
  memcpy(signature, &values[EBX], 12);
  for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
    if (strcmp(signature, known[i].signature) == 0)
      return known[i].name;
  return NULL;
}

const char* find_hypervisor(int* is_root) {
  uint32_t values[REGISTERS];
  const char* found = NULL;
  const char* name;
  uint32_t i;

  *is_root = 0;
  ask(1, values);
  if ((values[ECX] & 0x80000000u) == 0) /* "a hypervisor is present" */
    return NULL;

  for (i = 0; i < LEAVES; i++) {
    name = name_at(FIRST_LEAF + i * LEAF_STEP);
    if (name != NULL)
      found = name;
  }
  if (found == NULL)
    return "a hypervisor that is not known here";
  if (strcmp(found, "Hyper-V") == 0) {
    ask(HYPERV_FEATURES, values);
    *is_root = (values[EBX] & CREATES_VMS) != 0;
  }
  return found;
}
