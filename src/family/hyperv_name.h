/*
 * AF_HYPERV's part of Winsock: what hvsocket.h of the Windows SDK says, for
 * compilers whose headers have it in part or not at all (mingw-w64 lacks
 * AF_HYPERV), and for tests on other systems.
 */
#ifndef HVUV_SRC_FAMILY_HYPERV_NAME_H
#define HVUV_SRC_FAMILY_HYPERV_NAME_H

#include "hvuv/guid.h"

#define HVUV__AF_HYPERV       34
#define HVUV__HV_PROTOCOL_RAW 1

/* Options, of level HVUV__HV_PROTOCOL_RAW; each is a ULONG. */
#define HVUV__HV_CONNECT_TIMEOUT     0x01 /* milliseconds */
#define HVUV__HV_CONTAINER_PASSTHRU  0x02
#define HVUV__HV_CONNECTED_SUSPEND   0x04
#define HVUV__HV_HIGH_VTL            0x08
#define HVUV__HV_CONNECT_TIMEOUT_MAX 300000

/* SOCKADDR_HV: 36 bytes, with GUIDs as Windows keeps them in memory. */
typedef struct hvuv__hyperv_name_s {
  uint16_t family;
  uint16_t reserved;
  hvuv_guid_t vm_id;
  hvuv_guid_t service_id;
} hvuv__hyperv_name_t;

#endif /* HVUV_SRC_FAMILY_HYPERV_NAME_H */
