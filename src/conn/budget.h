/*
 * What the connections of a group may keep in memory together
 * (max_total_bytes), and who goes when it is not enough.
 *
 *   more is asked for ---> is it there? --- yes ---> had
 *                              | no
 *                              v
 *             who holds most and moves least? they are ranked
 *                              |
 *          +-------------------+--------------------+
 *          v                                        v
 *   others: closed with UV_ENOSPC, until       whoever asks: it gets
 *   an eighth is free and this is had          UV_ENOSPC, and nobody
 *                                              is closed
 *
 * What a connection holds besides its own block is what its peer does not take
 * or does not finish. Its rank is the square of that by the bytes that it has
 * moved, in either direction, in the last second or a longer while: how long
 * its peer would take for it, weighed by how much it is. So a peer that reads
 * slowly, one that has little queued, and all that have nothing queued, stay
 * behind those that fill memory and sit on it. Ranks are powers of two; among
 * equals the youngest goes first.
 *
 * The memory is free when this returns, but for what a message at work lies in,
 * for small copies, for chunks without their copies and for what is lent. That
 * is free by the end of the turn, and is not counted any more.
 */
#ifndef HVUV_SRC_CONN_BUDGET_H
#define HVUV_SRC_CONN_BUDGET_H

#include "conn/conn_state.h"

/* Connections may keep so much; 0: there is no limit. A sixteenth of it is for
 * what those that close keep until the end of the turn. */
void hvuv__budget_set(hvuv__group_t* group, size_t max_bytes);

/* A group's make_room(). */
int hvuv__budget_make_room(hvuv__group_t* group,
                           hvuv_conn_t* asks,
                           size_t nbytes);

#endif /* HVUV_SRC_CONN_BUDGET_H */
