#include "program/options.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tools/common/options.h"

#define MIB             (1024 * 1024ull)
#define RAM_LEAST_MIB   128
#define RAM_MOST_MIB    3072
#define RAM_DEFAULT_MIB 512
#define DEADLINE_S      120
#define DEADLINE_MOST_S 86400

/* The kernel speaks on the first serial port, and a panic or a reboot ends the
 * machine. There is no PCI to be looked for. */
#define COMMAND_LINE                                                           \
  "console=ttyS0 panic=-1 reboot=t pci=off mitigations=off nokaslr quiet"

enum {
  OPTION_ALWAYS = 256,
  OPTION_CONTROL,
  OPTION_DROP,
  OPTION_FIN,
  OPTION_MISS,
  OPTION_PACKET,
  OPTION_PROBE,
  OPTION_RESCIND,
  OPTION_SECOND,
  OPTION_VERSION_MAX
};

static const option_t rows[] = {
    {'a', "append", "TEXT", "More of the kernel's command line.", 'a'},
    {0,
     "control",
     "FILE",
     "A FIFO, made if it is not there, that takes commands,\n"
     "a line each: stall, resume, gone, counters, stop.",
     OPTION_CONTROL},
    {'m', "memory", "MIB", "The guest's memory (512).", 'm'},
    {0,
     "packet",
     "BYTES",
     "A packet to the guest at most (16384).",
     OPTION_PACKET},
    {0, "probe", NULL, "Only looks whether KVM here can do it.", OPTION_PROBE},
    {0,
     "second-console",
     "FILE",
     "Where the second serial port, ttyS1, writes to.",
     OPTION_SECOND},
    {0,
     "signal-always",
     NULL,
     "Signals each packet, not only the first of an empty ring.",
     OPTION_ALWAYS},
    {'v', "verbose", NULL, "Reports each message of VMBus.", 'v'},
    {0,
     "vmbus",
     "VERSION",
     "The newest VMBus that is agreed to, 4.0 to 5.3.",
     OPTION_VERSION_MAX},
    {'w', "deadline", "SECONDS", "When the guest is stopped (120).", 'w'},
    {0,
     "fault-fin",
     NULL,
     "On purpose: a FIN to the guest has a wrong size.",
     OPTION_FIN},
    {0,
     "fault-rescind",
     NULL,
     "On purpose: rescinds where a FIN should be sent.",
     OPTION_RESCIND},
    {0,
     "fault-drop",
     "N",
     "On purpose: loses each N-th signal to the guest.",
     OPTION_DROP},
    {0,
     "fault-miss",
     "N",
     "On purpose: overlooks each N-th signal of the guest.",
     OPTION_MISS},
};

static const tool_t tool = {
    .name = "hvsock_vm",
    .synopsis = "[OPTIONS] KERNEL INITRD PATH\n--probe",
    .about =
        "Boots a Linux kernel on KVM as a guest of Hyper-V, and joins its\n"
        "Hyper-V sockets to Unix sockets: CONNECT at PATH calls the guest,\n"
        "and the guest's calls go to who listens at PATH_PORT.",
    .options = rows,
    .option_count = sizeof(rows) / sizeof(rows[0]),
    .after =
        "What the guest writes to its console, ttyS0, goes to standard\n"
        "output; what the machine reports, to standard error.\n"
        "Exits with 0 when the guest has powered off, 3 when it has reset\n"
        "itself (a panic does, too), 124 at the deadline, 77 if KVM here\n"
        "lacks something, 2 if the arguments were wrong, else 1.",
};

/* "5.3" as VMBus has it; 0: none of those that there are. */
static uint32_t version_of(const char* text) {
  static const struct {
    const char* text;
    uint32_t version;
  } versions[] = {{"4.0", 0x40000},
                  {"4.1", 0x40001},
                  {"5.0", 0x50000},
                  {"5.1", 0x50001},
                  {"5.2", 0x50002},
                  {"5.3", 0x50003}};
  size_t i;

  for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
    if (strcmp(text, versions[i].text) == 0)
      return versions[i].version;
  return 0;
}

