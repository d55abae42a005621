/* hvuv_explain(): for each known pair of error and family the words that a
 * person needs, on systems that are made up; then on this one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "explain/explain_text.h"
#include "hvuv.h"

#define VM_ID "cdee5c88-c5a5-4cc8-9d2d-c15816a01349"

static const hvuv__facts_t bare = {
    .own_cid = HVUV_CID_ANY, .folder = "/f", .partition = "the host"};
static const hvuv__facts_t with_loopback = {
    .has_loopback = 1, .own_cid = 1, .folder = "/f", .partition = "the host"};
static const hvuv__facts_t guest = {.has_guest = 1,
                                    .own_cid = 7,
                                    .folder = "/f",
                                    .is_vm = 1,
                                    .partition = VM_ID};
static const hvuv__facts_t hyperv_guest = {.has_guest = 1,
                                           .own_cid = HVUV_CID_ANY,
                                           .folder = "/f",
                                           .partition = "the host"};
static const hvuv__facts_t host = {.has_loopback = 1,
                                   .has_host = 1,
                                   .own_cid = 2,
                                   .folder = "/f",
                                   .partition = "the host"};
static const hvuv__facts_t no_folder = {.own_cid = HVUV_CID_ANY,
                                        .at_path = HVUV__AT_NO_FOLDER,
                                        .folder = "/f",
                                        .folder_error = UV_ENOENT,
                                        .partition = "the host"};
static const hvuv__facts_t no_path = {.own_cid = HVUV_CID_ANY,
                                      .at_path = HVUV__AT_NOTHING,
                                      .folder = "/f",
                                      .folder_error = UV_EACCES,
                                      .partition = "the host"};
static const hvuv__facts_t a_socket = {.own_cid = HVUV_CID_ANY,
                                       .at_path = HVUV__AT_SOCKET,
                                       .folder = "/f",
                                       .partition = "the host"};
static const hvuv__facts_t a_file = {.own_cid = HVUV_CID_ANY,
                                     .at_path = HVUV__AT_OTHER,
                                     .folder = "/f",
                                     .partition = "unknown",
                                     .partition_error = UV_EINVAL};
static const hvuv__facts_t a_folder = {.own_cid = HVUV_CID_ANY,
                                       .at_path = HVUV__AT_FOLDER,
                                       .folder = "/f",
                                       .partition = "the host"};
static const hvuv__facts_t windows = {.is_windows = 1,
                                      .own_cid = HVUV_CID_ANY,
                                      .folder = "/f",
                                      .partition = "the host"};

typedef struct row_s {
  const hvuv__facts_t* facts;
  const char* addr;
  int status;
  const char* says;
  hvuv_step_t step;
} row_t;

static const row_t rows[] = {
    /* A machine without vsock, or without what the address needs */
    {&bare,
     "vsock://2:5",
     UV_EAFNOSUPPORT,
     "modprobe vsock",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hyperv://parent/5",
     UV_EAFNOSUPPORT,
     "modprobe vsock",
     HVUV_STEP_UNKNOWN},
    {&bare, "vsock://2:5", UV_ENOTSUP, "modprobe vsock", HVUV_STEP_UNKNOWN},
    {&bare,
     "vsock://local:5",
     UV_EADDRNOTAVAIL,
     "modprobe vsock_loopback",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "vsock://local:5",
     UV_ETIMEDOUT,
     "modprobe vsock_loopback",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hyperv://loopback/5",
     UV_ENODEV,
     "modprobe vsock_loopback",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://7:5",
     UV_ENODEV,
     "modprobe vsock_loopback",
     HVUV_STEP_UNKNOWN},
    {&bare, "vsock://2:5", UV_ENODEV, "this is not a VM", HVUV_STEP_UNKNOWN},
    {&bare, "vsock://9:5", UV_ETIMEDOUT, "this is not a VM", HVUV_STEP_UNKNOWN},
    {&bare,
     "hyperv://parent/5",
     UV_ENETUNREACH,
     "this is not a VM",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://9:5",
     UV_EADDRNOTAVAIL,
     "its own CID, 7",
     HVUV_STEP_UNKNOWN},
    {&with_loopback,
     "vsock://9:5",
     UV_ENODEV,
     "no vhost_vsock",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://9:5",
     UV_ETIMEDOUT,
     "no VM with this CID",
     HVUV_STEP_UNKNOWN},
    {&hyperv_guest,
     "vsock://9:5",
     UV_ENETUNREACH,
     "reaches only its host",
     HVUV_STEP_UNKNOWN},
    {&hyperv_guest,
     "vsock://0:5",
     UV_ENETUNREACH,
     "only its host, CID 2",
     HVUV_STEP_UNKNOWN},

    /* Nobody answers, or nobody listens */
    {&hyperv_guest,
     "hyperv://parent/5",
     UV_ETIMEDOUT,
     "listens there on 5",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://host:5",
     UV_ETIMEDOUT,
     "the host did not answer",
     HVUV_STEP_UNKNOWN},
    {&host,
     "vsock://9:5",
     UV_ETIMEDOUT,
     "no VM with this CID",
     HVUV_STEP_UNKNOWN},
    {&host, "vsock://9:5", UV_ENODEV, "no VM with this CID", HVUV_STEP_UNKNOWN},
    {&with_loopback,
     "vsock://local:5",
     UV_ECONNRESET,
     "listens on port 5",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://host:5",
     UV_ECONNREFUSED,
     "listens on port 5",
     HVUV_STEP_UNKNOWN},

    /* What may not be */
    {&guest, "vsock://any:80", UV_EACCES, "below 1024", HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://any:8080",
     UV_EACCES,
     "security module",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://any:8080",
     UV_EADDRINUSE,
     "on port 8080 already",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://host:any",
     UV_EINVAL,
     "for binding only",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "hyperv://parent/" VM_ID,
     UV_EINVAL,
     "0 to 0x7fffffff",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "hyperv://" VM_ID "/5",
     UV_EADDRNOTAVAIL,
     "by their CIDs",
     HVUV_STEP_UNKNOWN},
    {&guest, "vsock://host:5", UV_EIO, "update the kernel", HVUV_STEP_UNKNOWN},
    {&guest, "vsock://7:5", UV_EPROTO, "protocol of vsock", HVUV_STEP_UNKNOWN},

    /* Windows */
    {&windows, "hyperv://any/5", UV_EAFNOSUPPORT, "Hyper-V", HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://any/5",
     UV_ENETDOWN,
     "Turn the feature on",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://any/5",
     UV_EACCES,
     "5 is not registered on the host",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://" VM_ID "/5",
     UV_EADDRNOTAVAIL,
     "wslinfo --vm-id",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://" VM_ID "/5",
     UV_ENETUNREACH,
     "Start the VM",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://" VM_ID "/5",
     UV_ETIMEDOUT,
     "did not answer",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://loopback/5",
     UV_ECONNREFUSED,
     "listens on 5",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "vsock://host:5",
     UV_EACCES,
     "5 is not registered on the host",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "vsock://any:5",
     UV_EPERM,
     "hv_services register 5 NAME",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "vsock://7:5",
     UV_EADDRNOTAVAIL,
     "hyperv://VM/5",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "vsock://any:5",
     UV_EADDRNOTAVAIL,
     "an address to listen at",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://any/5",
     UV_EADDRNOTAVAIL,
     "an address to listen at",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://children/5",
     UV_EADDRNOTAVAIL,
     "to listen at",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://parent/5",
     UV_EADDRNOTAVAIL,
     "has no parent",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "vsock://host:5",
     UV_ENETUNREACH,
     "has no parent",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://parent/5",
     UV_ECONNRESET,
     "stopped, restarted or",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://parent/5",
     UV_ECONNABORTED,
     "Connect again",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://any/5",
     UV_EADDRINUSE,
     "listens on 5 for the same",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://parent/5",
     UV_ENOPROTOOPT,
     "high VTL",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://any/5",
     UV_EINVAL,
     "ports end at 0x7fffffff",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://any/5",
     UV_ENOTSUP,
     "this build of hvuv",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "local://loopback/5",
     UV_ECONNREFUSED,
     "which is the host",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "local://loopback/5",
     UV_EAFNOSUPPORT,
     "version 1803",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hybrid:///a/v.sock:52",
     UV_EAFNOSUPPORT,
     "version 1803",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "local://loopback/5",
     UV_EPERM,
     "SYSTEM and Administrators",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "hybrid:///a/v.sock:52",
     UV_EACCES,
     "permissions of its folder",
     HVUV_STEP_UNKNOWN},

    /* hybrid */
    {&bare,
     "hybrid:///a/v.sock:52",
     UV_ENOENT,
     "There is no /a/v.sock",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v.sock:52",
     UV_ECONNREFUSED,
     "listens on 52",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v.sock:" VM_ID,
     UV_ECONNREFUSED,
     "listens on " VM_ID,
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v.sock:52",
     UV_ETIMEDOUT,
     "no OK came from /a/v.sock",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v.sock:52",
     UV_EPROTO,
     "begins with 'OK '",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v.sock:52",
     UV_EACCES,
     "may not use /a/v.sock",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v.sock:52",
     UV_ENAMETOOLONG,
     "shorter path",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v.sock:52",
     UV_EADDRINUSE,
     "A live server listens",
     HVUV_STEP_UNKNOWN},
    {&bare, "hybrid:///a/v.sock:52", UV_EEXIST, "Remove it", HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v.sock:52",
     UV_ECONNRESET,
     "bytes unread",
     HVUV_STEP_UNKNOWN},
    {&no_folder,
     "hybrid:///a/v:52",
     UV_ENOENT,
     "no folder for /a/v.",
     HVUV_STEP_UNKNOWN},
    {&no_path,
     "hybrid:///a/v:52",
     UV_ENOENT,
     "Start the hypervisor first",
     HVUV_STEP_UNKNOWN},
    {&a_socket,
     "hybrid:///a/v:52",
     UV_ENOENT,
     "there is now",
     HVUV_STEP_UNKNOWN},
    {&a_file,
     "hybrid:///a/v:52",
     UV_ECONNREFUSED,
     "/a/v is no stream socket",
     HVUV_STEP_UNKNOWN},
    {&a_file,
     "hybrid:///a/v:52",
     UV_EPROTOTYPE,
     "/a/v is no stream socket",
     HVUV_STEP_UNKNOWN},
    {&no_path,
     "hybrid:///a/v:52",
     UV_ECONNREFUSED,
     "no /a/v any more",
     HVUV_STEP_UNKNOWN},
    {&a_socket,
     "hybrid:///a/v:52",
     UV_ECONNREFUSED,
     "listens on 52",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v:52",
     UV_EACCES,
     "/a/v_52.lock, to be removed",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v:52",
     UV_EEXIST,
     "at /a/v_52 is no socket",
     HVUV_STEP_UNKNOWN},
    {&bare, "hybrid:///a/v:52", UV_ELOOP, "/a/v_52.lock", HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v:52",
     UV_EPROTO,
     "sent what is no message",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v:52",
     UV_ETIMEDOUT,
     "silent for too long",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v:52",
     UV_EOF,
     "without half-close",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a/v:52",
     UV_EPIPE,
     "ended both directions",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "hybrid:///a%20b/v:52",
     UV_EADDRINUSE,
     "hybrid:///a%20b/v:52",
     HVUV_STEP_UNKNOWN},
    {&bare, "hybrid:///a%20b/v:52", UV_ENOENT, "no /a b/v.", HVUV_STEP_UNKNOWN},

    /* local */
    {&bare,
     "local://loopback/5",
     UV_ECONNREFUSED,
     "which is the host, in /f",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "local://parent/5",
     UV_ECONNREFUSED,
     "which is " VM_ID ", in /f",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_EACCES,
     "at /f, and in it, must be",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_ENOENT,
     "/f cannot be made",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://parent/5",
     UV_EADDRNOTAVAIL,
     "host, which has no parent",
     HVUV_STEP_UNKNOWN},
    {&bare, "local://parent/5", UV_EINVAL, "HVUV_LOCAL_VM", HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_ENAMETOOLONG,
     "to a shorter one",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_EADDRINUSE,
     "local://loopback/5 already",
     HVUV_STEP_UNKNOWN},
    {&bare, "local://loopback/5", UV_EEXIST, "Remove it", HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_ETIMEDOUT,
     "took no new connection",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_ETIMEDOUT,
     "silent for too long",
     HVUV_STEP_UNKNOWN},
    {&no_folder,
     "local://loopback/5",
     UV_ECONNREFUSED,
     "/f is not there",
     HVUV_STEP_UNKNOWN},
    {&no_folder,
     "local://loopback/5",
     UV_EACCES,
     "may not write to the one",
     HVUV_STEP_UNKNOWN},
    {&no_path, "local://loopback/5", UV_EACCES, "chmod 700", HVUV_STEP_UNKNOWN},
    {&a_file,
     "local://loopback/5",
     UV_EINVAL,
     "to what is no VM id",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_ENOTSUP,
     "has no locks",
     HVUV_STEP_UNKNOWN},
    {&bare, "hybrid:///a:5", UV_ENOTSUP, "has no locks", HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_EROFS,
     "cannot be written to",
     HVUV_STEP_UNKNOWN},
    {&bare, "local://loopback/5", UV_ELOOP, "a link in /f", HVUV_STEP_UNKNOWN},

    /* The same everywhere */
    {&bare, "local://loopback/5", 0, "went well", HVUV_STEP_UNKNOWN},
    {&guest, "vsock://host:5", UV_EOF, "finished sending", HVUV_STEP_UNKNOWN},
    {&guest, "vsock://host:5", UV_ECANCELED, "was closed", HVUV_STEP_UNKNOWN},
    {&bare,
     "local://loopback/5",
     UV_EPIPE,
     "shut down here",
     HVUV_STEP_UNKNOWN},
    {&bare, "hybrid:///a:5", UV_ENOTCONN, "shut down here", HVUV_STEP_UNKNOWN},
    {&guest, "vsock://any:5", UV_EMFILE, "ulimit -n", HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://any/5",
     UV_EMFILE,
     "socket or handle left",
     HVUV_STEP_UNKNOWN},
    {&windows,
     "local://any/5",
     UV_EMFILE,
     "socket or handle left",
     HVUV_STEP_UNKNOWN},
    {&bare, "local://any/5", UV_ENFILE, "fs.file-max", HVUV_STEP_UNKNOWN},
    {&bare, "local://any/5", UV_ENOMEM, "memory", HVUV_STEP_UNKNOWN},
    {&bare,
     "local://any/5",
     UV_EMSGSIZE,
     "larger than the limit",
     HVUV_STEP_UNKNOWN},
    {&guest,
     "vsock://host:5",
     UV_EMSGSIZE,
     "larger than the limit",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://any/5",
     UV_EPROTO,
     "what is no message",
     HVUV_STEP_UNKNOWN},
    {&bare, "local://any/5", UV_EOF, "the rest never came", HVUV_STEP_UNKNOWN},
    {&bare,
     "local://any/5",
     UV_ENOBUFS,
     "queued to be sent",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://any/5",
     UV_EALREADY,
     "under way already",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://any/5",
     UV_EBUSY,
     "has a socket already",
     HVUV_STEP_UNKNOWN},
    {&bare, "local://any/5", UV_EBADF, "no open socket", HVUV_STEP_UNKNOWN},
    {&bare, "local://any/5", UV_ENOTSOCK, "is not a socket", HVUV_STEP_UNKNOWN},
    {&windows,
     "hyperv://any/5",
     UV_ETIMEDOUT,
     "silent for too long",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://any/5",
     UV_ENXIO,
     "the system's own answer",
     HVUV_STEP_UNKNOWN},
    /* Where the step is known */
    {&bare, "hybrid:///a:5", UV_EPROTO, "with 'OK '", HVUV_STEP_CONNECT},
    {&bare, "hybrid:///a:5", UV_EPROTO, "no message", HVUV_STEP_FRAMING},
    {&guest, "vsock://host:5", UV_EPROTO, "no message", HVUV_STEP_FRAMING},
    {&guest, "vsock://host:5", UV_EPROTO, "its own port", HVUV_STEP_CONNECT},
    {&bare, "hybrid:///a:5", UV_EMSGSIZE, "of the peer", HVUV_STEP_FRAMING},
    {&bare, "local://any/5", UV_EMSGSIZE, "split the message.", HVUV_STEP_SEND},
    {&bare, "local://any/5", UV_EOF, "rest never came", HVUV_STEP_FRAMING},
    {&bare, "local://any/5", UV_ETIMEDOUT, "took no new", HVUV_STEP_CONNECT},
    {&bare, "local://any/5", UV_ETIMEDOUT, "A limit of", HVUV_STEP_TIME_LIMIT},
    {&bare, "local://any/5", UV_ETIMEDOUT, "was silent", HVUV_STEP_RECEIVE},
    {&bare, "local://any/5", UV_ETIMEDOUT, "took nothing", HVUV_STEP_SEND},
    {&bare, "hybrid:///a:5", UV_ETIMEDOUT, "or paused", HVUV_STEP_CONNECT},
    {&bare, "hybrid:///a:5", UV_ETIMEDOUT, "A limit of", HVUV_STEP_TIME_LIMIT},
    {&guest, "vsock://host:5", UV_ETIMEDOUT, "A limit", HVUV_STEP_TIME_LIMIT},
    {&guest, "vsock://host:5", UV_ETIMEDOUT, "server on", HVUV_STEP_CONNECT},
    {&guest, "vsock://host:5", UV_ETIMEDOUT, "at PATH_5", HVUV_STEP_CONNECT},
    {&host, "vsock://9:5", UV_ENODEV, "No VM with", HVUV_STEP_CONNECT},
    {&hyperv_guest, "vsock://host:5", UV_ENODEV, "has ended", HVUV_STEP_SEND},
    {&hyperv_guest,
     "vsock://9:5",
     UV_ENODEV,
     "reaches only its host",
     HVUV_STEP_CONNECT},
    {&guest, "vsock://host:5", UV_ECONNRESET, "listens on", HVUV_STEP_CONNECT},
    {&guest, "vsock://host:5", UV_ECONNRESET, "is gone", HVUV_STEP_RECEIVE},
    {&guest, "vsock://9:5", UV_EADDRNOTAVAIL, "but 7.", HVUV_STEP_BIND},
    {&hyperv_guest,
     "vsock://9:5",
     UV_EADDRNOTAVAIL,
     "CID 9. B",
     HVUV_STEP_BIND},
    {&hyperv_guest,
     "vsock://any:5",
     UV_EADDRNOTAVAIL,
     "means nothing",
     HVUV_STEP_UNKNOWN},
    {&bare,
     "local://parent/5",
     UV_EADDRNOTAVAIL,
     "the host, which has no parent. Bind",
     HVUV_STEP_BIND},
    {&bare,
     "local://parent/5",
     UV_EADDRNOTAVAIL,
     "no parent. Connect",
     HVUV_STEP_CONNECT},
    {&bare,
     "local://any/5",
     UV_EADDRNOTAVAIL,
     "an address to listen at",
     HVUV_STEP_CONNECT},
    {&guest,
     "local://" VM_ID "/5",
     UV_EADDRNOTAVAIL,
     "only its parent and itself",
     HVUV_STEP_CONNECT},
    {&guest,
     "local://children/5",
     UV_EADDRNOTAVAIL,
     "Bind to 'any', 'parent'",
     HVUV_STEP_BIND},
    {&windows,
     "hyperv://" VM_ID "/5",
     UV_EADDRNOTAVAIL,
     "bound to",
     HVUV_STEP_BIND},
    {&windows,
     "hyperv://" VM_ID "/5",
     UV_EADDRNOTAVAIL,
     "No running VM",
     HVUV_STEP_CONNECT},
    {&windows,
     "hyperv://" VM_ID "/5",
     UV_ETIMEDOUT,
     "does not refuse",
     HVUV_STEP_CONNECT},
    {&windows,
     "hyperv://parent/5",
     UV_ETIMEDOUT,
     "The host did not",
     HVUV_STEP_CONNECT},
    {&windows,
     "hyperv://loopback/5",
     UV_ETIMEDOUT,
     "Nobody at",
     HVUV_STEP_CONNECT},
    {&windows,
     "hyperv://parent/5",
     UV_EADDRNOTAVAIL,
     "no parent to be called by",
     HVUV_STEP_BIND},
    {&windows,
     "hyperv://children/5",
     UV_EADDRNOTAVAIL,
     "nobody who could call",
     HVUV_STEP_BIND},
    {&no_folder,
     "hybrid:///a/v:5",
     UV_ENOENT,
     "no folder for /a/v_5, the",
     HVUV_STEP_BIND},
    {&a_socket, "hybrid:///a/v:5", UV_ENOENT, "there is now", HVUV_STEP_BIND},
    {&a_folder,
     "hybrid:///a/v:5",
     UV_ECONNREFUSED,
     "is a folder",
     HVUV_STEP_CONNECT},
    {&a_file,
     "hybrid:///a/v:5",
     UV_ECONNREFUSED,
     "no stream socket",
     HVUV_STEP_CONNECT},
    {&bare,
     "hybrid:///a/v:5",
     UV_EOF,
     "answer to CONNECT",
     HVUV_STEP_HANDSHAKE},
    {&bare, "local://any/5", UV_EMFILE, "take a caller", HVUV_STEP_ACCEPT},
    {&guest, "vsock://any:5", UV_EMFILE, "ulimit -n", HVUV_STEP_BIND},
    {&guest, "vsock://any:5", UV_EACCES, "may not come", HVUV_STEP_ACCEPT},
    {&bare, "local://any/5", UV_EBUSY, "as many", HVUV_STEP_ACCEPT},
    {&bare, "local://any/5", UV_ECONNABORTED, "goes on", HVUV_STEP_ACCEPT},
    {&bare, "local://any/5", UV_EROFS, "cannot be written", HVUV_STEP_BIND},
    {&bare, "local://any/5", UV_ENOSPC, "is full", HVUV_STEP_BIND},
    {&bare, "hybrid:///a:5", -ENOLCK, "lock service", HVUV_STEP_BIND},
    {&bare, "local://any/5", UV_ENOBUFS, "queued to be sent", HVUV_STEP_SEND},
    {&bare, "local://any/5", UV_ENOBUFS, "alloc callback", HVUV_STEP_RECEIVE},
    {&bare, "local://any/5", UV_ECANCELED, "was left to it", HVUV_STEP_STOP},
    {&bare, "local://any/5", UV_ECANCELED, "was connected", HVUV_STEP_CONNECT},
    {&bare, "local://any/5", UV_EINVAL, "no address", HVUV_STEP_PARSE},
    {&bare, "local://any/5", UV_EAGAIN, "hvuv_write()", HVUV_STEP_SEND},
    {&a_file, "local://any/5", UV_EINVAL, "is no VM id", HVUV_STEP_BIND},
    {&bare,
     "vsock://local:5",
     UV_ETIMEDOUT,
     "vsock_loopback",
     HVUV_STEP_CONNECT},
    {&bare, "vsock://2:5", UV_ETIMEDOUT, "not a VM", HVUV_STEP_CONNECT},
    {&bare, "vsock://2:5", UV_ETIMEDOUT, "A limit", HVUV_STEP_TIME_LIMIT},
    {&windows, "hyperv://any/5", UV_EACCES, "may not come", HVUV_STEP_ACCEPT},
    {&windows, "hyperv://any/5", UV_EACCES, "registered", HVUV_STEP_BIND},
    {&windows, "hyperv://any/5", UV_ECONNABORTED, "goes on", HVUV_STEP_ACCEPT},
    {&bare, "hybrid:///a:5", UV_EACCES, "may not come", HVUV_STEP_ACCEPT},
    {&bare, "hybrid:///a:5", UV_EACCES, "write to the", HVUV_STEP_CONNECT},
    {&bare, "hybrid:///a:5", UV_EACCES, "/a_5.lock. The", HVUV_STEP_BIND},
    {&bare, "hybrid:///a:5", UV_ELOOP, "go in a circle", HVUV_STEP_CONNECT},
    {&bare, "hybrid:///a:5", UV_ELOOP, "/a_5.lock", HVUV_STEP_BIND},
    {&bare, "hybrid:///a:5", UV_EISDIR, "/a_5.lock", HVUV_STEP_BIND},
    {&bare, "local://any/5", UV_EISDIR, "not hvuv's", HVUV_STEP_BIND},
    {&bare, "hybrid:///a:5", UV_ENAMETOOLONG, "/a_5, the", HVUV_STEP_BIND},
    {&bare, "hybrid:///a:5", UV_EROFS, "makes /a_5", HVUV_STEP_BIND},
    {&bare, "local://any/5", UV_EPERM, "(FAT)", HVUV_STEP_BIND},
    {&bare, "local://any/5", UV_EPERM, "sandbox", HVUV_STEP_CONNECT},
    {&bare, "local://any/5", UV_EROFS, "HVUV_LOCAL_DIR", HVUV_STEP_BIND},
    {&a_socket,
     "hybrid:///a:5",
     UV_EPROTOTYPE,
     "another kind",
     HVUV_STEP_CONNECT},
    {&bare, "local://any/5", UV_ENOSPC, "keep as much", HVUV_STEP_FRAMING},
    {&bare, "local://any/5", UV_ENOSPC, "until some is", HVUV_STEP_ACCEPT},
    {&bare, "local://any/5", UV_EAGAIN, "more often", HVUV_STEP_ACCEPT},
    {&bare, "local://any/5", UV_EACCES, "another secret", HVUV_STEP_FRAMING},
    {&bare, "local://any/5", UV_EPIPE, "can be sent", HVUV_STEP_SEND},
    {&bare, "local://any/5", UV_ENFILE, "file-max", HVUV_STEP_ACCEPT},
    {&windows, "local://any/5", UV_EMFILE, "no socket", HVUV_STEP_ACCEPT},
    {&guest, "vsock://9:5", UV_ETIMEDOUT, "passes that", HVUV_STEP_CONNECT},
    {&guest, "vsock://any:80", UV_EACCES, "below 1024", HVUV_STEP_BIND},
    {&guest, "vsock://2:80", UV_EACCES, "what guards", HVUV_STEP_CONNECT},
    {&guest, "vsock://2:80", UV_ENODEV, "has closed", HVUV_STEP_UNKNOWN},
    {&guest, "vsock://2:5", UV_ENOTSUP, "cannot do that", HVUV_STEP_SEND},
    {&guest,
     "hyperv://children/5",
     UV_EADDRNOTAVAIL,
     "no address for hyperv://children/5",
     HVUV_STEP_BIND},
    {&guest,
     "hyperv://" VM_ID "/5",
     UV_EADDRNOTAVAIL,
     "bind to vsock://any:5, and",
     HVUV_STEP_BIND},
    {&hyperv_guest,
     "vsock://host:5",
     UV_ETIMEDOUT,
     "bound to the id of that VM",
     HVUV_STEP_CONNECT},
};

