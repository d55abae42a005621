# A toolchain: programs for 32-bit Windows.
set(HVUV_MINGW_PROCESSOR i686)
include(${CMAKE_CURRENT_LIST_DIR}/mingw-w64.cmake)
