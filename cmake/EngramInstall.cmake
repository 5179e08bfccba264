# find_package(engram CONFIG) gives engram::engram (everything under src/) and engram::convert (converters/ on top of it).
include(CMakePackageConfigHelpers)

# engram_library(NAME LAYERS ... HEADERS ...): one library of the objects of `LAYERS`.
function(engram_library name)
  cmake_parse_arguments(ARG "" "" "LAYERS;HEADERS" ${ARGN})
  add_library(${name})
  target_compile_features(${name} PUBLIC cxx_std_20)
  foreach(layer IN LISTS ARG_LAYERS)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:engram_${layer}>)
    get_target_property(libraries engram_${layer} ENGRAM_LIBRARIES)
    if(libraries)
      target_link_libraries(${name} PRIVATE ${libraries})
    endif()
  endforeach()
  target_link_libraries(${name} PUBLIC nlohmann_json::nlohmann_json)
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${ARG_HEADERS})
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON LINKER_LANGUAGE CXX
                                           VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
endfunction()

# A header is public when it lies under include/, so the folder is the list.
file(GLOB_RECURSE ENGRAM_HEADERS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/engram/*.hpp
     ${PROJECT_SOURCE_DIR}/include/engram/*.h)
set(ENGRAM_CONVERT_HEADERS ${PROJECT_SOURCE_DIR}/include/engram/compare.hpp ${PROJECT_SOURCE_DIR}/include/engram/convert.hpp
    ${PROJECT_SOURCE_DIR}/include/engram/write.hpp ${PROJECT_SOURCE_DIR}/include/engram/engram.hpp)
list(REMOVE_ITEM ENGRAM_HEADERS ${ENGRAM_CONVERT_HEADERS})

engram_library(engram LAYERS ${ENGRAM_LAYERS} HEADERS ${ENGRAM_HEADERS})
engram_library(engram_convert LAYERS converters HEADERS ${ENGRAM_CONVERT_HEADERS})
target_link_libraries(engram_convert PUBLIC engram)
set_target_properties(engram_convert PROPERTIES EXPORT_NAME convert)
add_library(engram::engram ALIAS engram)
add_library(engram::convert ALIAS engram_convert)

set(ENGRAM_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/engram)
install(TARGETS engram engram_convert EXPORT engramTargets FILE_SET HEADERS)
install(TARGETS engram_plugin EXPORT engramPluginTargets)
install(EXPORT engramPluginTargets NAMESPACE engram:: DESTINATION ${ENGRAM_CONFIG_DIR})
install(EXPORT engramTargets NAMESPACE engram:: DESTINATION ${ENGRAM_CONFIG_DIR})
if(ENGRAM_BUILD_COMMAND)
  install(TARGETS engram_command)
endif()

get_target_property(ENGRAM_LIBRARY_TYPE engram TYPE)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/engramConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/engramConfig.cmake INSTALL_DESTINATION ${ENGRAM_CONFIG_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/engramConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/engramConfig.cmake ${PROJECT_BINARY_DIR}/engramConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/EngramPlugin.cmake
        DESTINATION ${ENGRAM_CONFIG_DIR})
