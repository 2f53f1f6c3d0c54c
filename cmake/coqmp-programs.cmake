# Which programs of examples/ are built: COQMP_PROGRAMS. Each of them looks for what it needs itself, in its own folder.
set(COQMP_ALL_PROGRAMS qmp-shell qmp-proxy qmp-run coqmpd)
# Those of them that are daemons, and share examples/daemon.
set(COQMP_ALL_DAEMONS qmp-proxy qmp-run coqmpd)
set(COQMP_PROGRAMS AUTO CACHE STRING "Programs to build: AUTO (those that can be built), ALL, NONE, or a list of names")
set_property(CACHE COQMP_PROGRAMS PROPERTY STRINGS AUTO ALL NONE ${COQMP_ALL_PROGRAMS})

# AUTO: all of them if coqmp is the top-level project, none in the projects of users. Developers need all of them.
string(TOUPPER "${COQMP_PROGRAMS}" choice)
set(COQMP_CHOSEN_PROGRAMS ${COQMP_ALL_PROGRAMS})
set(COQMP_PROGRAMS_MAY_LACK OFF)
if(choice STREQUAL AUTO)
    if(NOT COQMP_DEVELOPER)
        set(COQMP_PROGRAMS_MAY_LACK ON)
    endif()
    if(NOT PROJECT_IS_TOP_LEVEL AND NOT COQMP_DEVELOPER)
        set(COQMP_CHOSEN_PROGRAMS "")
    endif()
elseif(choice STREQUAL NONE)
    set(COQMP_CHOSEN_PROGRAMS "")
elseif(NOT choice STREQUAL ALL)
    set(COQMP_CHOSEN_PROGRAMS ${COQMP_PROGRAMS})
    foreach(name IN LISTS COQMP_PROGRAMS)
        if(NOT name IN_LIST COQMP_ALL_PROGRAMS)
            list(JOIN COQMP_ALL_PROGRAMS ", " names)
            message(FATAL_ERROR "COQMP_PROGRAMS names \"${name}\", which is not a program of coqmp. Write AUTO, ALL, NONE, or a "
                                "list of these: ${names}")
        endif()
    endforeach()
endif()

set(COQMP_CHOSEN_DAEMONS "")
foreach(name IN LISTS COQMP_CHOSEN_PROGRAMS)
    if(name IN_LIST COQMP_ALL_DAEMONS)
        list(APPEND COQMP_CHOSEN_DAEMONS ${name})
    endif()
endforeach()

# coqmp_program_lacks(PROGRAM MISSING PACKAGES): for a program whose libraries are not all installed. It is left out, which CMake
# says each time, or its absence is an error if it was asked for.
function(coqmp_program_lacks program missing packages)
    list(JOIN missing " and " missing)
    list(JOIN packages " " packages)
    if(NOT COQMP_PROGRAMS_MAY_LACK)
        message(FATAL_ERROR "${program} needs ${missing} (Debian and Ubuntu: apt-get install ${packages}). "
                            "-DCOQMP_PROGRAMS=NONE builds the rest without it.")
    endif()
    message(STATUS "${program} is left out, because this is missing: ${missing} "
                   "(Debian and Ubuntu: apt-get install ${packages}).")
endfunction()
