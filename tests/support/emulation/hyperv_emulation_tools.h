/*
 * Plain Winsock calls with few words, for the self-tests of the AF_HYPERV
 * EMULATION. Services and VM ids are text; see hyperv_emulation.h.
 */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_TOOLS_H
#define HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_TOOLS_H

#include "hyperv_emulation_book.h"

#define HV_WILDCARD  "00000000-0000-0000-0000-000000000000"
#define HV_BROADCAST "ffffffff-ffff-ffff-ffff-ffffffffffff"
#define HV_CHILDREN  "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd"
#define HV_LOOPBACK  "e0e16197-dd56-4a10-9195-5ee7a155a838"
#define HV_PARENT    "a42e7cda-d03f-480c-9cc2-a4de20abb878"
#define HV_SILOHOST  "36bd0c5c-7276-4223-88ba-7d03b654c568"
#define HV_PORT_0    "00000000-facb-11e6-bd58-64006a7986d3"

/* What hv_settle() answers for a socket of which nothing was signalled. */
#define HV_NOTHING (-1)

emulation_name_t hv_name(const char* vm, const char* service);

/* All of these answer the code of WSAGetLastError() where they fail; the ones
 * that make a socket fail the test. */
int hv_bind(SOCKET sock, const char* vm, const char* service);
int hv_connect(SOCKET sock, const char* vm, const char* service);
int hv_local(SOCKET sock, emulation_name_t* name);
int hv_remote(SOCKET sock, emulation_name_t* name);
int hv_set(SOCKET sock, int option, ULONG value);
int hv_get(SOCKET sock, int option, ULONG* value);

SOCKET hv_socket(void);
SOCKET hv_nonblocking(void);
SOCKET hv_listener(const char* vm, const char* service);

/* Accepts from whoever comes within ten seconds; else INVALID_SOCKET. */
SOCKET hv_accept(SOCKET server, emulation_name_t* peer);

/* How a connect has ended within so long: 0, a code, or HV_NOTHING. It is a
 * failure of the test if an error and success are both signalled. */
int hv_settle(SOCKET sock, int timeout_ms);

/* Connects without blocking and waits for the end: 0 or a code. */
int hv_dial(SOCKET sock, const char* vm, const char* service);

/* Whether the socket is readable now. */
int hv_readable(SOCKET sock);

/* Closes all sockets of the emulation, and tells how many were open: for the
 * end of a test that has failed before it closed its own. */
unsigned int hv_close_all(void);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_TOOLS_H */
