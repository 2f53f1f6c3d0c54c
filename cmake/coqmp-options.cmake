# How our own targets are compiled. Nothing here reaches those who link to them.

include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

# Applies to a target: C++20, hardening in optimised builds, and for developers warnings as errors, sanitizers, ccache.
function(coqmp_target_options target)
    set(optimised "$<CONFIG:Release,RelWithDebInfo,MinSizeRel>")
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
    target_compile_features(${target} PRIVATE cxx_std_20)

    if(COQMP_DEVELOPER)
        target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
        if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
            # False in optimised builds: `"'" + text` (GCC bug 105651), coroutine frames (GCC bug 109224), and the destructor
            # of what an exception may leave half made.
            target_compile_options(${target} PRIVATE -Wno-restrict -Wno-mismatched-new-delete -Wno-maybe-uninitialized)
        endif()
        if(CMAKE_UNITY_BUILD)
            # Of names in another file's anonymous namespace, too.
            target_compile_options(${target} PRIVATE -Wno-shadow)
        endif()
        find_program(COQMP_CCACHE ccache)
        if(COQMP_CCACHE)
            set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "${COQMP_CCACHE}")
        endif()
    endif()

    if(COQMP_SANITIZERS)
        target_compile_options(${target} PRIVATE -fsanitize=${COQMP_SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        # Libraries do most of the work, and programs take most of the compiler's time.
        get_target_property(type ${target} TYPE)
        if(NOT type STREQUAL EXECUTABLE)
            target_compile_options(${target} PRIVATE -O1)
        endif()
        # PUBLIC: what links to an instrumented static library needs the runtime.
        target_link_options(${target} PUBLIC -fsanitize=${COQMP_SANITIZERS})
        if(CMAKE_CXX_COMPILER_ID MATCHES Clang AND COQMP_SANITIZERS MATCHES undefined)
            # Clang's coroutines call their resume functions through pointers of another type.
            target_compile_options(${target} PRIVATE -fno-sanitize=function)
        endif()
        if(COQMP_SANITIZERS MATCHES thread)
            # Asio (1.81, detail/atomic_count.hpp) ends its reference counts with fences, which ThreadSanitizer does not know:
            # it takes the last delete for a race with the decrement before it. Boost's own counts need none.
            target_compile_definitions(${target} PRIVATE BOOST_ASIO_DISABLE_STD_ATOMIC)
        endif()
    else()
        target_compile_options(
            ${target} PRIVATE -fstack-protector-strong "$<${optimised}:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
        target_link_options(${target} PRIVATE LINKER:-z,relro LINKER:-z,now)
    endif()
endfunction()
