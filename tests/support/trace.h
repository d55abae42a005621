/*
 * The story of a test: callbacks append words, the body compares the whole of
 * it once.
 *
 *   trace("open");  trace_status("write", UV_ECANCELED);  trace("read:%d", 5);
 *   assert_story("open write:ECANCELED read:5");
 *
 * Words are kept for the whole process, so call it from one thread only.
 */
#ifndef HVUV_TESTS_SUPPORT_TRACE_H
#define HVUV_TESTS_SUPPORT_TRACE_H

#include <uv.h> /* ssize_t everywhere */

/* Forgets all words; for a test's setup. */
void trace_reset(void);

/* Appends a word, as by printf. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void trace(const char* format, ...);

/* Appends "what:0", "what:5" or, for an error, "what:ECANCELED". */
void trace_status(const char* what, ssize_t status);

/* The words so far, a space between them. */
const char* trace_story(void);

/* Fails the test if the story is another; else forgets it. */
void assert_story(const char* expected);

#endif /* HVUV_TESTS_SUPPORT_TRACE_H */
