/* The table of what each error means for each kind of address. */
#ifndef HVUV_SRC_EXPLAIN_ADVICE_H
#define HVUV_SRC_EXPLAIN_ADVICE_H

#include "explain/facts.h"
#include "hvuv/addr.h"

typedef struct hvuv__question_s {
  const hvuv__facts_t* facts;
  const hvuv_addr_t* addr;
  uint32_t cid;  /* where it leads; HVUV_CID_ANY for no one place */
  uint32_t port; /* HVUV_PORT_ANY if the service is none */
} hvuv__question_t;

/* The text for a status, which is never NULL. It holds names that are to be
 * replaced: $addr the address, $port its port or service, $cid its CID, $own
 * this machine's, $path, $folder, $self. */
const char* hvuv__advice_find(const hvuv__question_t* question, int status);

#endif /* HVUV_SRC_EXPLAIN_ADVICE_H */
