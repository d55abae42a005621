/*
 * What the module keeps for one JavaScript environment: the main thread's, or a
 * worker's. Each has a loop of its own, and nothing is shared between two.
 *
 *   OPEN ---- the environment ends: all handles are closed ----> ENDING
 *                                                                  |
 *          the last handle has closed, and the hub of hvuv with it |
 *                                                                  v
 *                                                                ENDED
 *
 * Node runs the loop from ENDING to ENDED, and then frees what is here. While a
 * process exits by process.exit() in its main thread Node does none of this,
 * and the system takes everything back.
 */
#ifndef HVUV_NODE_ENV_H
#define HVUV_NODE_ENV_H

#include <node_api.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "table.h"

/* The longest string or gathered write that goes through `scratch`. */
#define HVNODE_SCRATCH_BYTES 65536

typedef enum hvnode__stage_e {
  HVNODE_OPEN,
  HVNODE_ENDING,
  HVNODE_ENDED
} hvnode__stage_t;

typedef struct hvnode__env_s hvnode__env_t;

struct hvnode__env_s {
  napi_env napi;
  uv_loop_t* loop;
  hvnode__stage_t stage;
  hvnode__table_t table;
  napi_ref
      dispatch; /* the function of lib/dispatch.js; NULL before it is set */

  /* What both sides read and write without a call, see dispatch.h. */
  napi_ref state_ref;
  int32_t* state;

  /* What is read into, see read.h. */
  napi_ref slab_ref; /* NULL before it is set */
  char* slab;
  size_t slab_size;

  /* Where strings are encoded and small writes gathered, by either side. */
  napi_ref scratch_ref;
  char* scratch;

  napi_async_cleanup_hook_handle hook;
  uv_idle_t closer; /* opened only to be closed, behind the last handle */

  /* Called when a handle has closed, and is out of the table. */
  void (*on_closed)(hvnode__env_t* env);
};

#endif /* HVUV_NODE_ENV_H */
