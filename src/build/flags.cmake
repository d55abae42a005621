# hvuv_own(target): the language, warnings and sanitizers of a target of this
# tree. Nothing here is set globally, so a parent project's targets and the
# dependencies are left as they are.
function(hvuv_own target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11
    C_STANDARD_REQUIRED ON
    C_EXTENSIONS OFF
    C_VISIBILITY_PRESET hidden
    POSITION_INDEPENDENT_CODE ON)

  # accept4() and its kind; what <uv.h> itself needs under -std=c11; and a
  # printf() of C99 from mingw-w64.
  if(NOT MSVC)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  endif()
  if(WIN32) # Windows 10, the first with AF_HYPERV
    target_compile_definitions(${target} PRIVATE
      _WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN)
  endif()

  if(MSVC)
    # getenv(), strcpy() and the like are what C11 has. /W4 is without what is an
    # extension to C89 only: [] at a struct's end (4200), structs without a name
    # (4201), initialisers that are computed (4204) or addresses (4221); and
    # without GCC's pragmas (4068), and without what the headers of old SDKs do in
    # C11's preprocessor (5105).
    target_compile_definitions(${target} PRIVATE _CRT_SECURE_NO_WARNINGS)
    target_compile_options(${target} PRIVATE
      /W4 /wd4068 /wd4200 /wd4201 /wd4204 /wd4221 /wd5105 /utf-8)
  else()
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wvla
      -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
      -Wpointer-arith -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough)
  endif()
  if(HVUV_WERROR)
    target_compile_options(${target} PRIVATE $<IF:$<BOOL:${MSVC}>,/WX,-Werror>)
  endif()

  if(HVUV_SANITIZE)
    list(JOIN HVUV_SANITIZE "," sanitizers)
    target_compile_options(${target} PRIVATE -fsanitize=${sanitizers}
      -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${sanitizers})
  endif()
  if(HVUV_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()
