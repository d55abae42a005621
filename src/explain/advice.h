/* The table of what each error means for each kind of address. */
#ifndef HVUV_SRC_EXPLAIN_ADVICE_H
#define HVUV_SRC_EXPLAIN_ADVICE_H

#include "explain/question.h"

/* The text for a status, which is never NULL. Where the step is not known and a
 * status means something else for a bind, a connect and an open stream, the
 * text says which is which. It holds names that are to be replaced: $addr the
 * address, $port its port or service, $cid its CID, $own this machine's, $path,
 * $folder, $self. */
const char* hvuv__advice_find(const hvuv__question_t* question, int status);

#endif /* HVUV_SRC_EXPLAIN_ADVICE_H */
