# Compile options of our own targets. None of them applies to targets that link to ours.

include(CheckLinkerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

# Sets the variable to the option for the fastest linker that there is, or to nothing. The tests are more than two hundred programs:
# for each, ld takes 2.4 s of processor time, gold 1.4 s, and lld 0.7 s.
function(coqmp_fast_linker result)
    foreach(linker IN ITEMS lld gold)
        check_linker_flag(CXX -fuse-ld=${linker} COQMP_LINKS_WITH_${linker})
        if(COQMP_LINKS_WITH_${linker})
            set(${result} -fuse-ld=${linker} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${result} "" PARENT_SCOPE)
endfunction()

# Defines an option that is ON, OFF or AUTO. AUTO stands for the default, which every configuration determines anew.
macro(coqmp_auto_option name description default)
    set(${name} AUTO CACHE STRING "${description}: ON, OFF or AUTO")
    set_property(CACHE ${name} PROPERTY STRINGS AUTO ON OFF)
    set(${name}_IS_AUTO OFF)
    if("${${name}}" STREQUAL AUTO)
        set(${name}_IS_AUTO ON)
        set(${name} ${default})
    endif()
endmacro()

# Finds Boost with the given compiled libraries, or fails with the names of the packages that provide them.
macro(coqmp_find_boost)
    find_package(Boost 1.81 CONFIG QUIET COMPONENTS ${ARGN})
    if(NOT Boost_FOUND)
        set(old "")
        if(Boost_CONSIDERED_VERSIONS)
            list(JOIN Boost_CONSIDERED_VERSIONS ", " old)
            string(PREPEND old " Found: ")
            string(APPEND old ".")
        endif()
        set(packages_12 libboost1.81-dev)
        set(packages libboost-dev)
        foreach(component IN ITEMS ${ARGN})
            string(REPLACE unit_test_framework test component ${component})
            string(APPEND packages_12 " libboost-${component}1.81-dev")
            string(APPEND packages " libboost-${component}-dev")
        endforeach()
        message(FATAL_ERROR "coqmp needs Boost 1.81 or later with these libraries: ${ARGN}.${old}\n"
                            "Debian 12: apt-get install ${packages_12}\n"
                            "Debian 13 and Ubuntu 24.04: apt-get install ${packages}")
    endif()
endmacro()

# Sets the options of a target: C++20, hardening in optimised builds, sanitizers if wanted, and for developers warnings as errors
# and ccache.
function(coqmp_target_options target)
    set(optimised "$<CONFIG:Release,RelWithDebInfo,MinSizeRel>")
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
    target_compile_features(${target} PRIVATE cxx_std_20)

    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        # A false positive for coroutine frames in optimised builds (GCC bug 109224); the warning is on by default.
        target_compile_options(${target} PRIVATE -Wno-mismatched-new-delete)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_UNITY_BUILD)
        # A false positive: g++ takes a source that a unity build includes for a header with anonymous namespaces.
        target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    endif()

    if(COQMP_DEVELOPER)
        target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
        if(CMAKE_BUILD_TYPE STREQUAL Debug)
            coqmp_fast_linker(linker)
            target_link_options(${target} PRIVATE ${linker})
        endif()
        if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
            # False positives in optimised builds: for the destructor of an object that an exception may leave half constructed
            # (g++ 12), and for that of an empty std::optional (g++ 14 with Boost 1.88). clang-tidy and the sanitizers look for the
            # real ones.
            target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
        endif()
        if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
            # A false positive in optimised builds, for `"'" + text` (GCC bug 105651).
            target_compile_options(${target} PRIVATE -Wno-restrict)
        endif()
        if(CMAKE_UNITY_BUILD)
            # In a unity build it also warns of names in another file's anonymous namespace.
            target_compile_options(${target} PRIVATE -Wno-shadow)
        endif()
        find_program(COQMP_CCACHE ccache)
        get_property(ccache_was_mentioned GLOBAL PROPERTY COQMP_CCACHE_WAS_MENTIONED)
        if(NOT COQMP_CCACHE AND NOT ccache_was_mentioned)
            message(STATUS "ccache is not installed, so every build compiles everything (Debian and Ubuntu: apt-get install ccache)")
            set_property(GLOBAL PROPERTY COQMP_CCACHE_WAS_MENTIONED ON)
        endif()
        if(COQMP_CCACHE)
            set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "${COQMP_CCACHE}")
        endif()
    endif()

    if(COQMP_SANITIZERS)
        target_compile_options(${target} PRIVATE -fsanitize=${COQMP_SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        # Optimise only the libraries: they do most of the work, while programs take most of the compile time.
        get_target_property(type ${target} TYPE)
        if(NOT type STREQUAL EXECUTABLE)
            target_compile_options(${target} PRIVATE -O1)
        endif()
        # PUBLIC, because a target that links to an instrumented static library needs the runtime.
        target_link_options(${target} PUBLIC -fsanitize=${COQMP_SANITIZERS})
        if(CMAKE_CXX_COMPILER_ID MATCHES Clang AND COQMP_SANITIZERS MATCHES undefined)
            # Clang's coroutines call their resume functions through pointers of a different type.
            target_compile_options(${target} PRIVATE -fno-sanitize=function)
        endif()
        if(COQMP_SANITIZERS MATCHES thread)
            # Asio (1.81, detail/atomic_count.hpp) ends its reference counts with fences, which ThreadSanitizer does not support:
            # it reports the last delete as a race with the decrement before it. Boost's own counts have no fences.
            target_compile_definitions(${target} PRIVATE BOOST_ASIO_DISABLE_STD_ATOMIC)
        endif()
    else()
        target_compile_options(
            ${target} PRIVATE -fstack-protector-strong "$<${optimised}:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
        target_link_options(${target} PRIVATE LINKER:-z,relro LINKER:-z,now)
    endif()
endfunction()
