# Decides whether qmp-shell is built. With AUTO, it is if coqmp is the top-level project and libedit and CLI11 are installed, which
# every configuration checks again. Users of the library need neither of these.
find_path(COQMP_LIBEDIT_INCLUDE histedit.h)
find_library(COQMP_LIBEDIT_LIBRARY edit)
find_package(CLI11 2.1 CONFIG QUIET)
mark_as_advanced(COQMP_LIBEDIT_INCLUDE COQMP_LIBEDIT_LIBRARY CLI11_DIR)

set(missing "")
set(missing_packages "")
if(NOT COQMP_LIBEDIT_INCLUDE OR NOT COQMP_LIBEDIT_LIBRARY)
    list(APPEND missing libedit)
    list(APPEND missing_packages libedit-dev)
endif()
if(NOT CLI11_FOUND)
    list(APPEND missing "CLI11 2.1")
    list(APPEND missing_packages libcli11-dev)
endif()
list(JOIN missing " and " missing)
list(JOIN missing_packages " " missing_packages)

set(shell_by_default ${COQMP_DEVELOPER})
if(PROJECT_IS_TOP_LEVEL AND NOT COQMP_DEVELOPER)
    if(missing)
        set(shell_by_default OFF)
    else()
        set(shell_by_default ON)
    endif()
endif()
coqmp_auto_option(COQMP_SHELL "Build qmp-shell (needs libedit and CLI11)" ${shell_by_default})

if(missing AND COQMP_SHELL)
    message(FATAL_ERROR "qmp-shell needs ${missing} (Debian and Ubuntu: apt-get install ${missing_packages}). "
                        "-DCOQMP_SHELL=OFF builds everything else.")
elseif(missing AND COQMP_SHELL_IS_AUTO AND PROJECT_IS_TOP_LEVEL)
    message(STATUS "qmp-shell is left out, because this is missing: ${missing} "
                   "(Debian and Ubuntu: apt-get install ${missing_packages}).")
endif()
