# Library, headers, pkg-config file, CMake package and program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS levin EXPORT levin-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/levin DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET levin_program)
  install(TARGETS levin_program DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT levin-targets NAMESPACE levin:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/levin)

# From where levin.pc lies, so that `cmake --install --prefix` and a moved tree are right too.
set(LEVIN_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR} AND NOT IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
  file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" up ${up})
  set(LEVIN_PC_PREFIX "\${pcfiledir}/${up}")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/levin.pc.in ${PROJECT_BINARY_DIR}/levin.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/levin.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
configure_file(${PROJECT_SOURCE_DIR}/cmake/levin-config.cmake.in
  ${PROJECT_BINARY_DIR}/levin-config.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/levin-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/levin-config.cmake ${PROJECT_BINARY_DIR}/levin-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/levin)
