/*
 * All connections of an owner: their birth place, and the walk over them when
 * the alarm rings.
 */
#ifndef HVUV_SRC_CONN_CONN_GROUP_H
#define HVUV_SRC_CONN_CONN_GROUP_H

#include "conn/conn_state.h"

/* Prepares a zeroed group. It allocates nothing. */
void hvuv__group_prepare(hvuv__group_t* group,
                         const hvuv__wire_t* wire,
                         const hvuv__clock_t* clock,
                         const hvuv_limits_t* limits,
                         void** data);

/* The group has no connections any more: gives back what it holds. */
void hvuv__group_release(hvuv__group_t* group);

/* The clock's alarm rings. */
void hvuv__group_alarm(hvuv__group_t* group);

#endif /* HVUV_SRC_CONN_CONN_GROUP_H */
