/* Framings once more, by hvuv/framing.h alone, for whole buffers and in the plainest
 * way: what the model of a connection cuts messages with. */
#ifndef HVUV_TESTS_SIM_CONN_FORM_H
#define HVUV_TESTS_SIM_CONN_FORM_H

#include <stddef.h>

#include "hvuv/framing.h"

typedef struct form_cut_s {
  size_t begin; /* of the message, in what was looked at */
  size_t size;
  size_t whole; /* with what is around it */
} form_cut_t;

/* Looks for a message at the front of the bytes. 1: *cut is one. 0: more bytes are
 * needed. Else why they are none. */
int form_cut(const hvuv_framing_t* framing,
             const char* bytes,
             size_t nbytes,
             form_cut_t* cut);

/* Writes a message of `size` bytes, which are made up from its number; returns how
 * many bytes that are in all. */
size_t form_put(const hvuv_framing_t* framing,
                unsigned long number,
                size_t size,
                char* to);
#define FORM_EDGES_MAX 16

/* The largest message that there can be. */
size_t form_most(const hvuv_framing_t* framing);

#endif /* HVUV_TESTS_SIM_CONN_FORM_H */
