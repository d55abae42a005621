# Where libuv comes from. Used by hvuv's own build and, installed beside it, by
# find_package(hvuv), so that both follow the same order:
#
#   1. the target named by HVUV_LIBUV_TARGET, if that is set
#   2. a target of the parent project: uv, uv_a, libuv::uv or libuv::uv_a. A parent
#      that builds libuv itself has both of the first two, and a program must link
#      one only; then a static hvuv takes the static one
#   3. libuv's CMake package
#   4. pkg-config (Debian's libuv1-dev has nothing else)
#
# HVUV_LIBUV_PREFERRED names targets that go before others of 2 and 3: a hvuv that
# was made with a static libuv of its own wants that again.
#
# Defines hvuv::libuv, or leaves it undefined and says why in
# HVUV_LIBUV_PROBLEM. HVUV_LIBUV_SCOPE is GLOBAL in hvuv's own build, where
# other directories of a parent project must see the target, and else empty.

set(HVUV_LIBUV_MINIMUM 1.44)
set(HVUV_LIBUV_PC libuv)
set(HVUV_LIBUV_PROBLEM "")

if(TARGET hvuv::libuv)
  return()
endif()

set(_hvuv_names ${HVUV_LIBUV_PREFERRED})
if(HVUV_LIBUV_SCOPE AND NOT BUILD_SHARED_LIBS AND TARGET uv_a)
  list(APPEND _hvuv_names uv_a)
endif()
list(APPEND _hvuv_names uv uv_a libuv::uv libuv::uv_a)
set(_hvuv_uv "")
set(_hvuv_from "")

if(HVUV_LIBUV_TARGET)
  set(_hvuv_uv ${HVUV_LIBUV_TARGET})
  set(_hvuv_from "HVUV_LIBUV_TARGET")
endif()

foreach(_hvuv_name IN LISTS _hvuv_names)
  if(NOT _hvuv_uv AND TARGET ${_hvuv_name})
    set(_hvuv_uv ${_hvuv_name})
    set(_hvuv_from "a target of the parent project")
    if(TARGET uv AND TARGET uv_a)
      string(APPEND _hvuv_from ", which has uv and uv_a; HVUV_LIBUV_TARGET chooses")
    endif()
  endif()
endforeach()

# No version in the call: before 1.45 the package carried none to compare.
if(NOT _hvuv_uv)
  find_package(libuv CONFIG QUIET HINTS ${PACKAGE_PREFIX_DIR})
  if(libuv_VERSION AND libuv_VERSION VERSION_LESS HVUV_LIBUV_MINIMUM)
    set(HVUV_LIBUV_PROBLEM " (${libuv_CONFIG} is ${libuv_VERSION})")
  else()
    foreach(_hvuv_name IN LISTS _hvuv_names)
      if(NOT _hvuv_uv AND TARGET ${_hvuv_name})
        set(_hvuv_uv ${_hvuv_name})
        set(_hvuv_from "the CMake package ${libuv_CONFIG}")
        if(HVUV_LIBUV_SCOPE)
          set_target_properties(${_hvuv_uv} PROPERTIES IMPORTED_GLOBAL TRUE)
        endif()
      endif()
    endforeach()
  endif()
endif()

if(NOT _hvuv_uv)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(HVUV_LIBUV QUIET IMPORTED_TARGET ${HVUV_LIBUV_SCOPE}
                      libuv>=${HVUV_LIBUV_MINIMUM})
    if(HVUV_LIBUV_FOUND)
      set(_hvuv_uv PkgConfig::HVUV_LIBUV)
      set(_hvuv_from "pkg-config, ${HVUV_LIBUV_VERSION}")
    endif()
  endif()
endif()

if(_hvuv_uv)
  add_library(hvuv::libuv INTERFACE IMPORTED ${HVUV_LIBUV_SCOPE})
  set_target_properties(hvuv::libuv PROPERTIES
                        INTERFACE_LINK_LIBRARIES ${_hvuv_uv})
  if(NOT hvuv_FIND_QUIETLY)
    message(STATUS "hvuv: libuv is ${_hvuv_uv} (${_hvuv_from})")
  endif()
else()
  set(HVUV_LIBUV_PROBLEM "libuv >= ${HVUV_LIBUV_MINIMUM} was not found: \
no target of a parent project, no CMake package, nothing in pkg-config\
${HVUV_LIBUV_PROBLEM}. Debian: libuv1-dev; Fedora: libuv-devel; Alpine: \
libuv-dev; Arch and Homebrew: libuv.")
endif()
