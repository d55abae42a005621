/* What the files of the AF_UNIX EMULATION share; unix_emulation.h says what it
 * is. */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_UNIX_EMULATION_INSIDE_H
#define HVUV_TESTS_SUPPORT_EMULATION_UNIX_EMULATION_INSIDE_H

#include <winsock2.h>
#include <afunix.h>
#include <windows.h>

/* Room for a path as UTF-16, which never has more units than UTF-8 bytes. */
#define UN_WIDE_ROOM (UNIX_PATH_MAX + 1)

enum un_state {
  UN_NEW = 0,
  UN_BOUND,
  UN_LISTENING,
  UN_CONNECTING, /* TCP's connect was made; it may have ended since */
  UN_CONNECTED
};

typedef struct un_sock_s {
  SOCKET sock;
  struct un_sock_s* next; /* of the same bucket */
  enum un_state state;
  USHORT port; /* TCP's, once it is bound */
  ULONGLONG id;
  int has_name;
  char own[UNIX_PATH_MAX]; /* paths end with NUL; "" is none */
  char peer[UNIX_PATH_MAX];
  DWORD peer_pid;
} un_sock_t;

/* --- unix_emulation_book.c: the sockets of this process. All but lock() want
 * the lock. */
void un_book_lock(void);
void un_book_unlock(void);
un_sock_t* un_book_find(SOCKET sock);
un_sock_t* un_book_add(SOCKET sock);
void un_book_remove(un_sock_t* entry);

/* Without the lock: a copy of the entry, or 0 if there is none. */
int un_book_copy(SOCKET sock, un_sock_t* copy);

/* --- unix_emulation_files.c: the file at a socket's path */
typedef struct un_file_s {
  ULONGLONG id;
  ULONG port;
} un_file_t;

int un_file_wide(const char* path, WCHAR wide[UN_WIDE_ROOM]);
int un_file_make(const char* path, const un_file_t* file);

/* Whether there is a socket's file; its content, if `file` is not NULL. */
int un_file_read(const WCHAR* path, un_file_t* file);

/* The file API under the overlay. */
typedef struct un_kernel_s {
  HANDLE(WINAPI* create)
  (LPCWSTR, DWORD, DWORD, LPSECURITY_ATTRIBUTES, DWORD, DWORD, HANDLE);
  DWORD(WINAPI* attributes)(LPCWSTR);
  HANDLE(WINAPI* find)(LPCWSTR, LPWIN32_FIND_DATAW);
} un_kernel_t;

const un_kernel_t* un_kernel(void);

/* --- unix_emulation_ports.c: what is known of a TCP port, in all processes.
 * WSAENETDOWN where there is no table. */
ULONGLONG un_port_new_id(USHORT port);
int un_port_listen(USHORT port, ULONGLONG id);
void un_port_forget(USHORT port, ULONGLONG id);

/* Whether the socket of that id listens at the port, and whose it is. */
int un_port_listens(USHORT port, ULONGLONG id, DWORD* pid);

/* Who calls the listener of an id from a port; and the way back. */
int un_port_call(USHORT port, ULONGLONG listener, const char* own);
int un_port_caller(USHORT port, ULONGLONG listener, char* own, DWORD* pid);

/* --- The verbs, without the lock: 0 or an error code if nothing else is said.
 * Whether HVUV_EMULATION_UNIX says so. */
int un_is_set(const char* value);

/* unix_emulation_verbs.c */
SOCKET un_socket(int type, DWORD flags, int* code);
int un_bind(SOCKET sock, const struct sockaddr* name, int len);
int un_listen(SOCKET sock, int backlog);
SOCKET un_accept(SOCKET server, char peer[UNIX_PATH_MAX], int* code);
void un_close(SOCKET sock);

/* unix_emulation_connect.c */
int un_connect(SOCKET sock, const struct sockaddr* name, int len);

/* unix_emulation_names.c */
int un_name_in(const struct sockaddr* name, int len, char path[UNIX_PATH_MAX]);
int un_name_out(const char* path, struct sockaddr* name, int* len);
int un_getsockname(SOCKET sock, struct sockaddr* name, int* len);
int un_getpeername(SOCKET sock, struct sockaddr* name, int* len);
int un_peer_pid(SOCKET sock, LPVOID out, DWORD room, LPDWORD returned);
int un_getsockopt(SOCKET sock, int level, int option, char* value, int* len);
int un_setsockopt(
    SOCKET sock, int level, int option, const char* value, int len);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_UNIX_EMULATION_INSIDE_H */
