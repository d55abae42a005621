/* What ender.c says last, and how much of it; the cases count it. */
#ifndef HVUV_TESTS_LAB_HVSOCK_ENDER_H
#define HVUV_TESTS_LAB_HVSOCK_ENDER_H

#define ENDER_WORDS 23
#define ENDER_LARGE 20000

#endif /* HVUV_TESTS_LAB_HVSOCK_ENDER_H */
