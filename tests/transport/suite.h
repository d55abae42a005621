/*
 * The conformance suite: what every family must do, whatever carries it. Each
 * family has a program of a few lines that stamps it.
 */
#ifndef HVUV_TESTS_TRANSPORT_SUITE_H
#define HVUV_TESTS_TRANSPORT_SUITE_H

#include "rig.h"

/* Runs all of it; the number of tests that failed. */
int suite_run(const transport_t* transport);

/* Its parts. */
int suite_talk(const transport_t* transport);
int suite_ends(const transport_t* transport);
int suite_connect(const transport_t* transport);
int suite_accept(const transport_t* transport);
int suite_alive(const transport_t* transport);
int suite_bulk(const transport_t* transport);

#endif /* HVUV_TESTS_TRANSPORT_SUITE_H */
