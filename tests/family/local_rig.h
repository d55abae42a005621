/* What the tests of `local`'s folder share: calls, and what they answer. */
#ifndef HVUV_TESTS_FAMILY_LOCAL_RIG_H
#define HVUV_TESTS_FAMILY_LOCAL_RIG_H

#include "conformance/rig.h"

#define LOCAL_ADDRESS "local://any/5000"
#define LOCAL_OWN     "local://loopback/5000"

/* hvuv_bind()'s answer. */
int local_bind(rig_t* rig, const char* text);

/* hvuv_connect()'s own answer; what the callback is told is in the side. */
int local_connect(rig_t* rig, const char* text);

/* How a connect that begins ends. */
int local_outcome(rig_t* rig, const char* text);

/* Both answer the code, for the two addresses above. */
void local_expect_refused(rig_t* rig, int code);

extern const transport_t local_transport;

#endif /* HVUV_TESTS_FAMILY_LOCAL_RIG_H */
