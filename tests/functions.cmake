# How tests are made and run:
#
#   hvuv_add_test(NAME test_x SOURCES test_x.c LABELS unit
#                 [FAKES | HYPERV | FAULTS] [EMULATION] [DEFINES A=1...]
#                 [TIMEOUT seconds] [ARGUMENTS a...])
#
# makes a cmocka program of the given sources, linked with the library's own
# objects, so that it reaches internal functions (#include "stream/wqueue.h"), and
# with tests/support. With FAKES, the scripted system calls and poller of
# support/fakes stand in place of the machine's rooms (src/rooms); with HYPERV too,
# and AF_HYPERV carries hyperv:// and vsock://, whatever the system has; with FAULTS,
# the real ones, of which each can be made to fail (fault_sys.h); with EMULATION,
# which is for Windows, AF_HYPERV exists wherever the program runs
# (hyperv_emulation.h). Where the tests are to run under Wine, which has no AF_UNIX, all
# programs on real sockets get one (unix_emulation.h). Exit code 77 means "skipped";
# print the reason. Labels: unit stream transport example tool hyperv consumer sim, and
# fuzz, vm and vm-pair, which tests/fuzz and tests/lab/vm add. The label threads stands
# beside one of these.
# ./dev tsan runs the tests with the labels threads and example, and builds the target
# tsan_tests for it, which is no more than those need.
#
#   hvuv_run_again(NAME test_x_again OF test_x LABELS ... [TIMEOUT seconds]
#                  [ENVIRONMENT A=1...] [ARGUMENTS a...])
#
# is one more test of the same program.
#
# What systems do differently is in files named *_posix.c, *_win.c, *_linux.c; the
# rooms' lists decide which of them are built.

set(HVUV_TEST_WRAPPER "" CACHE STRING
    "A command to run each test under, such as valgrind;--quiet")

# What every test's command begins with.
set(run ${HVUV_TEST_WRAPPER})
if(CMAKE_CROSSCOMPILING)
  list(APPEND run ${CMAKE_CROSSCOMPILING_EMULATOR})
endif()

# How Wine tells of a misused heap, where ./dev wine-heap has it look.
set(HVUV_WINE_HEAP_ERROR ":(err|warn):heap:")

# How much longer than here a test may take: under a wrapper such as valgrind; and
# elsewhere, where ./dev wine-heap looks at the whole heap each time.
set(HVUV_TEST_TIME_FACTOR 1)
if(HVUV_TEST_WRAPPER)
  math(EXPR HVUV_TEST_TIME_FACTOR "${HVUV_TEST_TIME_FACTOR} * 10")
endif()
if(CMAKE_CROSSCOMPILING)
  math(EXPR HVUV_TEST_TIME_FACTOR "${HVUV_TEST_TIME_FACTOR} * 6")
endif()

function(hvuv_set_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * ${HVUV_TEST_TIME_FACTOR}")
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}"
    TIMEOUT ${arg_TIMEOUT}
    SKIP_RETURN_CODE 77)
  if(HVUV_TEST_WRAPPER)
    # How valgrind reports a descriptor that the test opened and did not close;
    # before 3.21 that alone does not change the exit code.
    set_tests_properties(${name} PROPERTIES FAIL_REGULAR_EXPRESSION
      "==[0-9]+== Open [^\n]*\n==[0-9]+==    at ")
  endif()
  if(CMAKE_CROSSCOMPILING)
    set_tests_properties(${name} PROPERTIES FAIL_REGULAR_EXPRESSION
      ${HVUV_WINE_HEAP_ERROR})
  endif()
  if(HVUV_SANITIZE)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT
      "ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=suppressions='${PROJECT_SOURCE_DIR}/tests/tsan.supp'")
  endif()
endfunction()

add_custom_target(tsan_tests)

function(hvuv_run_again)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;OF;TIMEOUT"
                        "LABELS;ENVIRONMENT;ARGUMENTS")
  add_test(NAME ${arg_NAME}
           COMMAND ${run} $<TARGET_FILE:${arg_OF}> ${arg_ARGUMENTS})
  set(options LABELS ${arg_LABELS})
  if(arg_TIMEOUT)
    list(APPEND options TIMEOUT ${arg_TIMEOUT})
  endif()
  hvuv_set_test(${arg_NAME} ${options})
  if("threads" IN_LIST arg_LABELS OR "example" IN_LIST arg_LABELS)
    add_dependencies(tsan_tests ${arg_OF})
  endif()
  set_property(TEST ${arg_NAME} APPEND PROPERTY ENVIRONMENT
               ${arg_ENVIRONMENT})
