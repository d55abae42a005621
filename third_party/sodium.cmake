# Where libsodium comes from: a target of the parent project, libsodium's CMake package
# of vcpkg, or pkg-config. Used by hvuv's own build and, installed beside a static hvuv
# that was built with it, by find_package(hvuv).
#
# Defines hvuv::sodium, or leaves it undefined and says why in HVUV_SODIUM_PROBLEM.
# HVUV_SODIUM_SCOPE is as HVUV_LIBUV_SCOPE (libuv.cmake).

set(HVUV_SODIUM_MINIMUM 1.0.18)
set(HVUV_SODIUM_PROBLEM "libsodium >= ${HVUV_SODIUM_MINIMUM} was not found: no target \
of a parent project, no package of vcpkg, nothing in pkg-config. Debian and Alpine: \
libsodium-dev; Fedora: libsodium-devel; Arch, Homebrew, MSYS2 and vcpkg: libsodium.")

if(TARGET hvuv::sodium)
  return()
endif()

set(_hvuv_sodium "")
set(_hvuv_from "a target of the parent project")
foreach(_hvuv_name sodium libsodium::libsodium unofficial-sodium::sodium)
  if(NOT _hvuv_sodium AND TARGET ${_hvuv_name})
    set(_hvuv_sodium ${_hvuv_name})
  endif()
endforeach()

if(NOT _hvuv_sodium)
  find_package(unofficial-sodium CONFIG QUIET)
  if(TARGET unofficial-sodium::sodium)
    set(_hvuv_sodium unofficial-sodium::sodium)
    set(_hvuv_from "the CMake package ${unofficial-sodium_CONFIG}")
    if(HVUV_SODIUM_SCOPE)
      set_target_properties(${_hvuv_sodium} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endif()
endif()

if(NOT _hvuv_sodium)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(HVUV_SODIUM QUIET IMPORTED_TARGET ${HVUV_SODIUM_SCOPE}
                      libsodium>=${HVUV_SODIUM_MINIMUM})
    if(HVUV_SODIUM_FOUND)
      set(_hvuv_sodium PkgConfig::HVUV_SODIUM)
      set(_hvuv_from "pkg-config, ${HVUV_SODIUM_VERSION}")
    endif()
  endif()
endif()

if(_hvuv_sodium)
  add_library(hvuv::sodium INTERFACE IMPORTED ${HVUV_SODIUM_SCOPE})
  set_target_properties(hvuv::sodium PROPERTIES
                        INTERFACE_LINK_LIBRARIES ${_hvuv_sodium})
  if(NOT hvuv_FIND_QUIETLY)
    message(STATUS "hvuv: libsodium is ${_hvuv_sodium} (${_hvuv_from})")
  endif()
endif()
