/* Advice on `hybrid` addresses: a guest behind its hypervisor's Unix socket. Of
 * two rows that fit the first wins; what is said of all Unix sockets comes
 * after them (advice_unix.c). */
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

/* --- The rows */

const hvuv__advice_t hvuv__advice_hybrid[] = {
    {HYBRID,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     on_windows,
     "This user may not use $path. The permissions of its folder decide; run "
     "as the hypervisor's user or let this one in."},

    /* Listening for a guest, beside its hypervisor's Unix socket */
    {HYBRID,
     BINDING,
     {UV_ENOENT, UV_ENOTDIR},
     has_no_folder,
     "There is no folder for $path_$port, the socket of a listener. Make it, "
     "or correct the path."},
    {HYBRID,
     BINDING,
     {UV_ENOENT, UV_ENOTDIR},
     NULL,
     "There was no folder for $path_$port then; there is now. Try again."},
    {HYBRID,
     BINDING,
     {UV_EACCES},
     NULL,
     "This user may not make $path_$port and $path_$port.lock. The mode of "
     "their folder decides, or they are another user's: a server of his runs, "
     "or was killed and left them to be removed. Run as the hypervisor's user, "
     "or let this one in."},
    {HYBRID,
     BINDING | UNKNOWN_STEP,
     {UV_EEXIST},
     NULL,
     "What is at $path_$port is no socket, and a listener's should be there. "
     "Remove it, if nobody needs it."},
    {HYBRID,
     BINDING | UNKNOWN_STEP,
     {UV_EISDIR},
     NULL,
     "A folder is at $path_$port.lock, where a listener's lock should be. "
     "Remove it, if nobody needs it."},
    {HYBRID,
     BINDING,
     {UV_ELOOP},
     NULL,
     "There is a link where none is followed, $path_$port.lock, or links on "
     "the way to it go in a circle. Remove it, or correct the path."},
    {HYBRID,
     BINDING,
     {UV_ENAMETOOLONG},
     NULL,
     "$path_$port, the socket of a listener, is too long for a Unix socket. "
     "Use a shorter path."},

    /* Calling a guest behind its hypervisor's Unix socket */
    {HYBRID,
     CONNECTING,
     {UV_ENOENT, UV_ENOTDIR},
     has_no_folder,
     "There is no folder for $path. Correct the path, or start the hypervisor "
     "with this one for its vsock device."},
    {HYBRID,
     CONNECTING | UNKNOWN_STEP,
     {UV_ECONNREFUSED, UV_EPROTOTYPE},
     is_a_folder,
     "$path is a folder, so nobody can be called there. Give the path of the "
     "hypervisor's vsock socket."},
    {HYBRID,
     CONNECTING | UNKNOWN_STEP,
     {UV_ECONNREFUSED, UV_EPROTOTYPE},
     has_no_socket,
     "$path is no stream socket, so nobody can be called there. Give the path "
     "of the hypervisor's vsock socket."},
    {HYBRID,
     CONNECTING | UNKNOWN_STEP,
     {UV_EPROTOTYPE},
     NULL,
     "$path is a socket of another kind, and no stream socket. Give the path "
     "of the hypervisor's vsock socket."},
    {HYBRID,
     CONNECTING,
     {UV_EACCES, UV_EPERM},
     NULL,
     "This user may not connect to $path: that needs the right to write to the "
     "socket, and to search the folders on the way to it. Run as the "
     "hypervisor's user, or let this one in."},
    {HYBRID,
     CONNECTING,
     {UV_ETIMEDOUT},
     NULL,
     "No OK came from $path in time. The guest may be starting or paused, or "
     "the hypervisor hangs: try again, or allow more time. A socket that is no "
     "hypervisor's may be silent too; then check the path."},
    {HYBRID,
     CONNECTING,
     {UV_ECONNRESET, UV_EPIPE, UV_EOF},
     NULL,
     "The hypervisor hung up in the middle of its answer to CONNECT. See what "
     "it says; try again when it runs."},
    {HYBRID,
     CONNECTING,
     {UV_EPROTO},
     NULL,
     "What answers at $path is not a hypervisor's vsock socket: its answer to "
     "CONNECT is not a short line that begins with 'OK '. Check the path."},
    {HYBRID,
     CONNECTING,
     {UV_ELOOP},
     NULL,
     "Links on the way to $path go in a circle. Correct them, or the path."},
    {HYBRID,
     CONNECTING,
     {UV_ENAMETOOLONG},
     NULL,
     "$path is too long for a Unix socket. Use a shorter path."},

    /* Either of the two, and an open stream to a guest */
    {HYBRID,
     ANY_STEP,
     {UV_ENOENT, UV_ENOTDIR},
     has_no_folder,
     "There is no folder for $path. Make it, or correct the path: the "
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
     ANY_STEP,
     {UV_ECONNREFUSED},
     has_nothing,
     "There is no $path any more: the hypervisor has ended. Start it first."},
    {HYBRID,
     ANY_STEP,
     {UV_ECONNREFUSED},
     NULL,
     "No OK came from $path: nobody listens on $port in the guest (yet), so "
     "the hypervisor hung up; or it has ended and left its socket behind. "
     "Start the server in the guest, or the hypervisor, and try again. Others "
     "than a hypervisor may hang up too; then check the path."},
    {HYBRID,
     UNKNOWN_STEP,
     {UV_ETIMEDOUT},
     NULL,
     "To a connect, no OK came from $path in time: the guest may be starting "
     "or paused, so try again, or allow more time; or what is there is no "
     "hypervisor's. In an open stream, the peer was silent for too long."},
    {HYBRID,
     UNKNOWN_STEP,
     {UV_EPROTO},
     NULL,
     "To a connect, what answers at $path is not a hypervisor's vsock socket: "
     "its answer to CONNECT is not a short line that begins with 'OK '; check "
     "the path. In an open stream, the peer sent what is no message."},
    {HYBRID,
     UNKNOWN_STEP,
     {UV_EACCES, UV_EPERM},
     NULL,
     "This user may not use $path, or may not listen beside it: modes of the "
     "socket and its folder decide, and another user's server that was killed "
     "leaves $path_$port and $path_$port.lock, to be removed. Run as the "
     "hypervisor's user or let this one in."},
    {HYBRID,
     UNKNOWN_STEP,
     {UV_ELOOP},
     NULL,
     "There is a link where none is followed: $path_$port.lock, or one in a "
     "circle on the way to $path. Remove it."},
    {HYBRID,
     UNKNOWN_STEP,
     {UV_ENAMETOOLONG},
     NULL,
     "$path, with what is added to it for a listener, is too long for a Unix "
     "socket. Use a shorter path."},
    {HYBRID,
     ANY_STEP,
     {UV_EROFS},
     NULL,
     "The folder of $path is on a file system that cannot be written to, and a "
     "listener makes $path_$port there. Use a path on another."},
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
     "peer is gone, or the hypervisor ended both directions with one "
     "(docs/endings.md). See what the peer says, and connect again."},
    {HYBRID,
     ANY_STEP,
     {UV_ECONNRESET},
     NULL,
     "The stream was broken off with bytes unread, by the peer or by its "
     "hypervisor, or one of them ended. See what they say."},
};

const size_t hvuv__advice_hybrid_count =
    sizeof(hvuv__advice_hybrid) / sizeof(hvuv__advice_hybrid[0]);
