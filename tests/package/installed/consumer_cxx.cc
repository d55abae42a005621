// The headers in a C++ program: they compile clean, and the names link.
#include <hvuv.h>

int main() {
  hvuv_addr_t addr;
  hvuv_guid_t service;
  return hvuv_service_from_port(5000, &service) != 0 ||
         hvuv_addr_hyperv(&addr, &HVUV_VM_PARENT, &service) != 0;
}
