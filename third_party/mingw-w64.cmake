# A toolchain: programs for Windows, made by mingw-w64 on another system; for x86-64,
# or for the processor that a file beside this one names in HVUV_MINGW_PROCESSOR
# before it includes this one. Each .exe stands alone, with libgcc in it.
if(NOT HVUV_MINGW_PROCESSOR)
  set(HVUV_MINGW_PROCESSOR x86_64)
endif()
set(_hvuv_triplet ${HVUV_MINGW_PROCESSOR}-w64-mingw32)

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR ${HVUV_MINGW_PROCESSOR})
set(CMAKE_C_COMPILER ${_hvuv_triplet}-gcc)
find_program(CMAKE_CXX_COMPILER ${_hvuv_triplet}-g++) # may be missing
set(CMAKE_RC_COMPILER ${_hvuv_triplet}-windres)
foreach(kind EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS_INIT "-static-libgcc")
endforeach()

# Libraries and packages are Windows ones: not those of the system that builds,
# but those of the toolchain and of CMAKE_PREFIX_PATH.
set(CMAKE_FIND_ROOT_PATH /usr/${_hvuv_triplet} ${CMAKE_PREFIX_PATH})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} /usr/${_hvuv_triplet}/lib/pkgconfig)
