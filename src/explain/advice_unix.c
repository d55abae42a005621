/* Advice on addresses that go over Unix sockets: `hybrid` and `local`. Of two
 * rows that fit the first wins. */
#include <errno.h>
#include <uv.h>

#include "explain/advice_rows.h"

/* --- When a row fits */

static int on_windows(const hvuv__question_t* q) {
  return q->facts->is_windows;
}

static int has_no_folder(const hvuv__question_t* q) {
  return q->facts->at_path == HVUV__AT_NO_FOLDER;
}

static int has_nothing(const hvuv__question_t* q) {
  return q->facts->at_path == HVUV__AT_NO_FOLDER ||
         q->facts->at_path == HVUV__AT_NOTHING;
}

static int has_no_socket(const hvuv__question_t* q) {
  return q->facts->at_path == HVUV__AT_OTHER ||
         q->facts->at_path == HVUV__AT_FOLDER;
}

static int has_a_socket(const hvuv__question_t* q) {
  return q->facts->at_path == HVUV__AT_SOCKET;
}

static int is_a_folder(const hvuv__question_t* q) {
  return q->facts->at_path == HVUV__AT_FOLDER;
}

static int is_folder_absent(const hvuv__question_t* q) {
  return q->facts->folder_error == UV_ENOENT ||
         q->facts->folder_error == UV_ENOTDIR;
}

static int is_self_unknown(const hvuv__question_t* q) {
  return q->facts->partition_error != 0;
}

/* --- The rows */

