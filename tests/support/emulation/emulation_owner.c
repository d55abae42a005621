/*
 * Which process wrote down what the EMULATIONS keep in common, and whether it
 * still runs.
 */
#include "emulation_owner.h"

static ULONGLONG birth_of(HANDLE process) {
  FILETIME born, died, kernel, user;

  if (!GetProcessTimes(process, &born, &died, &kernel, &user))
    return 0;
  return ((ULONGLONG) born.dwHighDateTime << 32) | born.dwLowDateTime;
}

emulation_owner_t emulation_owner_self(void) {
  static emulation_owner_t self; /* set by whoever comes, to the same */

  if (self.pid == 0) {
    self.born = birth_of(GetCurrentProcess());
    self.pid = GetCurrentProcessId();
  }
  return self;
}

int emulation_owner_is_alive(const emulation_owner_t* owner) {
  emulation_owner_t self = emulation_owner_self();
  HANDLE process;
  int alive;

  if (owner->pid == 0)
    return 1;
  if (owner->pid == self.pid)
    return owner->born == self.born;
  process = OpenProcess(
      PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, owner->pid);
  if (process == NULL)
    return GetLastError() == ERROR_ACCESS_DENIED;
  alive = WaitForSingleObject(process, 0) == WAIT_TIMEOUT &&
          birth_of(process) == owner->born;
  CloseHandle(process);
  return alive;
}