/* What is said of one step, and would be untrue of another. */
static const row_t untrue[] = {
    {&bare, "hybrid:///a:5", UV_EACCES, "listen", HVUV_STEP_CONNECT},
    {&bare, "hybrid:///a:5", UV_ELOOP, ".lock", HVUV_STEP_CONNECT},
    {&bare, "hybrid:///a:5", UV_ENAMETOOLONG, "listener", HVUV_STEP_CONNECT},
    {&a_socket, "hybrid:///a:5", UV_EPROTOTYPE, "answer", HVUV_STEP_CONNECT},
    {&bare, "local://any/5", UV_ENOSPC, "disk", HVUV_STEP_FRAMING},
    {&bare, "local://any/5", UV_ENOSPC, "disk", HVUV_STEP_ACCEPT},
    {&bare, "local://any/5", UV_ENOTSUP, "locks", HVUV_STEP_SEND},
    {&bare, "local://parent/5", UV_EADDRNOTAVAIL, "'parent'", HVUV_STEP_BIND},
    {&guest, "local://any/5", UV_EADDRNOTAVAIL, "children", HVUV_STEP_BIND},
    {&guest, "vsock://2:80", UV_EACCES, "1024", HVUV_STEP_CONNECT},
    {&guest, "vsock://2:5", UV_ECONNRESET, "unread", HVUV_STEP_RECEIVE},
    {&guest, "vsock://2:5", UV_ENODEV, "transport", HVUV_STEP_SEND},
    {&guest, "vsock://2:5", UV_ENODEV, "CID", HVUV_STEP_SEND},
    {&guest, "vsock://9:5", UV_ETIMEDOUT, "only its host", HVUV_STEP_CONNECT},
    {&guest, "hyperv://children/5", UV_EADDRNOTAVAIL, "CID", HVUV_STEP_BIND},
    {&bare, "vsock://9:5", UV_EADDRNOTAVAIL, "'local'", HVUV_STEP_BIND},
    {&windows, "hyperv://any/5", UV_EADDRNOTAVAIL, "onnect", HVUV_STEP_BIND},
    {&windows, "hyperv://parent/5", UV_ETIMEDOUT, "The VM", HVUV_STEP_CONNECT},
    {&windows, "local://any/5", UV_EMFILE, "ulimit", HVUV_STEP_ACCEPT},
    {&windows, "hyperv://" VM_ID "/5", UV_ETIMEDOUT, "WSL2", HVUV_STEP_CONNECT},
};

