/* Windows: wsl.exe for the name "wsl", which needs no rights; for all else the
 * Host Compute Service. */
#include "vm/manager.h"

#include <string.h>

#include "vm/systems_win.h"
#include "vm/wsl_win.h"

static int ask_wsl(hvuv__shelf_t* shelf) {
  hvuv_vm_t vm;
  int err;

  memset(&vm, 0, sizeof(vm));
  err = hvuv__wsl_ask(&vm.id);
  if (err != 0)
    return err;
  memcpy(vm.name, "wsl", sizeof("wsl"));
  memcpy(vm.owner, "WSL", sizeof("WSL"));
  vm.state = HVUV_VM_STATE_RUNNING;
  hvuv__shelf_add(shelf, &vm);
  return 0;
}

int hvuv__manager_ask(hvuv__shelf_t* shelf) {
  if (strcmp(shelf->name, "wsl") == 0)
    return ask_wsl(shelf);
  return hvuv__systems_ask(shelf);
}
