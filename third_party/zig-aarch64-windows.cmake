# A toolchain: programs for Windows on ARM, by the C compiler in Zig, which brings
# mingw-w64's headers and libraries for that processor; Debian 12 has none. `zig` must be
# in PATH.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR ARM64)
find_program(HVUV_ZIG zig REQUIRED)
set(CMAKE_C_COMPILER ${HVUV_ZIG} cc -target aarch64-windows-gnu)
set(CMAKE_C_ARCHIVE_CREATE "${HVUV_ZIG} ar qc <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_C_ARCHIVE_APPEND "${HVUV_ZIG} ar q <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_C_ARCHIVE_FINISH "${HVUV_ZIG} ranlib <TARGET>")

set(CMAKE_FIND_ROOT_PATH ${CMAKE_PREFIX_PATH})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} /nowhere)
