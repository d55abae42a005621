/*
 * GUIDs: how Hyper-V names virtual machines and services.
 *
 * Plain values: nothing here allocates, makes a system call or keeps a pointer.
 */
#ifndef HVUV_GUID_H
#define HVUV_GUID_H

#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The fields of the Windows GUID, in host byte order. On Windows the bytes in
 * memory are those of GUID itself. */
typedef struct hvuv_guid_s {
  uint32_t data1;
  uint16_t data2;
  uint16_t data3;
  uint8_t data4[8];
} hvuv_guid_t;

/* Size in bytes of a GUID as text without braces, including the NUL. */
#define HVUV_GUID_STRLEN 37

/* Parses "8ba03980-174a-43e7-852a-e5ec79a671c7", in upper or lower case, with
 * or without one pair of braces, and with nothing before or after it. Returns
 * 0, or UV_EINVAL and leaves *guid unchanged. */
HVUV_EXTERN int hvuv_guid_parse(const char* text, hvuv_guid_t* guid);

/* Formats a GUID in lower case without braces: always HVUV_GUID_STRLEN bytes,
 * including the NUL. */
HVUV_EXTERN void hvuv_guid_format(const hvuv_guid_t* guid,
                                  char text[HVUV_GUID_STRLEN]);

/* Returns 1 if both are the same GUID, else 0. */
HVUV_EXTERN int hvuv_guid_equal(const hvuv_guid_t* a, const hvuv_guid_t* b);

/* The well-known VM ids (hvsocket.h of the Windows SDK), and what each can be
 * used for:
 *
 *              connect to it                  listen on it, accepting from
 *   ANY        -                              all partitions
 *   PARENT     the host of this VM            the host of this VM
 *   LOOPBACK   this partition                 this partition
 *   CHILDREN   -                              the VMs of this host
 *   SILOHOST   the host of this container     -
 *
 * When hvuv is a DLL, their addresses are not constants: a static initialiser
 * cannot contain &HVUV_VM_ANY.
 */
HVUV_EXTERN extern const hvuv_guid_t HVUV_VM_ANY;
HVUV_EXTERN extern const hvuv_guid_t HVUV_VM_PARENT;
HVUV_EXTERN extern const hvuv_guid_t HVUV_VM_LOOPBACK;
HVUV_EXTERN extern const hvuv_guid_t HVUV_VM_CHILDREN;
HVUV_EXTERN extern const hvuv_guid_t HVUV_VM_SILOHOST;

/* The largest port that has a service id: Hyper-V maps 0 to 0x7fffffff
 * (hvsocket.h of the Windows SDK; Linux, net/vmw_vsock/hyperv_transport.c). */
#define HVUV_SERVICE_PORT_MAX 0x7fffffffu

/* Makes the service id that stands for a vsock port,
 * PORT-facb-11e6-bd58-64006a7986d3 with the port as eight hex digits: the only
 * service ids that Linux and FreeBSD guests can reach or offer. Returns 0, or
 * UV_EINVAL if the port is above HVUV_SERVICE_PORT_MAX; *service_id is then
 * unchanged.
 *
 * This is arithmetic. The services registered on a Windows host are the matter
 * of hvuv/service.h. */
HVUV_EXTERN int hvuv_service_from_port(uint32_t port, hvuv_guid_t* service_id);

/* The reverse. Returns 0, or UV_EINVAL if the service id does not stand for a
 * port; *port is then unchanged. */
HVUV_EXTERN int hvuv_service_to_port(const hvuv_guid_t* service_id,
                                     uint32_t* port);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_GUID_H */
