# SPDX-License-Identifier: MIT
# Leak check in CTest: include() this file, then
#
#   wsitrace_add_test(NAME server_leaks COMMAND my-server-test --quick [ALLOW known-leaks.txt])
#
# adds a test that fails when the program fails, when something leaked and when nothing can be promised. COMMAND is as in
# add_test(); ALLOW names allow-lists, of which stale rules fail as well. Beside the trace lies the verdict as JUnit XML.
#
# From CMake 3.29 on, a property puts wsitrace in front of a target's program in all add_test() that run it:
#   set_property(TARGET my-server-test PROPERTY TEST_LAUNCHER wsitrace run --check --)
find_program(WSITRACE wsitrace REQUIRED)

function(wsitrace_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 TEST "" "NAME" "COMMAND;ALLOW")
  set(options -o "${CMAKE_CURRENT_BINARY_DIR}/${TEST_NAME}.wsitrace" --check --format
              "junit=${CMAKE_CURRENT_BINARY_DIR}/${TEST_NAME}.leaks.xml")
  foreach(file IN LISTS TEST_ALLOW)
    cmake_path(ABSOLUTE_PATH file)
    list(APPEND options --allow "${file}")
  endforeach()
  if(TEST_ALLOW)
    list(APPEND options --strict-allow)
  endif()
  list(POP_FRONT TEST_COMMAND program)
  if(TARGET "${program}")
    set(program "$<TARGET_FILE:${program}>")
  endif()
  add_test(NAME "${TEST_NAME}" COMMAND "${WSITRACE}" run ${options} -- "${program}" ${TEST_COMMAND})
endfunction()
