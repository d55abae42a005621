/*
 * How a callback of hvuv reaches JavaScript: by one function for all of them,
 * without arguments. What happened is in an array that both sides see, because
 * an array's element costs less than an argument that is made.
 */
#ifndef HVUV_NODE_DISPATCH_H
#define HVUV_NODE_DISPATCH_H

#include "env.h"
#include "handle.h"

/* The array's elements; lib/dispatch.js has the same. */
enum {
  HVNODE_EVENT,  /* what happened, one of those below */
  HVNODE_ID,     /* to which handle */
  HVNODE_STATUS, /* 0, a UV_E* code, or how many bytes were read */
  HVNODE_EXTRA,  /* CONNECTION: the new handle */
  HVNODE_BYTES,  /* how long the last string was, encoded */
  HVNODE_STATE_SIZE = 8
};

typedef enum hvnode__event_e {
  HVNODE_ON_CLOSE,
  HVNODE_ON_READ,
  HVNODE_ON_WRITE,
  HVNODE_ON_SHUTDOWN,
  HVNODE_ON_CONNECT,
  HVNODE_ON_CONNECTION
} hvnode__event_t;

/* Calls JavaScript. What it throws goes where Node's own exceptions in
 * callbacks go, 'uncaughtException'. Nothing is called while the environment
 * ends. */
void hvnode__dispatch(hvnode__handle_t* handle,
                      hvnode__event_t event,
                      int32_t status,
                      int32_t extra);

/* The function that is called. */
void hvnode__dispatch_set(hvnode__env_t* env, napi_value function);

#endif /* HVUV_NODE_DISPATCH_H */
