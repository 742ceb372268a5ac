# SPDX-License-Identifier: MIT
# wsitrace::page: the page (dashboards/web), bundled by esbuild and embedded by python3 as the table that agent/serve/page_assets.h
# declares. Nothing is fetched. Without esbuild or python3, or with WSITRACE_PAGE=OFF, the table is empty, and the server reports it.
option(WSITRACE_PAGE "Build the page and embed it (needs esbuild and python3)" ON)
find_program(WSITRACE_ESBUILD esbuild DOC "esbuild, which bundles the page")
mark_as_advanced(WSITRACE_ESBUILD)
find_package(Python3 3.9 QUIET COMPONENTS Interpreter)

set(page_source "${PROJECT_SOURCE_DIR}/dashboards/web")
set(page_build "${PROJECT_BINARY_DIR}/web")
set(page_table "${page_build}/page_assets.cpp")

set(page_without "")
if(NOT WSITRACE_PAGE)
  set(page_without "WSITRACE_PAGE is OFF")
elseif(NOT WSITRACE_ESBUILD)
  set(page_without "esbuild is not installed")
elseif(NOT Python3_Interpreter_FOUND)
  set(page_without "python3 is not installed")
endif()

if(page_without)
  message(STATUS "The page is left out: ${page_without}")
  set(page_table "${PROJECT_SOURCE_DIR}/agent/serve/no_page.cpp")
else()
  # Relative addresses, so that the page works below any mountpoint, and names that stay. Nothing is inlined: the
  # Content-Security-Policy allows no data: but images.
  file(GLOB page_files CONFIGURE_DEPENDS "${page_source}/src/*" "${page_source}/public/*")
  add_custom_command(
    OUTPUT "${page_table}"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${page_build}/site"
    COMMAND "${CMAKE_COMMAND}" -E copy_directory "${page_source}/public" "${page_build}/site"
    COMMAND "${WSITRACE_ESBUILD}" page=src/main.ts page=src/style.css --bundle --minify --format=esm --target=es2022 --charset=utf8
            --log-level=warning "--outdir=${page_build}/site/assets"
    COMMAND Python3::Interpreter embed.py "${page_build}/site" "${page_table}"
    DEPENDS ${page_files} "${page_source}/tsconfig.json" "${page_source}/embed.py"
    WORKING_DIRECTORY "${page_source}" VERBATIM COMMENT "Building the page")
  file(MAKE_DIRECTORY "${page_build}")
endif()

wsitrace_room(page SOURCES "${page_table}")
wsitrace_room(no_page SOURCES "${PROJECT_SOURCE_DIR}/agent/serve/no_page.cpp") # also where it is not wanted, so that it stays fit
string(COMPARE EQUAL "${page_without}" "" page_is_built)
add_feature_info(page page_is_built "the page, embedded in the agent and the plugin")