static void parse(const char* text, hvuv_addr_t* addr) {
  if (hvuv_addr_parse(text, addr) != 0)
    fail_msg("not an address: %s", text);
}

static void explain_row(const row_t* row, char text[HVUV_EXPLAIN_STRLEN]) {
  hvuv_addr_t addr;

  parse(row->addr, &addr);
  assert_int_equal(
      hvuv__explain_with(
          row->facts, &addr, row->step, row->status, text, HVUV_EXPLAIN_STRLEN),
      0);
}

static void each_known_error_is_explained(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    explain_row(&rows[i], text);
    if (strstr(text, rows[i].says) == NULL || strchr(text, '$') != NULL)
      fail_msg("%s, %s: \"%s\" does not say \"%s\"",
               rows[i].addr,
               rows[i].status == 0 ? "0" : uv_err_name(rows[i].status),
               text,
               rows[i].says);
  }
}

static void nothing_is_said_that_is_true_of_another_step_only(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(untrue) / sizeof(untrue[0]); i++) {
    explain_row(&untrue[i], text);
    if (strstr(text, untrue[i].says) != NULL)
      fail_msg("%s of %s, %s: \"%s\" says \"%s\"",
               hvuv_step_name(untrue[i].step),
               untrue[i].addr,
               uv_err_name(untrue[i].status),
               text,
               untrue[i].says);
  }
}

