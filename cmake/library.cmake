# The library: one folder of src/ a room, found by looking; the kernels of backends/cpu once for each
# instruction set.
file(GLOB_RECURSE levin_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.c)
list(FILTER levin_sources EXCLUDE REGEX "/src/(cli|backends/cpu/kernels|backends/dnnl)/")
if(levin_has_dnnl)
  file(GLOB levin_dnnl CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backends/dnnl/*.c)
  list(APPEND levin_sources ${levin_dnnl})
endif()
file(GLOB levin_kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backends/cpu/kernels/*.c)

# Only kernels may fuse a product and a sum: elsewhere numbers are what the source says.
set_source_files_properties(${levin_sources} PROPERTIES COMPILE_OPTIONS -ffp-contract=off)

# ... and not in norms, where a fused product would differ from the same one in a sum that it is taken from.
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/backends/cpu/kernels/norm.c PROPERTIES
  COMPILE_OPTIONS -ffp-contract=off)

# No jump of a kernel crosses 32 bytes or ends there: Intel's CPUs from Skylake to Comet Lake do not keep such code decoded
# (erratum SKX102), which was worth 7 % of a step with AVX2, and changed with any line above it.
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  set(levin_whole_jumps -mbranches-within-32B-boundaries)
else()
  set(levin_whole_jumps -Wa,-mbranches-within-32B-boundaries)
endif()

set(levin_objects)
function(levin_kernels_for isa)
  if(NOT levin_kernels)
    return()
  endif()
  add_library(levin_kernels_${isa} OBJECT ${levin_kernels})
  target_include_directories(levin_kernels_${isa} PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(levin_kernels_${isa} PRIVATE levin_flags)
  target_compile_definitions(levin_kernels_${isa} PRIVATE LEVIN_ISA=${isa})
  # Loops begin at a line of the cache: where a product's happened to lie was worth 6 % of a step with AVX2.
  target_compile_options(levin_kernels_${isa} PRIVATE -ffp-contract=fast -falign-loops=64 ${levin_whole_jumps} -Wno-psabi
    ${ARGN})
  set(levin_objects ${levin_objects} $<TARGET_OBJECTS:levin_kernels_${isa}> PARENT_SCOPE)
endfunction()
levin_kernels_for(generic)
levin_kernels_for(avx2 -march=x86-64-v3)
levin_kernels_for(avx512 -march=x86-64-v4 -mprefer-vector-width=512)
levin_kernels_for(avx512_vnni -march=x86-64-v4 -mavx512vnni -mprefer-vector-width=512)
levin_kernels_for(avx512_bf16 -march=x86-64-v4 -mavx512bf16 -mavx512vnni -mprefer-vector-width=512)
levin_kernels_for(amx -march=x86-64-v4 -mavx512bf16 -mavx512vnni -mamx-tile -mamx-bf16 -mamx-int8
  -mprefer-vector-width=512)

# The messages of TensorBoard's event files: C made of src/formats/event.proto, with the warnings that it has.
set(levin_generated ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${levin_generated})
set(levin_messages ${levin_generated}/formats/event.pb-c.c ${levin_generated}/formats/event.pb-c.h)
add_custom_command(OUTPUT ${levin_messages}
  COMMAND ${LEVIN_PROTOC} --c_out=${levin_generated} --proto_path=${PROJECT_SOURCE_DIR}/src formats/event.proto
  DEPENDS ${PROJECT_SOURCE_DIR}/src/formats/event.proto VERBATIM)
add_library(levin_messages OBJECT ${levin_messages})
target_include_directories(levin_messages PRIVATE ${levin_generated})
target_link_libraries(levin_messages PRIVATE PkgConfig::PROTOBUF_C)
list(APPEND levin_objects $<TARGET_OBJECTS:levin_messages>)

add_library(levin_static STATIC ${levin_sources} ${levin_objects})
add_library(levin SHARED ${levin_sources} ${levin_objects})
foreach(target levin_static levin)
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_include_directories(${target} SYSTEM PRIVATE ${levin_generated})
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:levin_flags> ${levin_libraries})
  if(levin_has_dnnl)
    target_compile_definitions(${target} PRIVATE LEVIN_HAS_DNNL=1)
  else()
    target_compile_definitions(${target} PRIVATE LEVIN_HAS_DNNL=0)
  endif()
endforeach()
set_target_properties(levin_static PROPERTIES OUTPUT_NAME levin)
set_target_properties(levin PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)

# The program holds the library, so that it can be copied anywhere and starts quickly.
file(GLOB_RECURSE levin_cli CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.c)
if(levin_cli)
  add_executable(levin_program ${levin_cli})
  set_target_properties(levin_program PROPERTIES OUTPUT_NAME levin)
  target_include_directories(levin_program PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(levin_program PRIVATE levin_static levin_flags ${levin_libraries})
endif()
