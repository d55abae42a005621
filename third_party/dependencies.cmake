# The one place that decides where dependencies come from: hvuv::libuv, hvuv::sodium,
# which is optional and never downloaded, and hvuv::cmocka for the tests. Nothing is downloaded unless HVUV_DOWNLOAD_DEPS is
# ON, and then only what was not found otherwise, pinned by its checksum; nor then,
# if FETCHCONTENT_SOURCE_DIR_LIBUV and _CMOCKA name folders, as debian.sh fills them.
# README.md beside this file names versions and licences.

include(FetchContent)
if(POLICY CMP0135)
  cmake_policy(SET CMP0135 NEW) # what a download holds is as new as the download
endif()

# CMake 4 has no more of the old rules that both ask for, and needs none.
set(CMAKE_POLICY_VERSION_MINIMUM 3.5)

# hvuv_foreign(target): their headers are not held to our warnings.
function(hvuv_foreign target)
  get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
  set_property(TARGET ${target} APPEND PROPERTY
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${folders}")
endfunction()

# --- libuv -------------------------------------------------------------------

set(HVUV_LIBUV_SCOPE GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/libuv.cmake)

if(NOT TARGET hvuv::libuv AND HVUV_DOWNLOAD_DEPS)
  message(STATUS "hvuv: libuv is built from source (1.52.1 or "
    "FETCHCONTENT_SOURCE_DIR_LIBUV)")
  # Shared with shared: a static libuv inside a shared hvuv would be a second
  # one beside that of the program.
  set(LIBUV_BUILD_SHARED ${BUILD_SHARED_LIBS} CACHE BOOL "As hvuv itself")
  FetchContent_Declare(libuv
    URL https://dist.libuv.org/dist/v1.52.1/libuv-v1.52.1.tar.gz
    URL_HASH SHA256=66d511b9e6e334c0e62279eb234fbfb2b3110b1479c09b95b44c7afca8cff9e7)
  FetchContent_MakeAvailable(libuv)
  add_library(hvuv::libuv INTERFACE IMPORTED GLOBAL)
  if(BUILD_SHARED_LIBS)
    target_link_libraries(hvuv::libuv INTERFACE uv)
    hvuv_foreign(uv)
  else()
    target_link_libraries(hvuv::libuv INTERFACE uv_a)
    hvuv_foreign(uv_a)
    set(HVUV_LIBUV_PC libuv-static) # all that this libuv installs
    set(HVUV_LIBUV_PREFERRED uv_a libuv::uv_a)
  endif()
endif()

if(NOT TARGET hvuv::libuv)
  message(FATAL_ERROR "hvuv: ${HVUV_LIBUV_PROBLEM} "
    "Or configure with -DHVUV_DOWNLOAD_DEPS=ON.")
endif()

# --- libsodium, for hvuv/auth.h ----------------------------------------------

if(HVUV_AUTH)
  set(HVUV_SODIUM_SCOPE GLOBAL)
  include(${CMAKE_CURRENT_LIST_DIR}/sodium.cmake)
  if(NOT TARGET hvuv::sodium AND HVUV_AUTH STREQUAL "AUTO")
    message(STATUS "hvuv: without hvuv/auth.h, ${HVUV_SODIUM_PROBLEM}")
  elseif(NOT TARGET hvuv::sodium)
    message(FATAL_ERROR "hvuv: ${HVUV_SODIUM_PROBLEM} Or configure with "
      "-DHVUV_AUTH=OFF; then hvuv_auth_init() returns UV_ENOTSUP.")
  endif()
endif()

# --- cmocka, for the tests ---------------------------------------------------

if(NOT HVUV_BUILD_TESTS OR TARGET hvuv::cmocka)
  return()
endif()

add_library(hvuv::cmocka INTERFACE IMPORTED GLOBAL)
if(TARGET cmocka::cmocka)
  target_link_libraries(hvuv::cmocka INTERFACE cmocka::cmocka)
  return()
endif()

find_package(cmocka CONFIG QUIET)
if(TARGET cmocka::cmocka)
  set_target_properties(cmocka::cmocka PROPERTIES IMPORTED_GLOBAL TRUE)
  target_link_libraries(hvuv::cmocka INTERFACE cmocka::cmocka)
  return()
elseif(CMOCKA_LIBRARIES) # before 1.1.6 the package had variables only
  target_link_libraries(hvuv::cmocka INTERFACE ${CMOCKA_LIBRARIES})
  target_include_directories(hvuv::cmocka INTERFACE ${CMOCKA_INCLUDE_DIR})
  return()
endif()

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(HVUV_CMOCKA QUIET IMPORTED_TARGET GLOBAL cmocka>=1.1.5)
endif()
if(HVUV_CMOCKA_FOUND)
  target_link_libraries(hvuv::cmocka INTERFACE PkgConfig::HVUV_CMOCKA)
elseif(HVUV_DOWNLOAD_DEPS)
  message(STATUS "hvuv: cmocka is built from source (1.1.5 or "
    "FETCHCONTENT_SOURCE_DIR_CMOCKA)")
  set(WITH_EXAMPLES OFF CACHE BOOL "Of cmocka")
  set(WITH_STATIC_LIB ON CACHE BOOL "Of cmocka")
  FetchContent_Declare(cmocka
    URL https://cmocka.org/files/1.1/cmocka-1.1.5.tar.xz
    URL_HASH SHA256=f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6
    SOURCE_SUBDIR not-here) # unpack only: it must not be installed with hvuv
  FetchContent_MakeAvailable(cmocka)
  add_subdirectory(${cmocka_SOURCE_DIR} ${cmocka_BINARY_DIR} EXCLUDE_FROM_ALL)
  target_link_libraries(hvuv::cmocka INTERFACE cmocka-static)
  target_include_directories(hvuv::cmocka SYSTEM INTERFACE
                             ${cmocka_SOURCE_DIR}/include)
else()
  message(FATAL_ERROR "hvuv: the tests need cmocka >= 1.1.5, which was not "
    "found (Debian: libcmocka-dev; Fedora: libcmocka-devel; Alpine: "
    "cmocka-dev; Arch and Homebrew: cmocka). Or configure with "
    "-DHVUV_BUILD_TESTS=OFF or -DHVUV_DOWNLOAD_DEPS=ON.")
endif()
