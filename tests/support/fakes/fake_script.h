/*
 * What fake_sys.c asks of the script. Tests write the script by fake_sys.h.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAKE_SCRIPT_H
#define HVUV_TESTS_SUPPORT_FAKES_FAKE_SCRIPT_H

#include "fake_sys.h"

void fake_script_reset(void);

/* Remembers what went wrong: "about: what (number)". The first counts. */
void fake_complain(const char* what, const char* about, long number);

/* The first complaint, steps that were not taken being one; "" if none. */
const char* fake_script_trouble(void);

/* That of fake_decide_by(), or NULL. */
const fake_kernel_t* fake_kernel(void);

/* Counts a call and answers it. */
ssize_t fake_answer(enum fake_verb verb, uv_os_sock_t sock);

/* The same for recv and peek, with the bytes. */
ssize_t fake_receive(enum fake_verb verb,
                     uv_os_sock_t sock,
                     char* base,
                     size_t len);

/* Fills in the name that the script has for a verb. */
void fake_tell_name(enum fake_verb verb, struct sockaddr* name, size_t* len);

/* A word of the trace, if calls are traced. */
void fake_trace_word(const char* word);

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAKE_SCRIPT_H */
