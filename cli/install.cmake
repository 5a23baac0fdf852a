# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` lays down of the command.
install(TARGETS faltung)

# The man page and the completions, as the command writes them from its tables.
function(install_written file destination)
    add_custom_command(OUTPUT ${file} COMMAND faltung ${ARGN} > ${file} DEPENDS faltung VERBATIM)
    list(APPEND written ${CMAKE_CURRENT_BINARY_DIR}/${file})
    set(written ${written} PARENT_SCOPE)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${file} DESTINATION ${destination})
endfunction()

# A command for another machine cannot be run on this one.
if(NOT CMAKE_CROSSCOMPILING)
    install_written(faltung.1 ${CMAKE_INSTALL_MANDIR}/man1 man)
    install_written(completions/faltung ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
                    completion bash)
    install_written(completions/_faltung ${CMAKE_INSTALL_DATADIR}/zsh/site-functions
                    completion zsh)
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/completions)
    add_custom_target(faltung_written ALL DEPENDS ${written})
endif()