/* take() has no context: there is one command line. */
static vm_options_t* vm;

static int take_version(const options_t* o, const char* value) {
  vm->bus.version_max = version_of(value);
  return vm->bus.version_max != 0
             ? 0
             : options_wrong(
                   o, value, "4.0, 4.1, 5.0, 5.1, 5.2 and 5.3 are known");
}

static int take_append(const options_t* o, const char* value) {
  size_t used = strlen(vm->command_line);
  size_t room = sizeof(vm->command_line) - used;

  if (strlen(value) + 2 > room)
    return options_wrong(o, value, "is too long for the kernel");
  snprintf(vm->command_line + used, room, " %s", value);
  return 0;
}

static int take_count(const options_t* o,
                      const char* value,
                      uint64_t most,
                      unsigned int* count) {
  uint64_t number = 0;
  int code = options_number(o, value, 1, most, &number);

  *count = (unsigned int) number;
  return code;
}

static int take_memory(const options_t* o, const char* value) {
  uint64_t mib = 0;
  int code = options_number(o, value, RAM_LEAST_MIB, RAM_MOST_MIB, &mib);

  vm->ram_bytes = mib * MIB;
  return code;
}

static int take_packet(const options_t* o, const char* value) {
  unsigned int bytes = 0;
  int code = take_count(o, value, BUS_PACKET_MAX, &bytes);

  vm->bus.packet_bytes = bytes;
  return code;
}

static int take_fault(const options_t* o, int id, const char* value) {
  bus_faults_t* faults = &vm->bus.faults;

  switch (id) {
    case OPTION_FIN:
      faults->has_wrong_fin = 1;
      return 0;
    case OPTION_RESCIND:
      faults->rescinds_for_fin = 1;
      return 0;
    case OPTION_DROP:
      return take_count(o, value, 1000000, &faults->drops_signal);
    default:
      assert(id == OPTION_MISS);
      return take_count(o, value, 1000000, &faults->misses_signal);
  }
}

static int take(const options_t* o, int id, const char* value) {
  switch (id) {
    case 'a':
      return take_append(o, value);
    case 'm':
      return take_memory(o, value);
    case 'v':
      vm->bus.is_verbose = 1;
      return 0;
    case 'w':
      return options_limit_ms(o, value, DEADLINE_MOST_S, &vm->deadline_ms);
    case OPTION_ALWAYS:
      vm->bus.signals_always = 1;
      return 0;
    case OPTION_CONTROL:
      vm->control = value;
      return 0;
    case OPTION_PACKET:
      return take_packet(o, value);
    case OPTION_PROBE:
      vm->is_probe = 1;
      return 0;
    case OPTION_SECOND:
      vm->second_console = value;
      return 0;
    case OPTION_VERSION_MAX:
      return take_version(o, value);
    default:
      return take_fault(o, id, value);
  }
}

int vm_options_read(vm_options_t* options, int argc, char** argv, int* code) {
  options_t o;

  vm = options;
  memset(vm, 0, sizeof(*vm));
  vm->ram_bytes = RAM_DEFAULT_MIB * MIB;
  vm->deadline_ms = DEADLINE_S * 1000;
  snprintf(vm->command_line, sizeof(vm->command_line), "%s", COMMAND_LINE);
  if (!options_read(&o, &tool, argc, argv, take, code))
    return 0;
  if (vm->is_probe ? o.argc == 0 : o.argc == 3) {
    vm->kernel = vm->is_probe ? NULL : o.argv[0];
    vm->initrd = vm->is_probe ? NULL : o.argv[1];
    vm->bus.path = vm->is_probe ? NULL : o.argv[2];
    return 1;
  }
  *code = usage_error(&tool,
                      vm->is_probe ? "--probe takes no arguments"
                                   : "needs KERNEL, INITRD and PATH");
  return 0;
}
