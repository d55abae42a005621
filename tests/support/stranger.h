/* Whoever walks a loop and knows nothing of hvuv, as libuv's own tests do at
 * their end. */
#ifndef HVUV_TESTS_SUPPORT_STRANGER_H
#define HVUV_TESTS_SUPPORT_STRANGER_H

#include <uv.h>

/* Of the last walk: close callbacks that came to stranger_on_closed(), and how
 * many of the handles were hvuv's. */
extern int stranger_closed;
extern int stranger_owned;

void stranger_on_closed(uv_handle_t* handle);

/* Closes whatever uv_walk() shows and is not closing. */
void stranger_closes_all(uv_loop_t* loop, uv_close_cb cb);

/* The same of what is hvuv's, and of what is not. */
void stranger_closes_hvuvs(uv_loop_t* loop, uv_close_cb cb);
void stranger_spares_hvuvs(uv_loop_t* loop);

#endif /* HVUV_TESTS_SUPPORT_STRANGER_H */
