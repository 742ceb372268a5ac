# SPDX-License-Identifier: MIT
# wsitrace_room(NAME SOURCES file... [LINK target...]): one folder of agent/ as a static library with the alias
# wsitrace::NAME. Includes are written from the root of the tree ("agent/ring/writer.h", "wsitrace/event.h").
add_library(wsitrace_options INTERFACE)
target_compile_options(wsitrace_options INTERFACE -Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> -Wconversion
                       $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_include_directories(wsitrace_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/include")
target_compile_definitions(wsitrace_options INTERFACE "WSITRACE_VERSION=\"${PROJECT_VERSION}\"")

function(wsitrace_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK" ${ARGN})
  add_library(wsitrace_${name} STATIC ${ROOM_SOURCES})
  add_library(wsitrace::${name} ALIAS wsitrace_${name})
  target_link_libraries(wsitrace_${name} PUBLIC ${ROOM_LINK} PRIVATE wsitrace_options)
  target_include_directories(wsitrace_${name} PUBLIC "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/include")
endfunction()
