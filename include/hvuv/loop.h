/* What a stream is to its loop. */
#ifndef HVUV_LOOP_H
#define HVUV_LOOP_H

/* private: a stream's place among those that have something to do at the end
 * of the loop's turn, or that close. A complete type because streams are
 * allocated by their users. */
struct hvuv__turn_s {
  struct hvuv__turn_s* prev;
  struct hvuv__turn_s* next; /* NULL in no queue */
};

#endif /* HVUV_LOOP_H */
