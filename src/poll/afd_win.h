/*
 * AFD, the driver under Winsock, as far as polling goes. Its interface is in no
 * header of Microsoft's; what is used here is what wepoll, mio and OpenVMM use
 * (openvmm, support/pal/src/windows/afd.rs), unchanged since Windows NT.
 */
#ifndef HVUV_SRC_POLL_AFD_WIN_H
#define HVUV_SRC_POLL_AFD_WIN_H

#include <winsock2.h>

#define HVUV__AFD_RECEIVE      0x0001
#define HVUV__AFD_SEND         0x0004
#define HVUV__AFD_DISCONNECT   0x0008
#define HVUV__AFD_ABORT        0x0010
#define HVUV__AFD_LOCAL_CLOSE  0x0020
#define HVUV__AFD_ACCEPT       0x0080
#define HVUV__AFD_CONNECT_FAIL 0x0100

/* One question about one socket, which stays where it is until it has come
 * back through the completion port. */
typedef struct hvuv__afd_poll_s {
  struct {
    LARGE_INTEGER timeout;
    ULONG handle_count;
    ULONG exclusive;
    HANDLE socket;
    ULONG events; /* the answer's, when it has come */
    LONG status;
  } info;
  struct {
    union {
      LONG status;
      void* pointer;
    } u;
    ULONG_PTR information;
  } result;
  struct hvuv__afd_poll_s* next_arrived; /* of whoever takes answers */
} hvuv__afd_poll_t;

/* Finds AFD, once: 0, or the system error code why it cannot be asked. */
DWORD hvuv__afd_load(void);

/* A handle for asking, whose answers come to the port with key 0. */
DWORD hvuv__afd_open(HANDLE port, HANDLE* afd);

/* Asks until one of the events has happened. The answer's OVERLAPPED pointer
 * is `poll`. */
DWORD hvuv__afd_ask(HANDLE afd,
                    SOCKET sock,
                    ULONG events,
                    hvuv__afd_poll_t* poll);

/* Has the answer come now, whatever it is. */
void hvuv__afd_cancel(HANDLE afd, hvuv__afd_poll_t* poll);

/* What came back: 0 and the events, none when it was cancelled; or a system
 * error code. */
DWORD hvuv__afd_answer(const hvuv__afd_poll_t* poll, ULONG* events);

/* Why a connect has failed, after HVUV__AFD_CONNECT_FAIL: a system error code,
 * 0 if the answer does not say. */
DWORD hvuv__afd_connect_error(const hvuv__afd_poll_t* poll);

/* The socket that AFD knows, under those that layered providers put on it. */
SOCKET hvuv__afd_base_socket(SOCKET sock);

#endif /* HVUV_SRC_POLL_AFD_WIN_H */
