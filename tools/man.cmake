# Manual pages, from man/NAME.SECTION.scd, by scdoc. Without it they are left out.
find_program(HVUV_SCDOC scdoc DOC "Makes manual pages (scdoc)")
find_program(HVUV_SH sh)
mark_as_advanced(HVUV_SCDOC HVUV_SH)
file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/man/*.scd)
if(HVUV_SCDOC AND HVUV_SH AND pages)
  set(made "")
  foreach(page IN LISTS pages)
    get_filename_component(name ${page} NAME_WLE) # hvcat.1
    string(REGEX REPLACE ".*\\." "" section ${name})
    set(out ${CMAKE_CURRENT_BINARY_DIR}/man/${name})
    add_custom_command(OUTPUT ${out} DEPENDS ${page} VERBATIM
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/man
      COMMAND ${HVUV_SH} -c "\"$1\" <\"$2\" >\"$3\"" scdoc ${HVUV_SCDOC} ${page} ${out})
    list(APPEND made ${out})
    install(FILES ${out} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  add_custom_target(hvuv_man ALL DEPENDS ${made})
elseif(pages)
  message(STATUS "hvuv: no manual pages are made, for want of scdoc or sh")
endif()

file(GLOB completions ${CMAKE_CURRENT_SOURCE_DIR}/completion/*.bash)
foreach(file IN LISTS completions)
  get_filename_component(name ${file} NAME_WE)
  install(FILES ${file} RENAME ${name}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endforeach()
