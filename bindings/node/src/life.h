/* The life of an environment's share of the module, see env.h. */
#ifndef HVUV_NODE_LIFE_H
#define HVUV_NODE_LIFE_H

#include "env.h"

/* Makes it, and has Node end it with the environment. NULL after an error. */
hvnode__env_t* hvnode__env_make(napi_env napi);

#endif /* HVUV_NODE_LIFE_H */
