/*
 * The VMs that a request has found: all, or those of one name or id. Knows how
 * many may match, so that who looks can stop, and bounds how many are kept.
 */
#ifndef HVUV_SRC_VM_SHELF_H
#define HVUV_SRC_VM_SHELF_H

#include "hvuv/vm.h"

#define HVUV__VMS_MAX 4096

typedef struct hvuv__shelf_s {
  char name[HVUV_VM_NAME_SIZE]; /* what is looked for; empty: all */
  hvuv_guid_t id;               /* the same, if by_id */
  int by_id;
  hvuv_vm_t* vms;
  size_t count;
  size_t room;
  int err; /* 0, UV_ENOMEM or UV_EMSGSIZE: then nothing more is kept */
} hvuv__shelf_t;

/* name may be NULL: all. UV_EINVAL if it is empty, UV_ENAMETOOLONG. */
int hvuv__shelf_init(hvuv__shelf_t* shelf, const char* name);

/* Keeps a VM if it is looked for. */
void hvuv__shelf_add(hvuv__shelf_t* shelf, const hvuv_vm_t* vm);

/* What became of it: 0, UV_ENOENT or UV_EMLINK where one was looked for, or
 * err. */
int hvuv__shelf_result(const hvuv__shelf_t* shelf);

void hvuv__shelf_free(hvuv__shelf_t* shelf);

#endif /* HVUV_SRC_VM_SHELF_H */