/* All that src/ returns or reports on its own, or that sockets of the families
 * are known to. */
static const int known[] = {
    UV_EACCES,       UV_EADDRINUSE,   UV_EADDRNOTAVAIL, UV_EAFNOSUPPORT,
    UV_EAGAIN,       UV_EALREADY,     UV_EBADF,         UV_EBUSY,
    UV_ECANCELED,    UV_ECHARSET,     UV_ECONNABORTED,  UV_ECONNREFUSED,
    UV_ECONNRESET,   UV_EDESTADDRREQ, UV_EEXIST,        UV_EHOSTDOWN,
    UV_EHOSTUNREACH, UV_EILSEQ,       UV_EINTR,         UV_EINVAL,
    UV_EIO,          UV_EISCONN,      UV_ELOOP,         UV_EMFILE,
    UV_EMSGSIZE,     UV_ENAMETOOLONG, UV_ENETDOWN,      UV_ENETUNREACH,
    UV_ENFILE,       UV_ENOBUFS,      UV_ENODEV,        UV_ENOENT,
    UV_ENOMEM,       UV_ENOPROTOOPT,  UV_ENOTCONN,      UV_ENOTDIR,
    UV_ENOTSOCK,     UV_ENOTSUP,      UV_EOF,           UV_EPERM,
    UV_EPIPE,        UV_EPROTO,       UV_EPROTOTYPE,    UV_ETIMEDOUT,
    UV_ENOSPC,
};

