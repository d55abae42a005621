/* Whom a connection is with, in a line of the log. */
#ifndef HVUV_SRC_CONN_CONN_SHOW_H
#define HVUV_SRC_CONN_CONN_SHOW_H

#include "conn/conn_state.h"

/* Its peer's address as text, in a buffer of HVUV_ADDR_STRLEN. */
const char* hvuv__conn_show(const hvuv_conn_t* conn, char text[]);

#endif /* HVUV_SRC_CONN_CONN_SHOW_H */
