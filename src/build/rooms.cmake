# The table of src/rooms as CMake reads it: HVUV_ROOMS, all of them in its order, and
# HVUV_PURE_ROOMS, HVUV_CORE_ROOMS, HVUV_MACHINE_ROOMS by kind.
#
# A room's CMakeLists.txt lists its files by hand:
#
#   hvuv_room(SOURCES a.c b.c)
#
# which makes the object library hvuv_room_NAME, NAME being its folder's.

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${CMAKE_CURRENT_LIST_DIR}/../rooms)
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../rooms rows REGEX "^[a-z]+ ")
foreach(row IN LISTS rows)
  string(REGEX REPLACE " +" ";" row "${row}")
  list(GET row 0 room)
  list(GET row 1 kind)
  string(TOUPPER ${kind} kind)
  list(APPEND HVUV_ROOMS ${room})
  list(APPEND HVUV_${kind}_ROOMS ${room})
endforeach()

# What all of our object libraries are compiled with. Tests link them themselves, so
# there nothing is imported from a DLL.
add_library(hvuv_inside INTERFACE)
target_include_directories(hvuv_inside INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(hvuv_inside INTERFACE hvuv::libuv)
if(WIN32) # sockets, and the registry
  target_link_libraries(hvuv_inside INTERFACE ws2_32 advapi32)
endif()

# hvuv_add_room(target sources...): an object library of files of the library
function(hvuv_add_room target)
  add_library(${target} OBJECT ${ARGN})
  hvuv_own(${target})
  target_compile_definitions(${target} PRIVATE HVUV_BUILDING)
  if(NOT BUILD_SHARED_LIBS)
    target_compile_definitions(${target} PRIVATE HVUV_STATIC)
  endif()
  target_compile_definitions(${target} INTERFACE HVUV_STATIC)
  target_link_libraries(${target} PUBLIC hvuv_inside)
endfunction()

function(hvuv_room)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SOURCES")
  get_filename_component(room ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  hvuv_add_room(hvuv_room_${room} ${arg_SOURCES})
endfunction()
