# SPDX-License-Identifier: MIT
# The installed tree, by component:
#   runtime  bin/wsitrace, LIBDIR/libwsitrace.so.*, LIBDIR/wsitrace/libwsitrace_preload.so
#   plugin   LIBDIR/wsitrace/plugins/lws-VERSION/libprotocol_wsitrace.so
#   devel    include/wsitrace/*, LIBDIR/libwsitrace.so, LIBDIR/cmake/wsitrace (wsitrace::wsitrace), LIBDIR/pkgconfig/wsitrace.pc
#   share    DATADIR/wsitrace/{deploy,dashboards}: units, configurations, rules and dashboards, laid out as here
#            DOCDIR: the manual and what it links to, laid out as here, so that the links hold; begin with README.md
set(WSITRACE_PRIVATE_LIBDIR "${CMAKE_INSTALL_LIBDIR}/wsitrace")
set(wsitrace_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/wsitrace")

# The installed headers belong to libwsitrace; each must compile alone (target all_verify_interface_header_sets).
if(TARGET wsitrace_shared)
  file(GLOB wsitrace_headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/wsitrace/*.h")
  target_sources(wsitrace_shared PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${wsitrace_headers})
  target_compile_features(wsitrace_shared PUBLIC cxx_std_20)
  set_target_properties(wsitrace_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
                                                   VERIFY_INTERFACE_HEADER_SETS ON)
  install(
    TARGETS wsitrace_shared
    EXPORT wsitrace-targets
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT devel
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT devel
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT devel)
  install(EXPORT wsitrace-targets NAMESPACE wsitrace:: DESTINATION "${wsitrace_package_dir}" COMPONENT devel)
  configure_package_config_file(
    "${CMAKE_CURRENT_LIST_DIR}/wsitrace-config.cmake.in" "${PROJECT_BINARY_DIR}/wsitrace-config.cmake"
    INSTALL_DESTINATION "${wsitrace_package_dir}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR WSITRACE_PRIVATE_LIBDIR)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/wsitrace-config-version.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/wsitrace-config.cmake" "${PROJECT_BINARY_DIR}/wsitrace-config-version.cmake"
          DESTINATION "${wsitrace_package_dir}" COMPONENT devel)
  # Relative, so that the installed tree can be moved.
  file(RELATIVE_PATH WSITRACE_PREFIX_FROM_PC "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" WSITRACE_PREFIX_FROM_PC "${WSITRACE_PREFIX_FROM_PC}")
  configure_file("${CMAKE_CURRENT_LIST_DIR}/wsitrace.pc.in" "${PROJECT_BINARY_DIR}/wsitrace.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/wsitrace.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT devel)
endif()

if(TARGET wsitrace_preload)
  install(TARGETS wsitrace_preload LIBRARY DESTINATION "${WSITRACE_PRIVATE_LIBDIR}" COMPONENT runtime)
endif()
if(TARGET wsitrace)
  install(TARGETS wsitrace RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
endif()

# wsitrace_install_plugin(LWS_TARGET VERSION): the plugin for one libwebsockets, in a plugin directory of its own.
function(wsitrace_install_plugin lws_target version)
  if(TARGET wsitrace_plugin_${lws_target})
    install(TARGETS wsitrace_plugin_${lws_target} LIBRARY DESTINATION "${WSITRACE_PRIVATE_LIBDIR}/plugins/lws-${version}"
                                                          COMPONENT plugin)
  endif()
endfunction()

foreach(folder deploy/ci deploy/systemd deploy/prometheus deploy/compose deploy/lwsws dashboards/grafana/generated
               dashboards/grafana/provisioning dashboards/prometheus)
  cmake_path(GET folder PARENT_PATH parent)
  install(DIRECTORY ${folder} DESTINATION "${CMAKE_INSTALL_DATADIR}/wsitrace/${parent}" COMPONENT share
          PATTERN "tests" EXCLUDE)
endforeach()
install(FILES dashboards/prometheus/RUNBOOK.md DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/wsitrace" COMPONENT share) # runbook_url of alerts.yml
install(FILES deploy/README.md DESTINATION "${CMAKE_INSTALL_DATADIR}/wsitrace/deploy" COMPONENT share)
install(FILES dashboards/grafana/README.md DESTINATION "${CMAKE_INSTALL_DATADIR}/wsitrace/dashboards/grafana" COMPONENT share)

foreach(document README.md LICENSE agent/ARCHITECTURE.md agent/export/json/SCHEMA.md agent/export/live/SCHEMA.md
                 agent/ring/FORMAT.md dashboards/timeline/example.svg dashboards/web/screenshots/dark.png deploy/demo/server.c
                 tests/README.md tests/corpus/RESULTS.md)
  cmake_path(GET document PARENT_PATH folder)
  install(FILES ${document} DESTINATION "${CMAKE_INSTALL_DOCDIR}/${folder}" COMPONENT share)
endforeach()
install(DIRECTORY deploy/manual DESTINATION "${CMAKE_INSTALL_DOCDIR}/deploy" COMPONENT share FILES_MATCHING PATTERN "*.md")

wsitrace_install_plugin(lws "${lws_VERSION}")
foreach(prefix IN LISTS WSITRACE_PLUGIN_LWS)
  string(MAKE_C_IDENTIFIER "lws_${prefix}" lws_target)
  get_directory_property(version DIRECTORY agent/entry/plugin DEFINITION ${lws_target}_VERSION)
  wsitrace_install_plugin(${lws_target} "${version}")
endforeach()