typedef struct scene_s {
  const hvuv__facts_t* facts;
  const char* addr;
} scene_t;

static const scene_t scenes[] = {
    {&bare, "local://loopback/5"},
    {&bare, "hybrid:///a:5"},
    {&guest, "vsock://host:5000"},
    {&host, "vsock://9:5000"},
    {&hyperv_guest, "hyperv://parent/5000"},
    {&windows, "hyperv://" VM_ID "/5"},
    {&windows, "vsock://host:5"},
    {&windows, "local://loopback/5"},
    {&windows, "hybrid://C:/a:5"},
};

/* Each scene x step x known status. */
static void for_all_known(hvuv_step_t first,
                          void (*visit)(hvuv_step_t step,
                                        int status,
                                        const char* text)) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv_addr_t addr;
  int step;
  size_t i;
  size_t j;

  for (i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
    parse(scenes[i].addr, &addr);
    for (step = (int) first; step <= HVUV_STEP_STOP; step++)
      for (j = 0; j < sizeof(known) / sizeof(known[0]); j++) {
        assert_int_equal(hvuv__explain_with(scenes[i].facts,
                                            &addr,
                                            (hvuv_step_t) step,
                                            known[j],
                                            text,
                                            sizeof(text)),
                         0);
        visit((hvuv_step_t) step, known[j], text);
      }
  }
}

