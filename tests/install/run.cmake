# cmake -DBUILD=<engram's build> -DINPUT=<a file to convert> -P run.cmake: installs engram to a temporary prefix, builds
# the project beside this file against it, runs it, and leaves nothing behind.
execute_process(COMMAND mktemp -d OUTPUT_VARIABLE work OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
set(steps
  "${CMAKE_COMMAND}|--install|${BUILD}|--prefix|${work}/prefix"
  "${CMAKE_COMMAND}|-S|${CMAKE_CURRENT_LIST_DIR}|-B|${work}/build|-G|Ninja|-DCMAKE_PREFIX_PATH=${work}/prefix"
  "${CMAKE_COMMAND}|--build|${work}/build"
  "${work}/build/outside|${INPUT}|${work}/out.zarr"
  "${work}/prefix/bin/engram|--version"
  # The template of a plugin, as a project of its own, where engram was moved to: it is found beside engram.
  "${CMAKE_COMMAND}|-S|${CMAKE_CURRENT_LIST_DIR}/../../docs/plugin-template|-B|${work}/plugin|-G|Ninja|-DCMAKE_PREFIX_PATH=${work}/prefix|-DCMAKE_INSTALL_PREFIX=${work}/prefix"
  "${CMAKE_COMMAND}|--build|${work}/plugin"
  "${CMAKE_COMMAND}|--install|${work}/plugin"
  "${work}/prefix/bin/engram|convert|${INPUT}|${work}/plugin.zarr|--codec|run_lengths:element_size=2|--verify")
foreach(step IN LISTS steps)
  string(REPLACE "|" ";" command "${step}")
  execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    file(REMOVE_RECURSE ${work})
    message(FATAL_ERROR "${step}: ${result}\n${output}")
  endif()
endforeach()
message(STATUS "${output}")
file(REMOVE_RECURSE ${work})
