# The files that `cmake --install` installs: the libraries, their headers, and the package files for CMake and pkg-config.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/coqmp")

install(TARGETS coqmp coqmp_testing EXPORT coqmp-targets FILE_SET HEADERS)
install(EXPORT coqmp-targets NAMESPACE coqmp:: DESTINATION "${package_dir}")

configure_package_config_file(cmake/coqmp-config.cmake.in coqmp-config.cmake INSTALL_DESTINATION "${package_dir}")
# Until 1.0, every minor version may break the programming interface.
write_basic_package_version_file(coqmp-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/coqmp-config.cmake" "${PROJECT_BINARY_DIR}/coqmp-config-version.cmake"
        DESTINATION "${package_dir}")

# Paths relative to the file itself, so that `cmake --install --prefix` works with any prefix.
file(RELATIVE_PATH pkg_config_up "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" pkg_config_up "${pkg_config_up}")
file(RELATIVE_PATH pkg_config_libdir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH pkg_config_includedir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
foreach(package coqmp coqmp-testing)
    configure_file(cmake/${package}.pc.in ${package}.pc @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${package}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()

install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
