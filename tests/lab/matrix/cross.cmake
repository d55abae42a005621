# A toolchain: programs for the processor of a Debian's unpacked libraries, with this
# system's cross compiler, and qemu-user to run them. The environment says which.
set(root $ENV{HVUV_MATRIX_ROOT})
set(triplet $ENV{HVUV_MATRIX_TRIPLET})
set(CMAKE_SYSTEM_NAME Linux)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR ${triplet})
set(CMAKE_C_COMPILER ${triplet}-gcc)
set(CMAKE_SYSROOT ${root})
# The compiler's own package looks for these in a folder that another package fills.
set(CMAKE_C_FLAGS_INIT "-B${root}/usr/lib/${triplet} -L${root}/usr/lib/${triplet}")
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})
set(CMAKE_CROSSCOMPILING_EMULATOR $ENV{HVUV_MATRIX_QEMU} -L ${root})

set(CMAKE_FIND_ROOT_PATH ${root})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${root}/usr/lib/${triplet}/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${root})
