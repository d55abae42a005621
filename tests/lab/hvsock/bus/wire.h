/*
 * VMBus' control messages and rings as they lie in memory: numbers and offsets in
 * bytes, all packed and little-endian. Sources: Linux, include/linux/hyperv.h and
 * drivers/hv/hyperv_vmbus.h; for what only the host knows, OpenVMM's vmbus_core.
 *
 * A message begins with a u32 type and a u32 zero, and is at most 240 bytes.
 */
#ifndef HVSOCK_BUS_WIRE_H
#define HVSOCK_BUS_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BUS__PAGE 4096u

/* --- Messages ------------------------------------------------------------- */

enum {
  BUS__MESSAGE_TYPE = 1,  /* of SynIC's messages, the one that is VMBus' */
  BUS__MESSAGE_MAX = 240, /* with its header */
  BUS__MESSAGE_MIN = 8
};

enum {
  BUS__OFFERCHANNEL = 1,
  BUS__RESCIND_CHANNELOFFER = 2,
  BUS__REQUESTOFFERS = 3,
  BUS__ALLOFFERS_DELIVERED = 4,
  BUS__OPENCHANNEL = 5,
  BUS__OPENCHANNEL_RESULT = 6,
  BUS__CLOSECHANNEL = 7,
  BUS__GPADL_HEADER = 8,
  BUS__GPADL_BODY = 9,
  BUS__GPADL_CREATED = 10,
  BUS__GPADL_TEARDOWN = 11,
  BUS__GPADL_TORNDOWN = 12,
  BUS__RELID_RELEASED = 13,
  BUS__INITIATE_CONTACT = 14,
  BUS__VERSION_RESPONSE = 15,
  BUS__UNLOAD = 16,
  BUS__UNLOAD_RESPONSE = 17,
  BUS__TL_CONNECT_REQUEST = 21,
  BUS__MODIFYCHANNEL = 22,
  BUS__TL_CONNECT_RESULT = 23,
  BUS__MODIFYCHANNEL_RESPONSE = 24,
  BUS__TYPE_END
};

/* Status words in answers, as NTSTATUS. */
#define BUS__STATUS_SUCCESS      0u
#define BUS__STATUS_UNSUCCESSFUL 0xC0000001u
#define BUS__STATUS_REFUSED      0xC0000236u /* the connection was refused */

/* --- The offer ------------------------------------------------------------ */

enum {
  BUS__OFFER_BYTES = 196,
  BUS__OFFER_SERVICE = 8,
  BUS__OFFER_INSTANCE = 24,
  BUS__OFFER_FLAGS = 56,
  BUS__OFFER_FROM_HOST = 64, /* the first byte behind the pipe mode */
  BUS__OFFER_PARAMETERS = 66,
  BUS__OFFER_RELID = 184,
  BUS__OFFER_MONITOR = 188,
  BUS__OFFER_DEDICATED = 190,
  BUS__OFFER_CONNECTION = 192
};

/* TLNPI_PROVIDER (what hv_sock looks for), NAMED_PIPE, ENUMERATE. */
#define BUS__OFFER_FLAGS_HVSOCK 0x2011u

/* Relids are bits of the event page; 0 is VMBus' own. */
#define BUS__RELIDS 2048u

/* Where a channel's signals arrive: of all that fits in 24 bits, what no older
 * convention uses. */
#define BUS__SIGNAL_BASE 0x10000u

/* --- Rings ---------------------------------------------------------------- */

/* The first page of a ring. */
enum {
  BUS__RING_WRITE = 0,
  BUS__RING_READ = 4,
  BUS__RING_MASK = 8,
  BUS__RING_PENDING = 12
};

enum {
  BUS__PACKET_HEAD = 16,   /* the descriptor */
  BUS__PIPE_HEAD = 8,      /* type 1, length of the payload */
  BUS__PACKET_TRAILER = 8, /* where the packet begins, << 32 */
  BUS__PACKET_IN_BAND = 6,
  BUS__PIPE_DATA = 1
};

/* A packet without payload, which is what a FIN is. */
#define BUS__FIN_BYTES                                                         \
  ((uint32_t) (BUS__PACKET_HEAD + BUS__PIPE_HEAD + BUS__PACKET_TRAILER))

/* --- Reading and writing them --------------------------------------------- */

static inline uint16_t bus__u16(const uint8_t* bytes, size_t at) {
  uint16_t value;

  memcpy(&value, bytes + at, sizeof(value));
  return value;
}

static inline uint32_t bus__u32(const uint8_t* bytes, size_t at) {
  uint32_t value;

  memcpy(&value, bytes + at, sizeof(value));
  return value;
}

static inline uint64_t bus__u64(const uint8_t* bytes, size_t at) {
  uint64_t value;

  memcpy(&value, bytes + at, sizeof(value));
  return value;
}

static inline void bus__put_u16(uint8_t* bytes, size_t at, uint16_t value) {
  memcpy(bytes + at, &value, sizeof(value));
}

static inline void bus__put_u32(uint8_t* bytes, size_t at, uint32_t value) {
  memcpy(bytes + at, &value, sizeof(value));
}

static inline void bus__put_u64(uint8_t* bytes, size_t at, uint64_t value) {
  memcpy(bytes + at, &value, sizeof(value));
}

#endif /* HVSOCK_BUS_WIRE_H */
