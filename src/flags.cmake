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

  # accept4() and its kind; also what <uv.h> itself needs under -std=c11.
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)

  if(MSVC)
    target_compile_options(${target} PRIVATE /W4)
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
