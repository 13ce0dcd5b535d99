# ss_module(<name> [USES <module>…] [HIDES <module>…] [LINK <library>…])
#
# A module sees only the include roots of the modules it names, and may name only modules
# that lib/CMakeLists.txt defines before it: an undeclared or upward include does not compile.
#   USES   appears in our public header, so who uses us sees it too
#   HIDES  only our .cpp files see it
#   LINK   libraries from outside, seen only by our .cpp files
function(ss_module name)
  cmake_parse_arguments(M "" "" "USES;HIDES;LINK" ${ARGN})
  foreach(dep IN LISTS M_USES M_HIDES)
    if(NOT TARGET ss_${dep})
      message(FATAL_ERROR "lib/${name} may not use '${dep}': it is not below it in lib/CMakeLists.txt")
    endif()
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_library(ss_${name} STATIC ${sources})
  target_include_directories(ss_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/${name}/include
                                        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  list(TRANSFORM M_USES PREPEND ss_)
  list(TRANSFORM M_HIDES PREPEND ss_)
  target_link_libraries(ss_${name} PUBLIC ${M_USES} PRIVATE ${M_HIDES} ${M_LINK})
endfunction()
