# Installs headers, library, the CMake package `hvuv` and pkg-config's hvuv.pc.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hvuv)

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
install(TARGETS hvuv EXPORT hvuv-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# CMake: find_package(hvuv) finds libuv again, and libsodium where it is needed, by the
# same rules as this build.
set(HVUV_NEEDS_SODIUM FALSE)
if(TARGET hvuv::sodium AND NOT BUILD_SHARED_LIBS)
  set(HVUV_NEEDS_SODIUM TRUE)
  install(FILES third_party/sodium.cmake DESTINATION ${cmake_dir}
          RENAME hvuv-sodium.cmake)
endif()
install(EXPORT hvuv-targets NAMESPACE hvuv:: DESTINATION ${cmake_dir})
configure_package_config_file(src/build/hvuv-config.cmake.in hvuv-config.cmake
                              INSTALL_DESTINATION ${cmake_dir})
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
else()
  set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(hvuv-config-version.cmake
                                 COMPATIBILITY ${compatibility})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/hvuv-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/hvuv-config-version.cmake
        DESTINATION ${cmake_dir})
install(FILES third_party/libuv.cmake DESTINATION ${cmake_dir}
        RENAME hvuv-libuv.cmake)

# pkg-config: paths relative to the file itself, so that the tree can move.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
  set(pc_libdir ${CMAKE_INSTALL_LIBDIR})
else()
  file(RELATIVE_PATH up /prefix/${pc_dir} /prefix)
  string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${up}")
  set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
else()
  set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
set(pc_cflags "")
if(NOT BUILD_SHARED_LIBS)
  set(pc_cflags " -DHVUV_STATIC")
endif()
# Where only a static library is installed, nobody asks pkg-config for --static.
set(pc_libs "")
set(pc_libs_private "")
if(WIN32)
  set(pc_libs_private " -lws2_32 -ladvapi32")
  if(NOT BUILD_SHARED_LIBS)
    set(pc_libs ${pc_libs_private})
    set(pc_libs_private "")
  endif()
endif()
set(pc_requires "")
set(pc_requires_private "")
if(TARGET hvuv::sodium AND BUILD_SHARED_LIBS)
  set(pc_requires_private " libsodium")
elseif(TARGET hvuv::sodium)
  set(pc_requires ", libsodium")
endif()
configure_file(src/build/hvuv.pc.in hvuv.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/hvuv.pc DESTINATION ${pc_dir})
