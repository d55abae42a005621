/* What the processes of a test share; see hyperv_emulation_table.c, _ports.c
 * and _share.c. */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_TABLE_H
#define HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_TABLE_H

#include "hyperv_emulation_rules.h"

/* Opens and closes what the table is made of. The other functions open it by
 * themselves, and answer WSAENETDOWN (a count or a find: 0) if that fails. */
int emulation_table_open(void);
void emulation_table_close(void);

/* Keeps other threads and processes out for several calls. */
int emulation_table_hold(void);
void emulation_table_release(void);

/* The table's file in the folder. */
#define EMULATION_TABLE_NAME L"\\hyperv_emulation.table"

/* The folder of the table, as HVUV_EMULATION_DIR or the default names it. */
int emulation_table_folder(wchar_t path[MAX_PATH]);

/* --- VMs: one that this process lives in runs for as long as it does, one that
 * was started runs until it is stopped. */
int emulation_table_vm_enter(const GUID* vm);
int emulation_table_vm_start(const GUID* vm, int kind);
int emulation_table_vm_stop(const GUID* vm);
int emulation_table_vm_kind(const GUID* vm); /* or EMULATION_OFF */

/* --- Registered services */
int emulation_table_service_set(const GUID* service, int is_registered);
int emulation_table_service_has(const GUID* service);

/* --- Listeners: sockets that are bound, and hear once they have a port. */

/* Takes an address; *slot names it. WSAEADDRINUSE. */
int emulation_table_bind(const GUID* owner,
                         const GUID* at,
                         const GUID* service,
                         int* slot);
void emulation_table_listen(int slot, USHORT port);
void emulation_table_unbind(int slot);

/* The port of the listener in `owner` that hears the caller best, or 0. */
USHORT emulation_table_find(const GUID* owner,
                            const GUID* service,
                            const GUID* caller,
                            int caller_kind);

/* --- Callers: who connects to target_port from a TCP port. */
int emulation_table_call(USHORT from_port,
                         USHORT target_port,
                         const GUID* partition,
                         const GUID* service);
int emulation_table_caller(USHORT from_port,
                           USHORT target_port,
                           GUID* partition,
                           GUID* service);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_TABLE_H */
