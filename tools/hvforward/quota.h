/* How much is reported of calls that fail or are refused: so many a second, and
 * then how many were left out. Whoever may call shall not fill a disk. */
#ifndef HVUV_TOOLS_QUOTA_H
#define HVUV_TOOLS_QUOTA_H

#include <stdint.h>

/* Whether one more is to be reported now. */
int quota_take(uint64_t now_ms);

/* Reports how many were left out since it last did. */
void quota_end(void);

#endif /* HVUV_TOOLS_QUOTA_H */
