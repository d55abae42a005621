/*
 * Services in the registry of a Windows host.
 *
 * A host with Hyper-V keeps a list of the services that its VMs may use: a
 * registry key for each, named by the service id, with a name for people in
 * its value ElementName
 * (learn.microsoft.com, "Make your own integration services"). These functions
 * keep that list. hvuv_bind() and hvuv_connect() never do: who may talk through
 * a host is for its administrator to decide.
 *
 * When is a service to be registered? On the host, before one binds to it or
 * connects with it, for ordinary VMs; a bind without it is UV_EACCES. Not in a
 * VM, not for HVUV_VM_LOOPBACK, and not for WSL 2 when its exact VM id is used.
 *
 * All of them may be called from any thread, and none needs a loop. They wait
 * for the registry, which is quick and local, though not so quick that one
 * would ask in every turn of a loop. They always mean the 64-bit view of the
 * registry, in a 32-bit program too. Elsewhere than on Windows each answers
 * UV_ENOTSUP, once it has found its arguments to be right.
 *
 * Names are UTF-8 without control characters and compared byte by byte: "Echo"
 * and "echo" are two names.
 */
#ifndef HVUV_SERVICE_H
#define HVUV_SERVICE_H

#include <stddef.h>

#include "export.h"
#include "guid.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the longest name, the NUL included. */
#define HVUV_SERVICE_NAME_SIZE 256

/* One registered service, as a value.
 *
 * The name is always valid UTF-8 without control characters, whatever the
 * registry holds: what cannot be shown is U+FFFD there, and a name that does
 * not fit ends at the last character that does. It is empty if the key has no
 * ElementName that can be read: none at all, not a string (REG_SZ), or longer
 * than 2,047 characters. */
typedef struct hvuv_service_s {
  hvuv_guid_t id;
  char name[HVUV_SERVICE_NAME_SIZE];
} hvuv_service_t;

/* Registers a service under a name. It stays when the program ends and when
 * the machine starts again. Returns 0, also when the service has this very
 * name already, for which no rights are needed; so a program can be installed
 * by an administrator and register again whenever anybody runs it.
 *
 *   UV_EEXIST        the service is registered under another name, or without
 *                    one, and was left as it is
 *   UV_EACCES        only an administrator may: run the program elevated
 *   UV_ENOENT        this Windows keeps no list of services: Hyper-V was never
 *                    turned on. Nothing is made, for nothing would read it
 *   UV_EAGAIN        others register and unregister the same service right now
 *   UV_EINVAL        a pointer is NULL, or the name is empty, is no valid UTF-8
 *                    or holds a control character
 *   UV_ENAMETOOLONG  the name does not fit HVUV_SERVICE_NAME_SIZE
 *   UV_ENOTSUP       not on Windows
 *
 * Of several callers at once one registers the service, and the others are
 * told what it did. When the name cannot be written, nothing stays behind. */
HVUV_EXTERN int hvuv_service_register(const hvuv_guid_t* id, const char* name);

/* Removes a service that is registered under this name, and nothing else. An
 * empty name means a key that has none, as a program that died while
 * registering leaves behind.
 *
 *   UV_ENOENT     the service is not registered
 *   UV_EEXIST     it is registered under another name, or without one
 *   UV_ENOTEMPTY  its key holds more than hvuv writes: somebody else's values
 *                 or keys, which would be lost
 *   UV_EACCES     only an administrator may: run the program elevated
 *
 * and UV_EINVAL, UV_ENAMETOOLONG and UV_ENOTSUP as above. Whenever the result
 * is not 0, nothing was removed. Streams that are bound or connected already
 * are not touched. */
HVUV_EXTERN int hvuv_service_unregister(const hvuv_guid_t* id,
                                        const char* name);

/* Reads the list. Everybody may. *count is the number of services for which
 * there is room, and becomes the number of those there are. If they are more
 * than there is room for, the result is UV_ENOBUFS, and as many as fit were
 * written. services may be NULL when *count is 0.
 *
 *   std::vector<hvuv_service_t> all;
 *   size_t count = 0;
 *   int err;
 *   while ((err = hvuv_service_list(all.data(), &count)) == UV_ENOBUFS)
 *     all.resize(count);
 *
 * The order is the registry's own. Keys that are not named by a GUID without
 * braces are no services and left out. A machine without Hyper-V has 0
 * services. While others change the list, it is read again, a few times at
 * most, until it held still.
 *
 * UV_EINVAL if count is NULL, or services is NULL and *count is not 0;
 * UV_EACCES if the system does not let this user read the list. Then, and with
 * UV_ENOTSUP, *count is untouched. */
HVUV_EXTERN int hvuv_service_list(hvuv_service_t services[], size_t* count);

/* Finds a registered service by what a person would type: its id, with or
 * without braces; the port that it stands for, in decimal or 0x hex; or its
 * name, all of it. What reads as an id or a port is never taken for a name.
 *
 *   UV_ENOENT   no such service is registered
 *   UV_EMLINK   several have this name; hvuv_service_list() tells which
 *   UV_EACCES   the system does not let this user read it
 *
 * and UV_EINVAL, UV_ENAMETOOLONG and UV_ENOTSUP as above. *service is untouched
 * unless the result is 0. */
HVUV_EXTERN int hvuv_service_lookup(const char* text, hvuv_service_t* service);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_SERVICE_H */
