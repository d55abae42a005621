/* The address that somebody probably meant. */
#ifndef HVUV_SRC_ADDR_SUGGEST_H
#define HVUV_SRC_ADDR_SUGGEST_H

#include "hvuv/addr.h"

/* Writes the nearest address to a text that is none, and returns 1; or returns
 * 0 if there is none near. What it writes is parsed without fault. */
int hvuv__addr_suggest(const char* text, char address[HVUV_ADDR_STRLEN]);

#endif /* HVUV_SRC_ADDR_SUGGEST_H */