endfunction()

# A test on the slow path of libuv, which Wine's server survives not always
# (lab/wine/run.sh).
function(hvuv_run_slowly name)
  set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT HVUV_WINE_SLOW=1)
  set_tests_properties(${name} PROPERTIES RESOURCE_LOCK wine-slow)
endfunction()

# The library's objects: what every test links, and what some replace.
list(TRANSFORM HVUV_PURE_ROOMS PREPEND hvuv_room_ OUTPUT_VARIABLE pure_objects)
list(TRANSFORM HVUV_CORE_ROOMS PREPEND hvuv_room_ OUTPUT_VARIABLE core_objects)
list(TRANSFORM HVUV_MACHINE_ROOMS PREPEND hvuv_room_
     OUTPUT_VARIABLE machine_objects)
set(HVUV_OBJECTS ${pure_objects} ${core_objects} ${machine_objects})

# hvuv_objects(list [FAKES | HYPERV | FAULTS]): which of them a program links
function(hvuv_objects list)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FAKES;HYPERV;FAULTS" "" "")
  set(objects ${HVUV_OBJECTS})
  if(arg_FAKES OR arg_HYPERV)
    set(objects ${pure_objects} ${core_objects} hvuv_test_fakes)
  endif()
  if(arg_FAKES)
    list(APPEND objects hvuv_test_fake_names)
  elseif(arg_HYPERV)
    list(REMOVE_ITEM objects hvuv_room_family)
    list(APPEND objects hvuv_room_family_hyperv hvuv_test_fake_hyperv_names)
  elseif(arg_FAULTS)
    list(REMOVE_ITEM objects hvuv_room_sys)
    list(APPEND objects hvuv_test_faults)
  endif()
  set(${list} ${objects} PARENT_SCOPE)
endfunction()

# hvuv_add_test_objects(name sources...): what several programs share
function(hvuv_add_test_objects name)
  add_library(${name} OBJECT ${ARGN})
  hvuv_own(${name})
  target_compile_definitions(${name} PUBLIC HVUV_STATIC)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PUBLIC hvuv_inside hvuv::cmocka)
endfunction()

# A program and no test. PLAIN: its Winsock is the system's, or its own.
function(hvuv_add_test_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FAKES;HYPERV;FAULTS;EMULATION;PLAIN" ""
                        "SOURCES;DEFINES")
  add_executable(${name} ${arg_SOURCES})
  hvuv_own(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE ${arg_DEFINES})
  set(kind "")
  foreach(option FAKES HYPERV FAULTS)
    if(arg_${option})
      set(kind ${option})
    endif()
  endforeach()
  hvuv_objects(objects ${kind})
  if(arg_EMULATION)
    hvuv_emulate(${name} EMULATION)
  elseif(NOT arg_FAKES AND NOT arg_HYPERV AND NOT arg_PLAIN)
    hvuv_emulate(${name})
  endif()
  target_link_libraries(${name} PRIVATE hvuv_test_support ${objects})
endfunction()

# hvuv_emulate(name [EMULATION]): AF_UNIX in a program for Wine, which has none; with
# EMULATION, AF_HYPERV in a program for Windows as well (support/emulation)
function(hvuv_emulate name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "EMULATION" "" "")
  if(arg_EMULATION)
    target_link_libraries(${name} PRIVATE
      hvuv_test_emulation hvuv_test_emulation_base)
  elseif(WIN32 AND CMAKE_CROSSCOMPILING)
    target_link_libraries(${name} PRIVATE
      hvuv_test_unix_emulation hvuv_test_emulation_base)
  endif()
endfunction()

function(hvuv_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "FAKES;HYPERV;FAULTS;EMULATION"
                        "NAME;TIMEOUT" "SOURCES;LABELS;DEFINES;ARGUMENTS")
  set(kinds "")
  foreach(option FAKES HYPERV FAULTS EMULATION)
    if(arg_${option})
      list(APPEND kinds ${option})
    endif()
  endforeach()
  hvuv_add_test_program(${arg_NAME} ${kinds}
    SOURCES ${arg_SOURCES} DEFINES ${arg_DEFINES})
  set(options LABELS ${arg_LABELS} ARGUMENTS ${arg_ARGUMENTS})
  if(arg_TIMEOUT)
    list(APPEND options TIMEOUT ${arg_TIMEOUT})
  endif()
  hvuv_run_again(NAME ${arg_NAME} OF ${arg_NAME} ${options})
endfunction()
