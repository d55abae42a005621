/*
 * hvuv_error_class(): a table like that of explain/advice.c, the first row that
 * fits winning. Pure: what a code means follows from the address alone.
 *
 * What is not in the table is PERMANENT, so that an error that nobody thought
 * of is reported instead of being tried again for ever.
 */
#include <stddef.h>

#include "addr/alias.h"
#include "hvuv/client.h"

#define STATUSES_MAX 8

enum kind {
  VSOCK = 1 << HVUV_VSOCK,
  HYPERV = 1 << HVUV_HYPERV,
  HYBRID = 1 << HVUV_HYBRID,
  LOCAL = 1 << HVUV_LOCAL,
  EVERY = VSOCK | HYPERV | HYBRID | LOCAL
};

typedef struct row_s {
  int (*when)(const hvuv_addr_t* addr); /* NULL: always */
  unsigned int kinds;
  hvuv_error_class_t error_class;
  int statuses[STATUSES_MAX];
} row_t;

/* Names one VM, which may come and go; the names of the well-known ones (their
 * parent, themselves) lead somewhere for good, or not at all. */
static int is_one_vm(const hvuv_addr_t* addr) {
  return !hvuv__alias_is_role(&addr->u.hyperv.vm_id);
}

static int is_guest_cid(const hvuv_addr_t* addr) {
  return addr->u.vsock.cid > HVUV_CID_HOST && addr->u.vsock.cid != HVUV_CID_ANY;
}

static const row_t rows[] = {
    /* A Hyper-V host has no route to a VM that is off or unknown; the same on
     * Linux, where no VM id leads anywhere, cannot be told from it. */
    {is_one_vm,
     HYPERV,
     HVUV_ERROR_VM_OFF,
     {UV_EADDRNOTAVAIL, UV_ENETUNREACH, UV_EHOSTUNREACH, UV_EHOSTDOWN}},

    /* vhost_vsock knows no such CID (drivers/vhost/vsock.c). */
    {is_guest_cid, VSOCK, HVUV_ERROR_VM_OFF, {UV_ENODEV}},

    /* The hypervisor makes its socket when it starts. */
    {NULL, HYBRID, HVUV_ERROR_VM_OFF, {UV_ENOENT}},

    /* Where others refuse, virtio resets, and Hyper-V is silent. */
    {NULL, VSOCK | HYPERV, HVUV_ERROR_NOT_LISTENING, {UV_ECONNRESET}},
    {NULL, EVERY, HVUV_ERROR_NOT_LISTENING, {UV_ECONNREFUSED, UV_ETIMEDOUT}},

    /* The connection began and broke: the peer went away, or is restarting
     * (ENETDOWN around a VM's restart). */
    {NULL,
     EVERY,
     HVUV_ERROR_TRANSIENT,
     {UV_ECONNRESET,
      UV_ECONNABORTED,
      UV_EPIPE,
      UV_ENOTCONN,
      UV_ENETDOWN,
      UV_EIO,
      UV_EINTR,
      UV_EAGAIN}},

    /* Something ran out: memory, descriptors, ports to call from. */
    {NULL,
     EVERY,
     HVUV_ERROR_TRANSIENT,
     {UV_ENOMEM, UV_ENOBUFS, UV_EMFILE, UV_ENFILE, UV_EADDRINUSE}},
};

static int fits(const row_t* row, const hvuv_addr_t* addr, int status) {
  size_t i;

  if (!(row->kinds & (1u << hvuv_addr_family(addr))))
    return 0;
  for (i = 0; i < STATUSES_MAX; i++)
    if (row->statuses[i] == status)
      return row->when == NULL || row->when(addr);
  return 0;
}

hvuv_error_class_t hvuv_error_class(const hvuv_addr_t* addr, int status) {
  size_t i;

  for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && status < 0; i++)
    if (fits(&rows[i], addr, status))
      return rows[i].error_class;
  return HVUV_ERROR_PERMANENT;
}
