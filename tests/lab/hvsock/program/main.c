/*
 * hvsock_vm: the machine (machine/machine.h) and the host side of VMBus (bus/bus.h),
 * joined, in one process of three threads:
 *
 *   main   this loop: the deadline, signals, commands, and a look at the message slot
 *   vcpu   runs the guest; its hypercalls go to the bus, which only takes them down
 *   bus    VMBus, and the Unix sockets
 *
 * It ends when the guest does. What stops it sooner (deadline, SIGINT, SIGTERM, the
 * command "stop") stops the vcpu, and then everything goes the same way: the vcpu's
 * thread ends, is noticed here, all handles close, and the loop runs out.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "bus/bus.h"
#include "machine/journal.h"
#include "machine/machine.h"
#include "machine/probe.h"
#include "program/control.h"
#include "program/files.h"
#include "program/options.h"
#include "dsdt.hex"

#define EXIT_RESET    3
#define EXIT_SKIPPED  77
#define EXIT_DEADLINE 124
#define LOOK_MS       10

typedef struct vm_s {
  vm_options_t options;
  machine_t machine;
  bus_t* bus;
  file_t kernel;
  file_t initrd;
  uv_loop_t loop;
  uv_timer_t deadline;
  uv_timer_t look;
  uv_signal_t signals[2];
  uv_async_t ended;
  control_t control;
  int has_control;
  int has_reached_deadline;
} vm_t;

/* --- The two sides, joined ------------------------------------------------- */

static uint64_t on_posted(void* context,
                          uint32_t connection,
                          uint32_t type,
                          const void* payload,
                          size_t len) {
  return bus_posted(((vm_t*) context)->bus, connection, type, payload, len);
}

static uint64_t on_signalled(void* context, uint64_t connection) {
  return bus_signalled(((vm_t*) context)->bus, connection);
}

static void on_synic(void* context,
                     uint64_t control,
                     uint64_t events,
                     uint64_t messages) {
  bus_synic(((vm_t*) context)->bus, control, events, messages);
}

static void on_slot_free(void* context) {
  bus_slot_free(((vm_t*) context)->bus);
}

__attribute__((format(printf, 2, 3))) static void on_log(void* context,
                                                         const char* format,
                                                         ...) {
  va_list args;

  (void) context;
  va_start(args, format);
  journal_line_of(format, args);
  va_end(args);
}

/* --- What the loop does ---------------------------------------------------- */

/* In the vcpu's thread. */
static void on_end(void* context) {
  uv_async_send(&((vm_t*) context)->ended);
}

static void on_ended(uv_async_t* async) {
  vm_t* vm = async->data;

  uv_close((uv_handle_t*) &vm->deadline, NULL);
  uv_close((uv_handle_t*) &vm->look, NULL);
  uv_close((uv_handle_t*) &vm->signals[0], NULL);
  uv_close((uv_handle_t*) &vm->signals[1], NULL);
  uv_close((uv_handle_t*) &vm->ended, NULL);
  if (vm->has_control)
    control_close(&vm->control);
}

static void on_deadline(uv_timer_t* timer) {
  vm_t* vm = timer->data;

  journal_line("the deadline: the guest is stopped");
  vm->has_reached_deadline = 1;
  machine_stop(&vm->machine);
}

static void on_look(uv_timer_t* timer) {
  machine_look(&((vm_t*) timer->data)->machine);
}

static void on_signal(uv_signal_t* handle, int signum) {
  journal_line("signal %d: the guest is stopped", signum);
  machine_stop(&((vm_t*) handle->data)->machine);
}

static void on_line(void* context, const char* line) {
  static const struct {
    const char* line;
    bus_command_t command;
  } commands[] = {{"stall", BUS_STALL},
                  {"resume", BUS_RESUME},
                  {"gone", BUS_GONE},
                  {"counters", BUS_COUNTERS}};
  vm_t* vm = context;
  size_t i;

  journal_line("command: %s", line);
  for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    if (strcmp(line, commands[i].line) == 0) {
      bus_command(vm->bus, commands[i].command);
      return;
    }
  if (strcmp(line, "stop") == 0)
    machine_stop(&vm->machine);
  else
    journal_line("there is no such command");
}

static void open_handles(vm_t* vm) {
  static const int signums[] = {SIGINT, SIGTERM};
  size_t i;

  vm->deadline.data = vm->look.data = vm->ended.data = vm;
  uv_timer_init(&vm->loop, &vm->deadline);
  uv_timer_start(&vm->deadline, on_deadline, vm->options.deadline_ms, 0);
  uv_timer_init(&vm->loop, &vm->look);
  uv_timer_start(&vm->look, on_look, LOOK_MS, LOOK_MS);
  for (i = 0; i < 2; i++) {
    vm->signals[i].data = vm;
    uv_signal_init(&vm->loop, &vm->signals[i]);
    uv_signal_start(&vm->signals[i], on_signal, signums[i]);
  }
}

