/* How much has moved, on standard error: as it goes, where that is a terminal,
 * and in the end with -v. */
#ifndef HVUV_TOOLS_PROGRESS_H
#define HVUV_TOOLS_PROGRESS_H

#include "talk.h"

/* Whether there will be something to show as it goes. */
int progress_is_shown(const talk_t* talk);

/* Shows it, once a second, when it has taken some. */
void progress_show(const talk_t* talk);

/* Ends the line of progress, and prints the sum. */
void progress_end(const talk_t* talk);

#endif /* HVUV_TOOLS_PROGRESS_H */
