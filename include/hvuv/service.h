/*
 * The services registered on a Windows host.
 *
 * A host with Hyper-V keeps a list in its registry of the services that its VMs
 * may use: a key for each, named by the service id, with a name for people in
 * its value ElementName (learn.microsoft.com, "Make your own integration
 * services"). These functions read and change that list. hvuv_bind() and
 * hvuv_connect() never do: it is for the administrator of a host to decide who
 * may communicate through it. The arithmetic between service ids and ports is
 * hvuv_service_from_port() and hvuv_service_to_port() (hvuv/guid.h), which have
 * nothing to do with the registry.
 *
 * A service must be registered on the host before it is used to bind or to
 * connect there, for ordinary VMs; without it hvuv_bind() returns UV_EACCES. It
 * need not be in a VM, for HVUV_VM_LOOPBACK, or for WSL 2 when its exact VM id
 * is used.
 *
 * These functions may be called from any thread and need no loop. They block on
 * the registry, which is local and quick, but not meant to be read in every
 * turn of a loop. They always use the 64-bit view of the registry, even in a
 * 32-bit program. On other systems than Windows they check their arguments and
 * return UV_ENOTSUP.
 *
 * Names are UTF-8 without control characters, and compared byte by byte: "Echo"
 * and "echo" are different names.
 */
#ifndef HVUV_SERVICE_H
#define HVUV_SERVICE_H

#include <stddef.h>

#include "export.h"
#include "guid.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Size in bytes of a buffer for any name, including the NUL. */
#define HVUV_SERVICE_NAME_SIZE 256

/* One registered service, as a plain value.
 *
 * The name is always valid UTF-8 without control characters, whatever the
 * registry contains: what cannot be shown is replaced by U+FFFD, and a name
 * that does not fit is cut after the last character that does. It is empty if
 * the key has no readable ElementName: none at all, not a string (REG_SZ), or
 * longer than 2,047 characters. */
typedef struct hvuv_service_s {
  hvuv_guid_t id;
  char name[HVUV_SERVICE_NAME_SIZE];
} hvuv_service_t;

/* Registers a service under a name. The registration outlives the program and
 * restarts of the machine. Returns 0 on success, and if the service already has
 * this very name; the latter needs no privileges, so a program can be installed
 * by an administrator and register again whenever any user runs it.
 *
 *   UV_EEXIST        the service is registered under another name, or without
 *                    one, and was not changed
 *   UV_EACCES        this needs an administrator: run the program elevated
 *   UV_ENOENT        this Windows keeps no list of services: Hyper-V was never
 *                    enabled. Nothing is created, as nothing would read it
 *   UV_EAGAIN        others are registering and unregistering the service
 *   UV_EINVAL        a pointer is NULL, or the name is empty, not valid UTF-8,
 *                    or contains a control character
 *   UV_ENAMETOOLONG  the name does not fit in HVUV_SERVICE_NAME_SIZE
 *   UV_ENOTSUP       not on Windows
 *
 * Of several concurrent callers one registers the service, and the others
 * return what follows from that. If the name cannot be written, no key is left
 * behind. */
HVUV_EXTERN int hvuv_service_register(const hvuv_guid_t* id, const char* name);

/* Removes a service if it is registered under this name. An empty name stands
 * for a key without one, as left behind by a program that died while
 * registering the service.
 *
 *   UV_ENOENT     the service is not registered
 *   UV_EEXIST     it is registered under another name, or without one
 *   UV_ENOTEMPTY  its key contains more than hvuv writes: values or keys of
 *                 somebody else, which would be lost
 *   UV_EACCES     this needs an administrator: run the program elevated
 *
 * and UV_EINVAL, UV_ENAMETOOLONG and UV_ENOTSUP as above. Unless 0 is returned,
 * nothing was removed. Streams that are already bound or connected are not
 * affected. */
HVUV_EXTERN int hvuv_service_unregister(const hvuv_guid_t* id,
                                        const char* name);

/* Reads the list, for which no privileges are needed. *count is the number of
 * elements in services, and is set to the number of registered services. If
 * there are more of them than elements, UV_ENOBUFS is returned and as many as
 * fit are written. services may be NULL if *count is 0.
 *
 *   std::vector<hvuv_service_t> all;
 *   size_t count = 0;
 *   int err;
 *   while ((err = hvuv_service_list(all.data(), &count)) == UV_ENOBUFS)
 *     all.resize(count);
 *
 * The order is that of the registry. Keys whose name is not a GUID without
 * braces are not services and left out. A machine without Hyper-V has 0
 * services. If others change the list meanwhile, it is read again, a few times
 * at most, until it has not changed.
 *
 * UV_EINVAL if count is NULL, or services is NULL and *count is not 0;
 * UV_EACCES if the system does not let the user read the list. After these, and
 * after UV_ENOTSUP, *count is unchanged. */
HVUV_EXTERN int hvuv_service_list(hvuv_service_t services[], size_t* count);

/* Finds a registered service by what a person would type: its id, with or
 * without braces; the port that it stands for, in decimal or 0x hex; or its
 * full name. Text that can be parsed as an id or a port is never taken for a
 * name.
 *
 *   UV_ENOENT   no such service is registered
 *   UV_EMLINK   several have this name; hvuv_service_list() lists them
 *   UV_EACCES   the system does not let the user read it
 *
 * and UV_EINVAL, UV_ENAMETOOLONG and UV_ENOTSUP as above. *service is unchanged
 * unless 0 is returned. */
HVUV_EXTERN int hvuv_service_lookup(const char* text, hvuv_service_t* service);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_SERVICE_H */