/* --- From beginning to end ------------------------------------------------- */

static int fail(const char* what, int err) {
  if (err != 0)
    journal_line("%s: %s", what, uv_strerror(err));
  return err;
}

static int code_of(const vm_t* vm, machine_end_t end) {
  if (vm->has_reached_deadline)
    return EXIT_DEADLINE;
  switch (end) {
    case MACHINE_POWERED_OFF:
      journal_line("the guest has powered off");
      return vm->machine.exits.has_crashed;
    case MACHINE_RESET:
      journal_line("the guest has reset itself");
      return vm->machine.exits.has_crashed ? 1 : EXIT_RESET;
    default:
      return 1;
  }
}

/* Runs the guest, which is loaded, on the bus, which has been started. */
static int run_guest(vm_t* vm) {
  const guest_host_t host = {
      vm, on_posted, on_signalled, on_synic, on_slot_free};
  int err = 0;

  open_handles(vm);
  if (vm->options.control != NULL)
    err =
        control_open(&vm->control, &vm->loop, vm->options.control, on_line, vm);
  vm->has_control = vm->options.control != NULL && err == 0;
  if (err == 0)
    err = machine_start(&vm->machine, &host, on_end, vm);
  if (err != 0)
    on_ended(&vm->ended);
  fail("the guest cannot be started", err);
  uv_run(&vm->loop, UV_RUN_DEFAULT);
  return err != 0 ? 1 : code_of(vm, machine_join(&vm->machine));
}

static int with_bus(vm_t* vm) {
  const bus_machine_t machine = {
      &vm->machine, machine_at, machine_post, machine_flag, on_log};
  int err = uv_loop_init(&vm->loop), code;

  if (fail("a loop", err) != 0)
    return 1;
  uv_async_init(&vm->loop, &vm->ended, on_ended);
  err = bus_start(&vm->bus, &machine, &vm->options.bus);
  if (fail(vm->options.bus.path, err) != 0) {
    uv_close((uv_handle_t*) &vm->ended, NULL);
    uv_run(&vm->loop, UV_RUN_DEFAULT);
    code = 1;
  } else {
    code = run_guest(vm);
    bus_stop(vm->bus);
    machine_report(&vm->machine);
  }
  err = uv_loop_close(&vm->loop);
  assert(err == 0);
  (void) err;
  return code;
}

static int with_files(vm_t* vm) {
  const boot_files_t files = {vm->kernel.bytes,
                              vm->kernel.len,
                              vm->initrd.bytes,
                              vm->initrd.len,
                              vm->options.command_line};

  return machine_load(
             &vm->machine, &files, dsdt_aml_code, sizeof(dsdt_aml_code)) == 0
             ? with_bus(vm)
             : 1;
}

static int with_machine(vm_t* vm) {
  int err = file_open(&vm->kernel, vm->options.kernel), code = 1;

  if (fail(vm->options.kernel, err) == 0) {
    err = file_open(&vm->initrd, vm->options.initrd);
    if (fail(vm->options.initrd, err) == 0)
      code = with_files(vm);
    file_close(&vm->initrd);
  }
  file_close(&vm->kernel);
  return code;
}

static int with_kvm(vm_t* vm, int kvm_fd) {
  machine_options_t options = {vm->options.ram_bytes, {STDOUT_FILENO, -1}};
  const char* second = vm->options.second_console;
  int code = 1;

  if (second != NULL) {
    options.console_fds[1] =
        open(second, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (options.console_fds[1] < 0) {
      fail(second, uv_translate_sys_error(errno));
      return 1;
    }
  }
  if (machine_open(&vm->machine, kvm_fd, &options) == 0) {
    code = with_machine(vm);
    machine_close(&vm->machine);
  }
  if (second != NULL)
    close(options.console_fds[1]);
  return code;
}

int main(int argc, char** argv) {
  static vm_t vm; /* zeros */
  char why[256];
  int code, kvm_fd;

  signal(SIGPIPE, SIG_IGN);
  if (!vm_options_read(&vm.options, argc - 1, argv + 1, &code))
    return code;
  journal_open();
  kvm_fd = probe_open(why, sizeof(why));
  if (kvm_fd < 0) {
    printf("skipped: %s\n", why);
    return EXIT_SKIPPED;
  }
  if (vm.options.is_probe)
    printf("KVM here has what hvsock_vm needs\n");
  code = vm.options.is_probe ? 0 : with_kvm(&vm, kvm_fd);
  close(kvm_fd);
  return code;
}