static void expect_knowledge(hvuv_step_t step, int status, const char* text) {
  if (strstr(text, "knows no more") != NULL)
    fail_msg("%s, %s", hvuv_step_name(step), uv_err_name(status));
}

static void what_hvuv_reports_itself_it_knows(void** state) {
  (void) state;
  for_all_known(HVUV_STEP_UNKNOWN, expect_knowledge);
}

static void expect_one_step(hvuv_step_t step, int status, const char* text) {
  if (step != HVUV_STEP_STOP && (strstr(text, "To a connect") != NULL ||
                                 strstr(text, "In an open stream") != NULL))
    fail_msg("%s, %s: %s", hvuv_step_name(step), uv_err_name(status), text);
}

static void step_that_is_known_is_the_only_one_spoken_of(void** state) {
  (void) state;
  for_all_known(HVUV_STEP_CONNECT, expect_one_step);
}

static void each_step_has_its_name(void** state) {
  int i;
  int j;

  (void) state;
  for (i = 0; i <= HVUV_STEP_STOP; i++)
    for (j = 0; j < i; j++)
      assert_string_not_equal(hvuv_step_name((hvuv_step_t) i),
                              hvuv_step_name((hvuv_step_t) j));
  assert_string_equal(hvuv_step_name(HVUV_STEP_CONNECT), "connect");
  assert_string_equal(hvuv_step_name((hvuv_step_t) 99), "unknown step");
}

