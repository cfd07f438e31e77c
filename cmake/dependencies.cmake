# What levin stands on. A missing library stops here with the command that adds it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(levin_need target package debian)
  pkg_check_modules(${target} IMPORTED_TARGET ${package})
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "${package} is missing: apt-get install ${debian}")
  endif()
endfunction()

levin_need(JANSSON jansson libjansson-dev)
levin_need(YAML yaml-0.1 libyaml-dev)
levin_need(ZIP libzip libzip-dev)
set(levin_libraries PkgConfig::JANSSON PkgConfig::YAML PkgConfig::ZIP Threads::Threads m)

# oneDNN's own CMake package asks for OpenCL headers that levin has no use for, so it is found by hand.
set(levin_has_dnnl OFF)
if(LEVIN_DNNL)
  find_library(DNNL_LIBRARY dnnl)
  find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.h)
  if(DNNL_LIBRARY AND DNNL_INCLUDE_DIR)
    set(levin_has_dnnl ON)
    list(APPEND levin_libraries ${DNNL_LIBRARY} gomp) # it runs on gcc's OpenMP
  else()
    message(STATUS "oneDNN not found: levin's own matrix products are used (apt-get install libdnnl-dev)")
  endif()
endif()
