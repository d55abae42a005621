/*
 * An EMULATION of Windows' AF_UNIX, for Windows programs where there is none:
 * Wine. It is no part of hvuv, and passing on it is no proof that anything
 * works on Windows.
 *
 * How it gets in. As that of AF_HYPERV (hyperv_emulation.h): by the pointers
 * __imp_bind and so on, which unix_emulation_pointers.c defines. A program with
 * both has AF_HYPERV's in front, which asks this one for sockets that are not
 * its own. x86_64 and arm64. Three pointers of the file API are defined as well
 * (unix_emulation_overlay.c). CMake links it into what is built for Wine and
 * into nothing else, and even there a system that has AF_UNIX goes before it:
 * each socket(AF_UNIX) is asked of the system first, and only the one that
 * fails with WSAEAFNOSUPPORT is played here.
 *
 * What it does. A socket of AF_UNIX is in truth a TCP socket on 127.0.0.1, so
 * that its handle is one that select(), AFD, WSASend() and the rest know, and
 * nothing but the user's bytes is in the stream.
 *
 *   bind()     makes a file at the path: a magic word, the TCP port, and an id
 *              that no other socket has (unix_emulation_files.c)
 *   connect()  reads the file, looks up whether the socket of that id listens,
 *              writes down who calls, and connects to the port
 *   accept()   looks up who called from the peer's port
 *
 * What is looked up is in a table by TCP port that all processes share
 * (unix_emulation_ports.c). The owner of a port alone writes its line, so that
 * there is no lock; and no handle stays open.
 *
 * Environment, read whenever it matters:
 *   HVUV_EMULATION_UNIX  "none": there is no AF_UNIX; "late": a refusal comes
 *                        after connect(), as TCP's does; the socket cannot
 *                        connect again then, as Wine's TCP has it, though
 *                        Winsock documents that it may
 *
 * The rules. "Seen" is reported of Windows by others; where it says "assumed",
 * nobody is known to have said so.
 *   socket   another type: WSAESOCKTNOSUPPORT (assumed)
 *   bind     what is there already, whatever it is: WSAEADDRINUSE (seen: Go,
 *            OpenJDK). No UTF-8, no such folder: WSAENETDOWN (seen: libevent
 *            1625, cosmopolitan 1000). An empty path makes no file and gives no
 *            name (seen: OpenJDK); a path that begins with NUL, WSAEINVAL
 *            (assumed; microsoft/WSL 4240 saw it of connect()). Twice,
 *            WSAEINVAL.
 *   file     a reparse point with a tag of its own (seen: Go 33357), which
 *            CreateFile() opens with FILE_FLAG_OPEN_REPARSE_POINT alone, else
 *            ERROR_CANT_ACCESS_FILE (seen: Rust 109106), and DeleteFile()
 *            removes, also while the socket is bound (seen: OpenJDK). It stays
 *            when the socket is closed; connections stay when it is deleted.
 *   connect  no such file, no socket, nobody listens any more or yet:
 *            WSAECONNREFUSED (seen for the first: .NET; the rest is assumed),
 *            when connect() returns (assumed); the socket may try again
 *            (assumed)
 *   names    the path as it was given to bind() or connect(), and an accepted
 *            socket has its listener's (seen: OpenJDK), whose file may be gone
 *            (assumed); an empty one for a peer without a name (seen: Go). All
 *            names have the length of a struct (assumed). Not bound and not
 *            connected: WSAEINVAL, WSAENOTCONN.
 *   ioctl    SIO_AF_UNIX_GETPEERPID tells the peer's process (documented)
 *   options  those of SOL_SOCKET, as TCP's; others WSAENOPROTOOPT (assumed).
 *            The provider is that which libuv polls without threads.
 *
 * How a connection ends, what a reset does, and what happens when a backlog is
 * full is TCP's, and Wine's; no more is shown of that than on TCP.
 *
 * Not emulated: AcceptEx, ConnectEx (refused with WSAEOPNOTSUPP);
 * FindNextFile() does not tell sockets; access lists of the file do not keep
 * callers away; renaming the file; handing sockets to other processes.
 */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_UNIX_EMULATION_H
#define HVUV_TESTS_SUPPORT_EMULATION_UNIX_EMULATION_H

#include "hyperv_emulation_real.h"

/* How many sockets of this process are emulated. */
unsigned int unix_emulation_sockets(void);

/* Each call of Winsock, for sockets that are emulated, and passed on for those
 * that are not: unix_emulated_bind() and so on. */
#define UNIX_EMULATION_CALL(result, name, parameters)                          \
  result WSAAPI unix_emulated_##name parameters;

EMULATION_VERBS(UNIX_EMULATION_CALL)

#endif /* HVUV_TESTS_SUPPORT_EMULATION_UNIX_EMULATION_H */
