/*
 * An EMULATION of AF_HYPERV, for Windows programs on machines without Hyper-V,
 * Wine above all. It is no part of hvuv, and passing on it is no proof that
 * anything works on Hyper-V.
 *
 * How it gets in. A Windows program calls Winsock through pointers, __imp_bind
 * and so on, that its import library defines. hyperv_emulation.c defines the
 * same pointers: whatever .exe has these objects among its own (an OBJECT
 * library, not an archive) calls the emulation, from libuv, from hvuv, and from
 * its own lines, with no change to any of them, if they are linked statically.
 * The names are those of imported.h.
 *
 * What it does. A socket of family 34 is in truth a TCP socket on 127.0.0.1,
 * so that its handle is one that select(), WSAPoll(), AFD, WSASend() and the
 * rest know; only making, naming, connecting and the options are played here,
 * and sockets of other families pass through untouched, by the emulation of
 * AF_UNIX (unix_emulation.h). Nothing but the user's bytes is in the stream,
 * hence readiness is TCP's. Who listens where, which TCP port called for which
 * partition and service, which VMs run and which services are registered is
 * kept in one table, in a file that all processes of a test share
 * (hyperv_emulation_share.c). A process that is killed leaves
 * no lock behind, and its entries count for nothing any more.
 *
 * Environment:
 *   HVUV_EMULATION_DIR       the folder of the table, which must exist; default
 *                            hvuv-emulation-USER in the temporary folder.
 *                            Tests set their own. Read once.
 *   HVUV_EMULATION_VM        the partition that new sockets live in: unset, the
 *                            host; else the id of a VM, which runs from then on
 *                            for as long as the process does.
 *   HVUV_EMULATION_PROVIDER  unset, SO_PROTOCOL_INFO answers what "Hyper-V RAW"
 *                            does, and libuv polls by its slow path, as on
 *                            Hyper-V; "tcp", it names TCP's provider, and libuv
 *                            polls by its fast path; "none", there is no
 *                            AF_HYPERV: socket() fails with WSAEAFNOSUPPORT.
 *                            Read whenever it matters.
 * Values are read with GetEnvironmentVariable(): uv_os_setenv() reaches it.
 *
 * The rules; where it says "assumed", neither Microsoft's documentation nor
 * anybody's report is known to say so, the rest is documented or was seen:
 *   socket   another type: WSAESOCKTNOSUPPORT; a protocol other than
 *            HV_PROTOCOL_RAW (or 0): WSAEPROTONOSUPPORT. (Codes: assumed.)
 *   bind     by the host to a service that is not registered: WSAEACCES, but
 *            not at LOOPBACK, nor at the id of a WSL2 VM. Registered is what
 *            hyperv_emulation_service_register() or the registry's
 *            GuestCommunicationServices says. Assumed: to an address in use,
 *            WSAEADDRINUSE; twice, WSAEINVAL; to a VM that does not run, to
 *            BROADCAST and SILOHOST, by the host to PARENT and by a VM to a
 *            VM's id, WSAEADDRNOTAVAIL. The template's port 0 becomes a free
 *            port, the service id 0 a random one (both assumed).
 *   listen   WILDCARD hears all partitions, CHILDREN the VMs of the host,
 *            PARENT the host, LOOPBACK its own partition, a VM's id that VM;
 *            WSL2 VMs are heard at their id alone. If several would hear, the
 *            one that names the caller best does (assumed). How many wait in
 *            the backlog is TCP's matter.
 *   connect  what is no destination (WILDCARD, CHILDREN, BROADCAST, SILOHOST;
 *            PARENT for the host): WSAEADDRNOTAVAIL at once. A VM that does not
 *            run: the same, later, by SO_ERROR (when each is told is assumed).
 *            Nobody listens: LOOPBACK, WSAECONNREFUSED; between a host and a
 *            Linux or WSL2 VM, either way, WSAETIMEDOUT after
 *            HVSOCKET_CONNECT_TIMEOUT or two seconds; a Windows VM,
 *            WSAECONNREFUSED (assumed). "Later" is as on Windows:
 *            WSAEWOULDBLOCK, then exceptfds or AFD's CONNECT_FAIL. A VM cannot
 *            reach another one, nor itself by its id (assumed).
 *   names    a client is {CHILDREN, a random service}; it sees what it dialled,
 *            the other side sees {LOOPBACK, PARENT or the caller's id, the
 *            client's service}; an accepted socket's own name is {CHILDREN, the
 *            service}. An unbound one has none: WSAEINVAL; an unconnected one
 *            no peer: WSAENOTCONN. Less room than 36 bytes: WSAEFAULT.
 *   options  of level 1: 1, 2, 4 and 8, remembered, 4 bytes; others are
 *            WSAENOPROTOOPT; a timeout above 300000 and any option while
 *            connecting WSAEINVAL (both assumed); 0 is the default timeout.
 *
 * Not emulated: AcceptEx and ConnectEx (refused with WSAEOPNOTSUPP); handing
 * sockets to other processes; what options 2, 4 and 8 do; security descriptors;
 * silos; connections do not break when a VM stops, unless its process ends; a
 * socket that is closed without shutdown() ends as TCP's does.
 *
 * The first socket makes a few handles that stay until hyperv_emulation_end(),
 * and the first late failure a thread that stays for good.
 */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_H
#define HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_H

enum hyperv_emulation_vm_kind {
  HYPERV_EMULATION_LINUX_VM = 1, /* never refuses; the default */
  HYPERV_EMULATION_WINDOWS_VM,   /* refuses when nobody listens */
  HYPERV_EMULATION_WSL2_VM       /* needs no registration, only its exact id */
};

/* Makes a fresh folder for this process, sets HVUV_EMULATION_DIR to it, also
 * for the processes that it starts, and makes the handles that stay. Returns 0
 * or an error code of Windows, as all functions here do. */
int hyperv_emulation_begin(void);

/* Forgets and removes that folder. No AF_HYPERV socket may be open. */
void hyperv_emulation_end(void);

/* Ids and services are GUIDs as text, without braces, "..." as in
 * 00000ac9-facb-11e6-bd58-64006a7986d3. */

/* A VM that runs until it is stopped. */
int hyperv_emulation_vm_start(const char* vm,
                              enum hyperv_emulation_vm_kind kind);
int hyperv_emulation_vm_stop(const char* vm);

int hyperv_emulation_service_register(const char* service);
int hyperv_emulation_service_unregister(const char* service);

/* Sets HVUV_EMULATION_VM; NULL: the host. */
int hyperv_emulation_live_in(const char* vm);

/* How many AF_HYPERV sockets this process has open. */
unsigned int hyperv_emulation_sockets(void);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_H */
