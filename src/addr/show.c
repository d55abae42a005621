#include "addr/show.h"

const char* hvuv__addr_show(const hvuv_addr_t* addr, char text[]) {
  size_t size = HVUV_ADDR_STRLEN;

  if (addr == NULL || hvuv_addr_format(addr, text, &size) != 0)
    return "(no address)";
  return text;
}
