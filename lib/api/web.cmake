# SPDX-License-Identifier: Apache-2.0
# Compiles the web console of web/ into a target: iotcard_web(TARGET). It is built with npm, in the
# build folder. IOTCARD_WEB says what happens without npm: see CMakeLists.txt.

set(IOTCARD_WEB_SOURCE ${PROJECT_SOURCE_DIR}/web)
set(IOTCARD_WEB_TOOLS ${CMAKE_CURRENT_LIST_DIR}/web)

# Sets `reason` to why the console cannot be built; "" if it can.
function(iotcard_web_obstacle reason)
  set(${reason} "" PARENT_SCOPE)
  find_program(IOTCARD_NPM npm)
  find_program(IOTCARD_NODE node)
  if(NOT EXISTS ${IOTCARD_WEB_SOURCE}/build.mjs)
    set(${reason} "there is no web/build.mjs" PARENT_SCOPE)
  elseif(NOT IOTCARD_NPM OR NOT IOTCARD_NODE)
    set(${reason} "there is no npm (scripts/install-deps.sh --web)" PARENT_SCOPE)
  else()
    execute_process(COMMAND ${IOTCARD_NODE} --version OUTPUT_VARIABLE version
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    string(REPLACE "v" "" version "${version}")
    if(version VERSION_LESS 18)
      set(${reason} "Node.js is ${version}, and 18 is the oldest that will do" PARENT_SCOPE)
    endif()
  endif()
endfunction()

function(iotcard_web target)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/web)
  set(mode ${IOTCARD_WEB})
  if(mode STREQUAL "AUTO" OR mode)
    iotcard_web_obstacle(reason)
    if(reason AND NOT mode STREQUAL "AUTO")
      message(FATAL_ERROR "IOTCARD_WEB=${mode}: ${reason}")
    endif()
  else()
    set(reason "IOTCARD_WEB=${mode}")
  endif()
  if(reason)
    message(STATUS "Without the web console: ${reason}")
    # In a file of its own, so that neither way of building finds what the other left.
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/no_web_table.cpp CONTENT
[[// SPDX-License-Identifier: Apache-2.0
#include "api/web_table.h"

std::span<const iotcard::EmbeddedFile> iotcard::embedded_web_files() {
  return {};
}
]] @ONLY)
    target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/no_web_table.cpp)
    return()
  endif()

  set_property(GLOBAL PROPERTY IOTCARD_HAS_CONSOLE TRUE)
  string(TOLOWER ${mode} mode)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${IOTCARD_WEB_SOURCE}/*)
  list(FILTER sources EXCLUDE REGEX "^${IOTCARD_WEB_SOURCE}/(node_modules|dist)/")
  add_custom_command(OUTPUT ${out}/web_files.S ${out}/web_table.cpp
    COMMAND ${IOTCARD_WEB_TOOLS}/build.sh ${IOTCARD_WEB_SOURCE}
      ${CMAKE_CURRENT_BINARY_DIR}/web_build ${out} ${mode}
    DEPENDS ${sources} ${IOTCARD_WEB_TOOLS}/build.sh ${IOTCARD_WEB_TOOLS}/embed.mjs
    COMMENT "Building the web console" VERBATIM)
  target_sources(${target} PRIVATE ${out}/web_files.S ${out}/web_table.cpp)
  # What .incbin names is written with it, by the same command.
  set_source_files_properties(${out}/web_table.cpp ${out}/web_files.S PROPERTIES
    SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
