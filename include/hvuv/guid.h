/*
 * GUIDs: how Hyper-V names virtual machines and services.
 *
 * Pure values: nothing here allocates, opens a socket or keeps a pointer.
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

/* Bytes of a GUID as text without braces, the terminating NUL included. */
#define HVUV_GUID_STRLEN 37

/* Reads "8ba03980-174a-43e7-852a-e5ec79a671c7", in any case, with or without
 * one pair of braces around it, and nothing else before or behind. Returns 0,
 * or UV_EINVAL and leaves *guid untouched. */
HVUV_EXTERN int hvuv_guid_parse(const char* text, hvuv_guid_t* guid);

/* Writes a GUID in lower case without braces, always HVUV_GUID_STRLEN bytes
 * with the NUL. */
HVUV_EXTERN void hvuv_guid_format(const hvuv_guid_t* guid,
                                  char text[HVUV_GUID_STRLEN]);

/* 1 if both are the same GUID, else 0. */
HVUV_EXTERN int hvuv_guid_equal(const hvuv_guid_t* a, const hvuv_guid_t* b);

/* The VM ids that Windows gives a meaning of their own (hvsocket.h of the
 * Windows SDK). What one may do with each:
 *
 *              connect to it                  listen on it, accepting from
 *   ANY        -                              all partitions
 *   PARENT     the host of this VM            the host of this VM
 *   LOOPBACK   this partition                 this partition
 *   CHILDREN   -                              the VMs of this host
 *   SILOHOST   the host of this container     -
 *
 * With hvuv as a DLL their addresses are no constants: no static initialiser
 * may have &HVUV_VM_ANY.
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
 * UV_EINVAL if the port is above HVUV_SERVICE_PORT_MAX; then *service_id is
 * untouched. */
HVUV_EXTERN int hvuv_service_from_port(uint32_t port, hvuv_guid_t* service_id);

/* The way back. Returns 0, or UV_EINVAL if the service id does not stand for a
 * port; then *port is untouched. */
HVUV_EXTERN int hvuv_service_to_port(const hvuv_guid_t* service_id,
                                     uint32_t* port);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_GUID_H */
