# SPDX-License-Identifier: MIT
# wsitrace::page: the page (dashboards/web), built by npm and embedded as the table that agent/serve/page_assets.h declares. Without
# npm, or with WSITRACE_PAGE=OFF, the table is empty and the server says so. npm works in the build directory alone, and only
# when something of the page has changed.
option(WSITRACE_PAGE "Build the page and embed it (needs node 18 and npm)" ON)
find_program(WSITRACE_NODE NAMES node nodejs DOC "node, which builds the page")
find_program(WSITRACE_NPM npm DOC "npm, which builds the page")
mark_as_advanced(WSITRACE_NODE WSITRACE_NPM)

set(page_source "${PROJECT_SOURCE_DIR}/dashboards/web")
set(page_build "${PROJECT_BINARY_DIR}/web")
set(page_table "${page_build}/page_assets.cpp")

set(page_without "")
if(NOT WSITRACE_PAGE)
  set(page_without "WSITRACE_PAGE is OFF")
elseif(NOT WSITRACE_NODE OR NOT WSITRACE_NPM)
  set(page_without "there is no npm")
else()
  execute_process(COMMAND "${WSITRACE_NODE}" --version OUTPUT_VARIABLE page_node OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "v" "" page_node "${page_node}")
  if(page_node VERSION_LESS 18)
    set(page_without "node ${page_node} is older than 18")
  endif()
endif()

if(page_without)
  message(STATUS "The page is left out: ${page_without}")
  set(page_table "${PROJECT_SOURCE_DIR}/agent/serve/no_page.cpp")
else()
  message(STATUS "The page is built by npm, with node ${page_node} (-DWSITRACE_PAGE=OFF leaves it out)")
  set(page_packages package.json package-lock.json .npmrc)
  set(page_settings tsconfig.json vite.config.ts index.html embed.mjs)
  list(TRANSFORM page_packages PREPEND "${page_source}/")
  list(TRANSFORM page_settings PREPEND "${page_source}/")
  file(GLOB page_files CONFIGURE_DEPENDS "${page_source}/src/*" "${page_source}/public/*")
  add_custom_command(
    OUTPUT "${page_build}/packages.stamp"
    COMMAND "${CMAKE_COMMAND}" -E copy ${page_packages} "${page_build}"
    COMMAND "${WSITRACE_NPM}" ci --ignore-scripts --no-audit --no-fund --loglevel=error
    COMMAND "${CMAKE_COMMAND}" -E touch "${page_build}/packages.stamp"
    DEPENDS ${page_packages} WORKING_DIRECTORY "${page_build}" VERBATIM COMMENT "Installing what the page is built with")
  add_custom_command(
    OUTPUT "${page_table}"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${page_build}/src" "${page_build}/public"
    COMMAND "${CMAKE_COMMAND}" -E copy_directory "${page_source}/src" "${page_build}/src"
    COMMAND "${CMAKE_COMMAND}" -E copy_directory "${page_source}/public" "${page_build}/public"
    COMMAND "${CMAKE_COMMAND}" -E copy ${page_settings} "${page_build}"
    COMMAND "${WSITRACE_NPM}" run --silent build
    COMMAND "${WSITRACE_NODE}" embed.mjs dist page_assets.cpp
    DEPENDS "${page_build}/packages.stamp" ${page_settings} ${page_files}
    WORKING_DIRECTORY "${page_build}" VERBATIM COMMENT "Building the page")
  file(MAKE_DIRECTORY "${page_build}")
endif()

wsitrace_room(page SOURCES "${page_table}")
wsitrace_room(no_page SOURCES "${PROJECT_SOURCE_DIR}/agent/serve/no_page.cpp") # also where it is not wanted, so that it stays fit
string(COMPARE EQUAL "${page_without}" "" page_is_built)
add_feature_info(page page_is_built "the page, embedded in the agent and the plugin")
