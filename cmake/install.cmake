# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` lays down of the library, so that both find_package and pkg-config find it
# wherever the prefix is moved to.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/faltung)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES include/faltung.h TYPE INCLUDE)
install(TARGETS faltung_shared faltung_static EXPORT faltung-targets)
install(EXPORT faltung-targets NAMESPACE faltung:: DESTINATION ${package_dir})

configure_package_config_file(cmake/faltung-config.cmake.in faltung-config.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before version 1.0 a minor version may change the structs.
write_basic_package_version_file(faltung-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/faltung-config.cmake
              ${PROJECT_BINARY_DIR}/faltung-config-version.cmake
        DESTINATION ${package_dir})

file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
configure_file(cmake/faltung.pc.in faltung.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/faltung.pc DESTINATION ${pkgconfig_dir})