const hvuv__advice_t hvuv__advice_unix[] = {
    /* Windows, where it differs */
    {UNIX,
     ANY_STEP,
     {UV_EAFNOSUPPORT},
     NULL,
     "This system has no Unix sockets, which $addr goes over. Windows has them "
     "from Windows 10 version 1803 on; Wine 8 has none."},
    {LOCAL,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     on_windows,
     "The folder $folder must be yours alone and no link: owned by you, and "
     "open to nobody but you, SYSTEM and Administrators. Remove it, and it is "
     "made anew, or set HVUV_LOCAL_DIR to one that is not there yet."},
    {HYBRID,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     on_windows,
     "This user may not use $path. The permissions of its folder decide; run "
     "as the hypervisor's user or let this one in."},
    {UNIX,
     ANY_STEP,
     {UV_ECHARSET},
     on_windows,
     "The path behind $addr is not UTF-8, as paths must be on Windows."},

    /* A guest behind its hypervisor's Unix socket */
    {HYBRID,
     BINDING,
     {UV_ENOENT, UV_ENOTDIR},
     has_no_folder,
     "The folder of $path is not there, in which a listener puts its socket, "
     "$path_$port. Make it, or correct the path."},
    {HYBRID,
     BINDING,
     {UV_ENOENT, UV_ENOTDIR},
     NULL,
     "There was no folder for $path_$port then; there is now. Try again."},
    {HYBRID,
     ANY_STEP,
     {UV_ENOENT, UV_ENOTDIR},
     has_no_folder,
     "The folder of $path is not there. Make it, or correct the path: the "
     "hypervisor and a listener both need it."},
    {HYBRID,
     ANY_STEP,
     {UV_ENOENT},
     has_a_socket,
     "There was no $path then; there is now. Try again."},
    {HYBRID,
     ANY_STEP,
     {UV_ENOENT},
     NULL,
     "There is no $path. Start the hypervisor first, and give it this path for "
     "its vsock device."},
    {HYBRID,
     CONNECTING,
     {UV_ECONNREFUSED, UV_EPROTOTYPE},
     is_a_folder,
     "$path is a folder, so nobody can be called there. Give the path of the "
     "hypervisor's vsock socket."},
    {HYBRID,
     ANY_STEP,
     {UV_ECONNREFUSED, UV_EPROTOTYPE},
     has_no_socket,
     "$path is no stream socket, so nobody can be called there. Give the path "
     "of the hypervisor's vsock socket."},
    {HYBRID,
     ANY_STEP,
     {UV_ECONNREFUSED},
     has_nothing,
     "There is no $path any more: the hypervisor has ended. Start it first."},
    {HYBRID,
     ANY_STEP,
     {UV_ECONNREFUSED},
     NULL,
     "The hypervisor hung up, because nobody listens on $port in the guest "
     "(yet); or it is gone and left its socket behind. Start the server in the "
     "guest, or the hypervisor, and try again."},
    {HYBRID,
     CONNECTING,
     {UV_ETIMEDOUT},
     NULL,
     "The hypervisor did not answer in time; it may, while the guest starts: "
     "try again, or allow more time."},
    {HYBRID,
     CONNECTING,
     {UV_ECONNRESET, UV_EPIPE, UV_EOF},
     NULL,
     "The hypervisor hung up in the middle of its answer to CONNECT. See what "
     "it says; try again when it runs."},
    {HYBRID,
     CONNECTING,
     {UV_EPROTO, UV_EPROTOTYPE},
     NULL,
     "What answers at $path is not a hypervisor's vsock socket: its answer to "
     "CONNECT is not 'OK'. Check the path."},
    {HYBRID,
     UNKNOWN_STEP,
     {UV_ETIMEDOUT},
     NULL,
     "To a connect, the hypervisor did not answer in time; it may, while the "
     "guest starts: try again, or allow more time. In an open stream, the peer "
     "was silent for too long."},
    {HYBRID,
     UNKNOWN_STEP,
     {UV_EPROTO, UV_EPROTOTYPE},
     NULL,
     "To a connect, what answers at $path is not a hypervisor's vsock socket: "
     "its answer to CONNECT is not 'OK'; check the path. In an open stream, "
     "the "
     "peer sent what is no message."},
    {HYBRID,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     NULL,
     "This user may not use $path, or may not listen beside it: modes of the "
     "socket and its folder decide, and another user's server that was killed "
     "leaves $path_$port and $path_$port.lock, to be removed. Run as the "
     "hypervisor's user or let this one in."},
    {HYBRID,
     ANY_STEP,
     {UV_EEXIST},
     NULL,
     "A file that is no socket is at $path_$port, where a listener's socket "
     "should be. Remove it, if nobody needs it."},
    {HYBRID,
     ANY_STEP,
     {UV_ELOOP},
     NULL,
     "There is a link where none is followed: $path_$port.lock, or one in a "
     "circle on the way to $path. Remove it."},
    {HYBRID,
     ANY_STEP,
     {UV_ENAMETOOLONG},
     NULL,
     "$path, with what is added to it for a listener, is too long for a Unix "
     "socket. Use a shorter path."},
    {HYBRID,
     ANY_STEP,
     {UV_EOF},
     NULL,
     "The peer has finished sending; that is how a stream ends. A hypervisor "
     "without half-close also ends it here when this side has shut down, and "
     "what the peer sent after that may be lost (docs/endings.md)."},
    {HYBRID,
     ANY_STEP,
     {UV_EPIPE, UV_ENOTCONN},
     NULL,
     "The stream is not open in that direction: it was shut down here, the "
     "peer "
     "is gone, or the hypervisor ended both directions with one (see "
     "docs/endings.md)."},
    {HYBRID,
     ANY_STEP,
     {UV_ECONNRESET},
     NULL,
     "The stream was broken off with bytes unread, by the peer or by its "
     "hypervisor, or one of them ended. See what they say."},

    /* local */
    {LOCAL,
     ANY_STEP,
     {UV_ECONNREFUSED},
     is_folder_absent,
     "The folder $folder is not there, so nobody listens in it. Start the "
     "server first, with the same HVUV_LOCAL_DIR (or XDG_RUNTIME_DIR and "
     "TMPDIR) as this process."},
    {LOCAL,
     ANY_STEP,
     {UV_ECONNREFUSED},
     NULL,
     "Nobody listens there for this process, which is $self, in $folder. Start "
     "the server first, with the same HVUV_LOCAL_DIR, bound to an address that "
     "accepts from here."},
    {LOCAL,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     is_folder_absent,
     "The folder $folder cannot be made, or not be reached: this user may not "
     "write to the one above it, or not search it. Set HVUV_LOCAL_DIR to a "
     "folder in one of this user's own."},
    {LOCAL,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     NULL,
     "The folder $folder must be yours alone and no link, and so must those in "
     "it: chmod 700 them, or set HVUV_LOCAL_DIR to another."},
    {LOCAL,
     ANY_STEP,
     {UV_ENOENT, UV_ENOTDIR},
     NULL,
     "The folder $folder cannot be made: the one above it is not there. Make "
     "it, or set HVUV_LOCAL_DIR to another."},
    {LOCAL,
     BINDING,
     {UV_EADDRNOTAVAIL},
     NULL,
     "This process, which is $self, cannot be $addr: bind to 'any', "
     "'loopback', 'parent', 'children' or, on the host, to the id of the VM "
     "that may call."},
    {LOCAL,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     NULL,
     "$addr leads nowhere for this process, which is $self: the host has no "
     "parent, a VM reaches only its parent and itself, and nobody connects to "
     "'any' or 'children'."},
    {LOCAL,
     SETTING_UP,
     {UV_EINVAL},
     is_self_unknown,
     "HVUV_LOCAL_VM is set to what is no VM id. Set it to a GUID of your own "
     "choice, or not at all, which is the host."},
    {LOCAL,
     SETTING_UP,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for here: a stream is bound or connected once. "
     "HVUV_LOCAL_VM, if it is set, must be a VM id of your own choice."},
    {LOCAL,
     ANY_STEP,
     {UV_ENAMETOOLONG},
     NULL,
     "The folder $folder makes a path too long for a Unix socket. Set "
     "HVUV_LOCAL_DIR to a shorter one."},
    {LOCAL,
     ANY_STEP,
     {UV_ELOOP},
     NULL,
     "There is a link in $folder where none is followed. Remove it."},

    /* Both kinds of Unix socket */
    {UNIX,
     ANY_STEP,
     {UV_EADDRINUSE},
     NULL,
     "A live server listens at $addr already. Stop it or take another "
     "service."},
    {UNIX,
     ANY_STEP,
     {UV_EEXIST},
     NULL,
     "A file that is no socket is where the socket of $addr should be. Remove "
     "it."},
    {UNIX,
     ANY_STEP,
     {UV_ENOTSUP},
     NULL,
     "The folder of that socket is on a file system that has no locks (9p, "
     "drvfs, some network file systems), which a listener needs. Put it on a "
     "local disk."},
    {UNIX,
     ANY_STEP,
     {UV_ENOSPC},
     NULL,
     "The disk with the folder of that socket is full; a listener makes a "
     "socket and a lock there. Make room."},
    {UNIX,
     ANY_STEP,
     {-ENOLCK},
     NULL,
     "The file system with the folder of that socket has no lock left, or its "
     "lock service is not running (NFS), and a listener needs one. Put it on a "
     "local disk."},
    {UNIX,
     ANY_STEP,
     {UV_EROFS},
     NULL,
     "The folder of that socket is on a file system that cannot be written to. "
     "Use another."},
    {UNIX,
     CONNECTING,
     {UV_ETIMEDOUT},
     NULL,
     "A server is there, but it took no new connection in time: see whether it "
     "hangs, or allow more time."},
    {UNIX,
     UNKNOWN_STEP,
     {UV_ETIMEDOUT},
     NULL,
     "To a connect, a server is there but took no new connection in time: see "
     "whether it hangs, or allow more time. In an open stream, the peer was "
     "silent for too long."},
    {UNIX,
     ANY_STEP,
     {UV_ECONNRESET},
     NULL,
     "The peer closed the stream with bytes unread, or ended. See what it "
     "says."},
};

const size_t hvuv__advice_unix_count =
    sizeof(hvuv__advice_unix) / sizeof(hvuv__advice_unix[0]);