/* Below libuv's last code: errno on Unix, a range of its own on Windows. */
#define LAST_STATUS (-4100)

#define STATUSES_AT_STEPS (-LAST_STATUS * (HVUV_STEP_STOP + 1))

/* Every error of libuv, so also those that no row above names. */
static void every_explanation_fits_and_ends(void** state) {
  static const char* const addrs[] = {"vsock://4294967294:4294967294",
                                      "hyperv://" VM_ID "/" VM_ID,
                                      "local://" VM_ID "/" VM_ID};
  static const hvuv__facts_t* const systems[] = {
      &bare, &with_loopback, &guest, &hyperv_guest, &host, &windows};
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv_addr_t addr;
  int status;
  size_t i;

  (void) state;
  for (i = 0; i < 18; i++) {
    parse(addrs[i / 6], &addr);
    for (status = 0; status > LAST_STATUS; status--) {
      assert_int_equal(hvuv__explain_with(systems[i % 6],
                                          &addr,
                                          HVUV_STEP_UNKNOWN,
                                          status,
                                          text,
                                          sizeof(text)),
                       0);
      assert_non_null(strchr(".?)", text[strlen(text) - 1]));
      assert_null(strchr(text, '$'));
    }
  }
}

static void the_longest_path_and_folder_fit(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  char path[HVUV_PATH_SIZE];
  char folder[257];
  hvuv__facts_t facts = bare;
  hvuv_guid_t service;
  hvuv_addr_t addr;
  hvuv_step_t step;
  int status;
  int i;

  (void) state;
  memset(path, ' ', sizeof(path) - 1); /* "%20" each, in an address */
  path[sizeof(path) - 1] = '\0';
  memset(folder, 'f', sizeof(folder) - 1);
  folder[sizeof(folder) - 1] = '\0';
  facts.folder = folder;
  facts.partition = VM_ID;
  assert_int_equal(hvuv_guid_parse(VM_ID, &service), 0);

  for (i = 0; i < STATUSES_AT_STEPS; i++) {
    status = -(i / (HVUV_STEP_STOP + 1));
    step = (hvuv_step_t) (i % (HVUV_STEP_STOP + 1));
    hvuv_addr_hybrid(&addr, path, &service);
    assert_int_equal(
        hvuv__explain_with(&facts, &addr, step, status, text, sizeof(text)), 0);
    hvuv_addr_local(&addr, &service, &service);
    assert_int_equal(
        hvuv__explain_with(&facts, &addr, step, status, text, sizeof(text)), 0);
  }
}

static void the_number_of_the_system_is_told_where_it_is_known(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv__facts_t facts = windows;
  hvuv_addr_t addr;

  (void) state;
  parse("hyperv://any/5", &addr);
  hvuv__explain_with(
      &facts, &addr, HVUV_STEP_UNKNOWN, UV_EACCES, text, sizeof(text));
  assert_null(strstr(text, "last number"));

  facts.original = 10013;
  hvuv__explain_with(
      &facts, &addr, HVUV_STEP_UNKNOWN, UV_EACCES, text, sizeof(text));
  assert_non_null(strstr(text, "not registered on the host"));
  assert_non_null(strstr(text, "(Windows' last number for that was 10013.)"));
}

