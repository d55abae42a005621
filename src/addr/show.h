/* An address in a line for people. */
#ifndef HVUV_SRC_ADDR_SHOW_H
#define HVUV_SRC_ADDR_SHOW_H

#include "hvuv/addr.h"

/* Its text, in a buffer of HVUV_ADDR_STRLEN; NULL is allowed. */
const char* hvuv__addr_show(const hvuv_addr_t* addr, char text[]);

#endif /* HVUV_SRC_ADDR_SHOW_H */
