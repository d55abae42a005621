#include "machine/cpuid.h"

#include <assert.h>
#include <string.h>

/* Leaf 0x40000003. */
#define HAS_VP_RUNTIME    (1u << 0)
#define HAS_TIME_REF      (1u << 1)
#define HAS_SYNIC         (1u << 2)
#define HAS_APIC          (1u << 4)
#define HAS_HYPERCALL     (1u << 5)
#define HAS_VP_INDEX      (1u << 6)
#define HAS_REFERENCE_TSC (1u << 9)
#define HAS_FREQUENCY     (1u << 11)
#define MAY_POST          (1u << 4)
#define MAY_SIGNAL        (1u << 5)
#define MISC_FREQUENCY    (1u << 8)
#define MISC_CRASH        (1u << 10)

/* Leaf 0x40000004. */
#define HINT_RELAXED_TIMING (1u << 5)
#define HINT_NO_AUTO_EOI    (1u << 9)

#define HYPERVISOR 0x40000000u

static const struct kvm_cpuid_entry2 own[] = {
    {.function = 0x40000000,
     .eax = 0x40000005,                          /* the highest leaf */
     .ebx = 0x7263694d,                          /* "Micr" */
     .ecx = 0x666f736f,                          /* "osof" */
     .edx = 0x76482074},                         /* "t Hv" */
    {.function = 0x40000001, .eax = 0x31237648}, /* "Hv#1" */
    {.function = 0x40000002, .eax = 14393, .ebx = 0x000a0000}, /* 10.0.14393 */
    {.function = 0x40000003,
     .eax = HAS_VP_RUNTIME | HAS_TIME_REF | HAS_SYNIC | HAS_APIC |
            HAS_HYPERCALL | HAS_VP_INDEX | HAS_REFERENCE_TSC | HAS_FREQUENCY,
     .ebx = MAY_POST | MAY_SIGNAL,
     .edx = MISC_FREQUENCY | MISC_CRASH},
    {.function = 0x40000004,
     .eax = HINT_RELAXED_TIMING | HINT_NO_AUTO_EOI,
     .ebx = 0xffffffff}, /* never reports long spinning */
    {.function = 0x40000005, .eax = 64, .ebx = 64}, /* processors at most */
    {.function = 0x40000006},
    {.function = 0x40000007},
    {.function = 0x40000008},
    {.function = 0x40000009},
    {.function = 0x4000000a},
    {.function = 0x4000000b},
    {.function = 0x4000000c},
    {.function = 0x40000080},
    {.function = 0x40000081},
    {.function = 0x40000082},
};

_Static_assert(sizeof(own) / sizeof(own[0]) == CPUID_OWN,
               "room for the own leaves");

/* Bits that go, by leaf and subleaf. */
static const struct {
  uint32_t function, index;
  uint32_t eax, ebx, ecx, edx;
} without[] = {
    /* FMA, XSAVE, OSXSAVE, AVX, F16C; HTT: there is one processor */
    {0x1, 0, .ecx = 1u << 12 | 7u << 26 | 1u << 29, .edx = 1u << 28},
    {0x4, 0, .eax = 0xffffc000}, /* threads and cores that share the cache */
    {0x4, 1, .eax = 0xffffc000},
    {0x4, 2, .eax = 0xffffc000},
    {0x4, 3, .eax = 0xffffc000},
    /* AVX2, AVX-512, PKU, shadow stacks, VAES, VPCLMULQDQ, AMX */
    {0x7,
     0,
     .ebx = 1u << 5 | 3u << 16 | 1u << 21 | 7u << 26 | 3u << 30,
     .ecx = 1u << 1 | 1u << 3 | 3u << 6 | 7u << 9 | 1u << 12 | 1u << 14,
     .edx = 3u << 2 | 1u << 8 | 7u << 22},
    {0x7, 1, .eax = 3u << 4},                    /* AVX-VNNI, AVX512-BF16 */
    {0x80000001, 0, .ecx = 1u << 11 | 1u << 16}, /* XOP, FMA4 */
    {0x80000008, 0, .ecx = 0xffffffff},          /* cores */
};

static int is_dropped(const struct kvm_cpuid_entry2* entry) {
  return entry->function >> 16 == HYPERVISOR >> 16 || entry->function == 0xd ||
         entry->function == 0x80000000 + 0x1e; /* AMD's topology */
}

static void trim(struct kvm_cpuid_entry2* entry) {
  size_t i;

  for (i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
    if (without[i].function != entry->function ||
        without[i].index != entry->index)
      continue;
    entry->eax &= ~without[i].eax;
    entry->ebx &= ~without[i].ebx;
    entry->ecx &= ~without[i].ecx;
    entry->edx &= ~without[i].edx;
  }
}

/* The guest's one processor is number 0, whichever of ours KVM looked at. */
static void number(struct kvm_cpuid_entry2* entry) {
  if (entry->function == 1) {
    entry->ecx |= 1u << 31; /* there is a hypervisor */
    entry->ebx = (entry->ebx & 0xffff) | 1u << 16;
  } else if (entry->function == 0xb || entry->function == 0x1f)
    entry->edx = 0;
}

uint32_t cpuid_make(struct kvm_cpuid_entry2* to,
                    const struct kvm_cpuid_entry2* from,
                    uint32_t count) {
  uint32_t i, made = 0;

  for (i = 0; i < count; i++) {
    if (is_dropped(&from[i]))
      continue;
    to[made] = from[i];
    trim(&to[made]);
    number(&to[made]);
    made++;
  }
  memcpy(to + made, own, sizeof(own));
  assert(made <= count);
  return made + CPUID_OWN;
}
