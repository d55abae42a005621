/* Who wrote an entry that processes share, in the EMULATIONS. */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_EMULATION_OWNER_H
#define HVUV_TESTS_SUPPORT_EMULATION_EMULATION_OWNER_H

#include <winsock2.h>
#include <windows.h>

/* A process: its id and when it began, since ids are given anew. The id 0 is
 * nobody, who never ends. */
typedef struct emulation_owner_s {
  DWORD pid;
  DWORD reserved;
  ULONGLONG born;
} emulation_owner_t;

/* This process, and whether one still runs. */
emulation_owner_t emulation_owner_self(void);
int emulation_owner_is_alive(const emulation_owner_t* owner);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_EMULATION_OWNER_H */
