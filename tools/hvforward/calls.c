#include "calls.h"

#include <assert.h>
#include <string.h>

calls_t calls;

void calls_add(call_t* call) {
  call->next = calls.first;
  call->link = &calls.first;
  if (call->next != NULL)
    call->next->link = &call->next;
  calls.first = call;
  calls.now++;
}

void calls_remove(call_t* call) {
  assert(*call->link == call && calls.now > 0);
  *call->link = call->next;
  if (call->next != NULL)
    call->next->link = call->link;
  calls.now--;
}

unsigned int calls_of(const char* who) {
  const call_t* call;
  unsigned int n = 0;

  for (call = calls.first; call != NULL; call = call->next)
    n += strcmp(call->peer.who, who) == 0;
  return n;
}
