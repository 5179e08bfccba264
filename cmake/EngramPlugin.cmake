# engram_add_codec_plugin(TARGET [NO_INSTALL] SOURCE...): a plugin of codecs (engram/plugin.h) of these sources, as a library
# TARGET.so that is installed to where engram looks for plugins. What is not exported by ENGRAM_PLUGIN_EXPORT stays hidden.
function(engram_add_codec_plugin target)
  cmake_parse_arguments(ARG "NO_INSTALL" "" "" ${ARGN})
  add_library(${target} MODULE ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE engram::plugin)
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".so" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
                                             VISIBILITY_INLINES_HIDDEN ON)
  if(NOT ARG_NO_INSTALL)
    include(GNUInstallDirs)
    install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/engram/plugins)
  endif()
endfunction()
