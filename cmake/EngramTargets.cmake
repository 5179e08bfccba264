# One object library a layer: what a layer does not list under DEPENDS is not on its link line, and tests/layers_test.cpp
# holds the same for includes.

add_library(engram_options INTERFACE)
target_compile_features(engram_options INTERFACE cxx_std_20)
target_compile_definitions(engram_options INTERFACE ENGRAM_OWN_BUILD)
target_compile_options(engram_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
                                                -Wnon-virtual-dtor -Wold-style-cast)
# GCC 12 finds overlapping copies in "text" + std::string where there are none (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(engram_options INTERFACE -Wno-restrict)
endif()
# What clang-tidy finds too, in a tenth of its time.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(engram_options INTERFACE -Wreserved-identifier)
endif()
if(ENGRAM_WARNINGS_AS_ERRORS)
  target_compile_options(engram_options INTERFACE -Werror)
endif()

# engram_layer(NAME SOURCES ... [DEPENDS other layers ...] [LIBRARIES ...])
function(engram_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(engram_${name} OBJECT ${ARG_SOURCES})
  set_target_properties(engram_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(engram_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(engram_${name} PRIVATE engram_options PUBLIC nlohmann_json::nlohmann_json)
  if(ENGRAM_COVERAGE) # Of these alone, so that a compiler's cache has the tests from the build `release`.
    target_compile_options(engram_${name} PRIVATE -O0 --coverage -fprofile-update=atomic
                           "-fprofile-filter-files=/(src|converters|include/engram)/")
  endif()
  if(ARG_LIBRARIES)
    target_link_libraries(engram_${name} PUBLIC ${ARG_LIBRARIES})
  endif()
  foreach(layer IN LISTS ARG_DEPENDS)
    target_link_libraries(engram_${name} PUBLIC engram_${layer})
  endforeach()
  set_target_properties(engram_${name} PROPERTIES ENGRAM_DEPENDS "${ARG_DEPENDS}" ENGRAM_LIBRARIES "${ARG_LIBRARIES}")
endfunction()

# All layers that `name` stands on, itself included.
function(engram_layers_below name out)
  set(seen)
  set(todo ${name})
  while(todo)
    list(POP_FRONT todo layer)
    if(NOT layer IN_LIST seen)
      list(APPEND seen ${layer})
      get_target_property(below engram_${layer} ENGRAM_DEPENDS)
      if(below)
        list(APPEND todo ${below})
      endif()
    endif()
  endwhile()
  set(${out} ${seen} PARENT_SCOPE)
endfunction()

# engram_tests(NAME [LAYER layer] SOURCES ... [LIBRARIES ...]): one test program, linked with `layer` and those below it. Its
# tests have the label `unit`, the program as a whole has `whole`: under sanitizers, whose start takes its time, a process for
# each test would take minutes.
function(engram_tests name)
  cmake_parse_arguments(ARG "" "LAYER" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(engram_${name}_tests ${ARG_SOURCES})
  target_include_directories(engram_${name}_tests PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src
                                                          ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR})
  target_link_libraries(engram_${name}_tests PRIVATE engram_options engram_testing GTest::gtest_main ${ARG_LIBRARIES})
  # The tests, not what they test: they compile in half the time.
  target_compile_options(engram_${name}_tests PRIVATE -O0)
  set(layers)
  if(ARG_LAYER)
    engram_layers_below(${ARG_LAYER} layers)
  endif()
  foreach(layer IN LISTS layers)
    target_link_libraries(engram_${name}_tests PRIVATE engram_${layer})
    target_sources(engram_${name}_tests PRIVATE $<TARGET_OBJECTS:engram_${layer}>)
  endforeach()
  gtest_discover_tests(engram_${name}_tests DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300 LABELS unit)
  add_test(NAME Whole.${name} COMMAND engram_${name}_tests --gtest_brief=1)
  # Those with more to do begin first, also where ctest has not yet seen how long they take.
  list(LENGTH ARG_SOURCES cost)
  set_tests_properties(Whole.${name} PROPERTIES LABELS whole TIMEOUT 900 COST ${cost})
endfunction()

# engram_tool(NAME LAYER): NAME.cpp, a program over the public headers of `layer` and those below it, which is not installed:
# the Python tests and the benchmarks drive it.
function(engram_tool name layer)
  engram_layers_below(${layer} layers)
  add_executable(engram_${name} ${name}.cpp)
  target_include_directories(engram_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(engram_${name} PRIVATE engram_options)
  foreach(layer IN LISTS layers)
    target_link_libraries(engram_${name} PRIVATE engram_${layer})
    target_sources(engram_${name} PRIVATE $<TARGET_OBJECTS:engram_${layer}>)
  endforeach()
endfunction()

# What a plugin of codecs is built with: one header of C, and none of the libraries that engram stands on.
add_library(engram_plugin INTERFACE)
target_include_directories(engram_plugin INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                   $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(engram_plugin PROPERTIES EXPORT_NAME plugin)
add_library(engram::plugin ALIAS engram_plugin)
include(${PROJECT_SOURCE_DIR}/cmake/EngramPlugin.cmake)
