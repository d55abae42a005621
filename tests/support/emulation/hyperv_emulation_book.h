/* The AF_HYPERV sockets of this process, in the EMULATION, and what is done
 * with them. */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_BOOK_H
#define HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_BOOK_H

#include "hyperv_emulation_rules.h"

#define EMULATION_AF_HYPERV      34
#define EMULATION_HV_PROTOCOL    1
#define EMULATION_OPTIONS        4
#define EMULATION_TIMEOUT_MAX_MS 300000
#define EMULATION_TIMEOUT_MS     2000

/* SOCKADDR_HV, under a name of its own for the systems that have that. */
typedef struct emulation_name_s {
  USHORT family;
  USHORT reserved;
  GUID vm;
  GUID service;
} emulation_name_t;

enum emulation_state {
  EMULATION_NEW = 0,
  EMULATION_BOUND,
  EMULATION_LISTENING,
  EMULATION_WAITING,    /* its connect is to fail at `deadline` */
  EMULATION_CONNECTING, /* TCP's connect was made; it may have ended since */
  EMULATION_CONNECTED,
  EMULATION_FAILED
};

typedef struct emulation_sock_s {
  SOCKET sock;
  struct emulation_sock_s* next; /* of the same bucket */
  enum emulation_state state;
  GUID partition; /* that it lives in */
  int is_nonblocking;
  int slot;    /* in the table, or -1 */
  USHORT port; /* TCP's, once it is bound */
  int code;    /* what WSAECONNREFUSED stands for */
  ULONGLONG deadline;
  emulation_name_t local, remote;
  ULONG options[EMULATION_OPTIONS];
} emulation_sock_t;

/* --- hyperv_emulation_book.c. All but lock() want the lock. */

void emulation_book_lock(void);
void emulation_book_unlock(void);
emulation_sock_t* emulation_book_find(SOCKET sock);
emulation_sock_t* emulation_book_add(SOCKET sock, const GUID* partition);
void emulation_book_remove(emulation_sock_t* entry);
unsigned int emulation_book_count(void);

/* The next one after `from` (NULL: the first), in no order, or NULL. */
emulation_sock_t* emulation_book_next(const emulation_sock_t* from);

/* Waits for wake(), at most so long, without the lock. */
void emulation_book_wait(DWORD timeout_ms);
void emulation_book_wake(void);

/* --- hyperv_emulation_names.c */

/* Copies a name to the user, whose room is *len: 0 or WSAEFAULT. */
int emulation_name_out(const emulation_name_t* from,
                       struct sockaddr* name,
                       int* len);

/* Reads a name of the user's: 0, WSAEFAULT, or WSAEAFNOSUPPORT. */
int emulation_name_in(const struct sockaddr* name,
                      int len,
                      emulation_name_t* to);

void emulation_name_set(emulation_name_t* name,
                        const GUID* vm,
                        const GUID* service);

/* A service id that nobody has. */
GUID emulation_random_service(void);
void emulation_random_port(GUID* service);

/* Whether the service is in the table or the registry. */
int emulation_is_registered(const GUID* service);

/* --- The verbs, for AF_HYPERV sockets; without the lock, 0 or an error code
 * if nothing else is said. */

/* hyperv_emulation_verbs.c */
SOCKET emulation_socket(int type, int protocol, DWORD flags, int* code);
int emulation_bind(SOCKET sock, const emulation_name_t* name);
int emulation_listen(SOCKET sock, int backlog);
SOCKET emulation_accept(SOCKET server, emulation_name_t* peer, int* code);
void emulation_close(SOCKET sock);
int emulation_getsockname(SOCKET sock, emulation_name_t* name);
int emulation_getpeername(SOCKET sock, emulation_name_t* name);

/* hyperv_emulation_connect.c */
int emulation_connect(SOCKET sock, const emulation_name_t* to);

/* hyperv_emulation_options.c */
int emulation_getsockopt(
    SOCKET sock, int level, int option, char* value, int* len);
int emulation_setsockopt(
    SOCKET sock, int level, int option, const char* value, int len);

/* The value of HVUV_EMULATION_PROVIDER. */
enum emulation_provider {
  EMULATION_PROVIDER_HYPERV = 0,
  EMULATION_PROVIDER_TCP,
  EMULATION_PROVIDER_NONE
};
enum emulation_provider emulation_provider(void);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_BOOK_H */
