/*
 * The conformance suite: what every family must do, whatever carries it. Each
 * family has a program of a few lines that stamps it.
 */
#ifndef HVUV_TESTS_CONFORMANCE_SUITE_H
#define HVUV_TESTS_CONFORMANCE_SUITE_H

#include "rig.h"

/* Runs all of it; the number of tests that failed. */
int suite_run(const transport_t* transport);

/* Its parts, the first of which comes first; see RIG_REHEARSAL(). */
int suite_rehearse(const transport_t* transport);
int suite_talk(const transport_t* transport);
int suite_ends(const transport_t* transport);
int suite_endings(const transport_t* transport);
int suite_connect(const transport_t* transport);
int suite_accept(const transport_t* transport);
int suite_alive(const transport_t* transport);
int suite_bulk(const transport_t* transport);

/* Where there are signals; else it has no tests. */
int suite_sigpipe(const transport_t* transport);

/* Writes to a peer that has gone, in every way that there is to write. */
void suite_write_to_the_dead(rig_t* rig);

#endif /* HVUV_TESTS_CONFORMANCE_SUITE_H */
