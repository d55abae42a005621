/* Advice on addresses that go over Unix sockets: `local`, and what is said of
 * `hybrid` too. Of two rows that fit the first wins. */
#include <errno.h>
#include <uv.h>

#include "explain/advice_rows.h"

/* --- When a row fits */

static int on_windows(const hvuv__question_t* q) {
  return q->facts->is_windows;
}

static int is_folder_absent(const hvuv__question_t* q) {
  return q->facts->folder_error == UV_ENOENT ||
         q->facts->folder_error == UV_ENOTDIR;
}

static int is_vm(const hvuv__question_t* q) {
  return q->facts->is_vm;
}

static int is_for_listening(const hvuv__question_t* q) {
  const hvuv_guid_t* vm_id = &q->addr->u.hyperv.vm_id;

  return hvuv_guid_equal(vm_id, &HVUV_VM_ANY) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_CHILDREN);
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
     "from Windows 10 version 1803 on; Wine, up to 10 at least, has none."},
    {LOCAL,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     on_windows,
     "The folder $folder must be yours alone and no link: owned by you, and "
     "open to nobody but you, SYSTEM and Administrators. Remove it, and it is "
     "made anew, or set HVUV_LOCAL_DIR to one that is not there yet."},
    {UNIX,
     ANY_STEP,
     {UV_ECHARSET},
     on_windows,
     "The path behind $addr is not UTF-8, as paths must be on Windows."},

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
     {UV_EACCES},
     NULL,
     "What is at $folder, and in it, must be folders of this user's own that "
     "nobody else may enter (chmod 700), and no links. Mend that, or set "
     "HVUV_LOCAL_DIR to a folder that is not there yet."},
    {LOCAL,
     ANY_STEP,
     {UV_ENOENT, UV_ENOTDIR},
     NULL,
     "The folder $folder cannot be made: there is no folder above it. Make "
     "that, or set HVUV_LOCAL_DIR to another."},
    {LOCAL,
     BINDING,
     {UV_EADDRNOTAVAIL},
     is_vm,
     "This process plays the VM $self, whom only its parent and itself call. "
     "Bind to 'any', 'parent' or 'loopback'."},
    {LOCAL,
     BINDING,
     {UV_EADDRNOTAVAIL},
     NULL,
     "This process plays the host, which has no parent. Bind to 'any', "
     "'loopback', 'children' or the id of the VM that may call; HVUV_LOCAL_VM "
     "makes a process a VM."},
    {LOCAL,
     SETTING_UP,
     {UV_EADDRNOTAVAIL},
     is_for_listening,
     "$addr is an address to listen at. Connect to 'loopback', to the parent, "
     "or to the id of a VM."},
    {LOCAL,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     is_vm,
     "This process plays the VM $self, which reaches only its parent and "
     "itself, as VMs do; $addr is neither. Let the host pass it on."},
    {LOCAL,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     NULL,
     "This process plays the host, which has no parent. Connect to 'loopback' "
     "or to the id of a VM; HVUV_LOCAL_VM makes a process a VM."},
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
    {LOCAL,
     BINDING | UNKNOWN_STEP,
     {UV_EEXIST, UV_EISDIR},
     NULL,
     "Something that is not hvuv's is in $folder, where the socket of $addr or "
     "its lock should be. Remove it."},

    /* Both kinds of Unix socket */
    {UNIX,
     BINDING | UNKNOWN_STEP,
     {UV_EPERM},
     NULL,
     "No socket can be made in that folder by anybody: its file system has "
     "none (FAT), it is marked immutable, or a security module forbids it. Use "
     "another folder."},
    {UNIX,
     SETTING_UP,
     {UV_EPERM},
     NULL,
     "The system does not let this process do it, whoever owns the socket: ask "
     "what guards it (a security module, a sandbox)."},
    {UNIX,
     ANY_STEP,
     {UV_EADDRINUSE},
     NULL,
     "A live server listens at $addr already. Stop it or take another "
     "service."},
    {UNIX,
     BINDING | UNKNOWN_STEP,
     {UV_ENOTSUP},
     NULL,
     "The folder of that socket is on a file system that has no locks (9p, "
     "drvfs, some network file systems), which a listener needs. Put it on a "
     "local disk."},
    {UNIX,
     BINDING,
     {UV_ENOSPC},
     NULL,
     "The disk with the folder of that socket is full, or has no room for one "
     "more file; a listener makes a socket and a lock there. Make room, or use "
     "another folder."},
    {UNIX,
     UNKNOWN_STEP,
     {UV_ENOSPC},
     NULL,
     "To a listener, the disk with the folder of its socket is full. In an "
     "open stream, the server keeps as much for all as it may "
     "(max_total_bytes)."},
    {UNIX,
     ANY_STEP,
     {-ENOLCK},
     NULL,
     "The file system with the folder of that socket has no lock left, or its "
     "lock service is not running (NFS), and a listener needs one. Put it on a "
     "local disk."},
    {LOCAL,
     ANY_STEP,
     {UV_EROFS},
     NULL,
     "The folder $folder is on a file system that cannot be written to. Set "
     "HVUV_LOCAL_DIR to a folder on another."},
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
