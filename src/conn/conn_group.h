/*
 * All connections of an owner: their birth place, and the walks over them, when
 * the alarm rings and when the owner stops.
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

/* The owner stops. Every connection ends, as by hvuv_conn_end(), with grace_ms
 * in place of end_timeout_ms and UV_ECANCELED as the reason of those that are
 * late; at 0 all are aborted now. Called again, it may shorten the grace. */
void hvuv__group_stop(hvuv__group_t* group, uint64_t grace_ms);

/* What the group has counted, and keeps now. */
void hvuv__group_stats(const hvuv__group_t* group, hvuv_stats_t* stats);

/* The clock's alarm rings. */
void hvuv__group_alarm(hvuv__group_t* group);

#endif /* HVUV_SRC_CONN_CONN_GROUP_H */