static void a_text_that_does_not_fit_is_cut(void** state) {
  char whole[HVUV_EXPLAIN_STRLEN];
  char* part;
  hvuv_addr_t addr;
  size_t size;
  int err;

  (void) state;
  parse("local://loopback/5", &addr);
  assert_int_equal(
      hvuv__explain_with(
          &bare, &addr, HVUV_STEP_UNKNOWN, UV_EADDRINUSE, whole, sizeof(whole)),
      0);
  for (size = 1; size <= strlen(whole) + 1; size++) {
    part = malloc(size); /* Just so large, for a sanitizer to see. */
    assert_non_null(part);
    err = hvuv__explain_with(
        &bare, &addr, HVUV_STEP_UNKNOWN, UV_EADDRINUSE, part, size);
    assert_int_equal(err, size <= strlen(whole) ? UV_ENOBUFS : 0);
    assert_int_equal(strlen(part), size - 1);
    assert_memory_equal(part, whole, size - 1);
    free(part);
  }
}

static void this_system_is_explained(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv_addr_t addr;

  (void) state;
  parse("vsock://local:5", &addr);
  assert_int_equal(hvuv_explain(&addr, UV_EADDRINUSE, text, sizeof(text)), 0);
  assert_non_null(strstr(text, "Somebody listens on "));
  parse("local://loopback/5", &addr);
  assert_int_equal(hvuv_explain(&addr, UV_ECONNREFUSED, text, sizeof(text)), 0);
  assert_non_null(strstr(text, "obody listens "));
}

static void names_command_no_terminal(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv_addr_t addr;

  (void) state;
  parse("hybrid:///a%1b[2J%c2%9b2J\xc3\xa9:52", &addr);
  assert_int_equal(
      hvuv__explain_with(
          &bare, &addr, HVUV_STEP_CONNECT, UV_ENOENT, text, sizeof(text)),
      0);
  assert_non_null(strstr(text, "no /a?[2J??2J\xc3\xa9."));
}

/* Of the two folders one has a character across any byte. */
static void a_long_folder_is_cut_between_characters(void** state) {
  static const char* const starts[] = {"/", "/x"};
  char text[HVUV_EXPLAIN_STRLEN];
  char folder[601];
  hvuv_addr_t addr;
  const char* at;
  size_t i;
  size_t n;

  (void) state;
  parse("local://loopback/5", &addr);
  for (i = 0; i < 2; i++) {
    n = strlen(starts[i]);
    memcpy(folder, starts[i], n);
    for (; n + 2 < sizeof(folder); n += 2)
      memcpy(folder + n, "\xc3\xa9", 2);
    folder[n] = '\0';
    assert_int_equal(uv_os_setenv("HVUV_LOCAL_DIR", folder), 0);
    assert_int_equal(hvuv_explain(&addr, UV_EACCES, text, sizeof(text)), 0);
    at = strrchr(text, '\xa9');
    assert_non_null(at);
    assert_int_not_equal(at[1], '\xc3');
  }
  uv_os_unsetenv("HVUV_LOCAL_DIR");
}

static void mistakes_get_a_code_and_no_text(void** state) {
  char text[HVUV_EXPLAIN_STRLEN] = "untouched";
  hvuv_addr_t none;
  hvuv_addr_t addr;

  (void) state;
  memset(&none, 0, sizeof(none));
  parse("local://loopback/5", &addr);
  assert_int_equal(hvuv_explain(NULL, UV_EIO, text, sizeof(text)), UV_EINVAL);
  assert_int_equal(hvuv_explain(&none, UV_EIO, text, sizeof(text)), UV_EINVAL);
  assert_int_equal(hvuv_explain(&addr, UV_EIO, text, 0), UV_EINVAL);
  assert_int_equal(hvuv_explain(&addr, UV_EIO, NULL, 10), UV_EINVAL);
  assert_int_equal(
      hvuv_explain_step(
          &addr, (hvuv_step_t) (HVUV_STEP_STOP + 1), 0, text, sizeof(text)),
      UV_EINVAL);
  assert_string_equal(text, "untouched");
}

static void the_local_cid_is_told_or_why_not(void** state) {
  uint32_t cid = 77;
  int err;

  (void) state;
  assert_int_equal(hvuv_local_cid(NULL), UV_EINVAL);
  err = hvuv_local_cid(&cid);
  if (err == 0)
    assert_int_not_equal(cid, 77);
  else
    assert_int_equal(cid, 77);
  /* UV_ENOSYS is qemu-user's, which passes on no ioctl of vsock. */
  if (err != 0 && err != UV_ENOENT && err != UV_EACCES && err != UV_ENOTSUP &&
      err != UV_ENOSYS)
    fail_msg("%s is no answer", uv_err_name(err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_known_error_is_explained),
      cmocka_unit_test(nothing_is_said_that_is_true_of_another_step_only),
      cmocka_unit_test(what_hvuv_reports_itself_it_knows),
      cmocka_unit_test(step_that_is_known_is_the_only_one_spoken_of),
      cmocka_unit_test(each_step_has_its_name),
      cmocka_unit_test(every_explanation_fits_and_ends),
      cmocka_unit_test(the_longest_path_and_folder_fit),
      cmocka_unit_test(the_number_of_the_system_is_told_where_it_is_known),
      cmocka_unit_test(a_text_that_does_not_fit_is_cut),
      cmocka_unit_test(this_system_is_explained),
      cmocka_unit_test(names_command_no_terminal),
      cmocka_unit_test(a_long_folder_is_cut_between_characters),
      cmocka_unit_test(mistakes_get_a_code_and_no_text),
      cmocka_unit_test(the_local_cid_is_told_or_why_not),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
