# How the programs of users are linked. wasmrun_is_static: whether the system has what a static link needs.
# wasmrun_program(TARGET OBJECTS LIBRARIES...): a program with shared C library; wasmrun_static_program: with no shared library.
include(CheckCXXSourceRuns)

set(wasmrun_is_static OFF)
if(WASMRUN_STATIC AND NOT WASMRUN_SANITIZE AND libuv_archive)
  # The tables need relocations: not every C library knows the packed ones.
  set(program "#include <cmath>\n#include <string>\nconst char* volatile words[] = {\"\", \"a\"};\nint main(int argc, char**) { return std::string(words[argc]).size() != std::sqrt(argc); }")
  set(CMAKE_REQUIRED_LINK_OPTIONS -static-pie)
  check_cxx_source_runs("${program}" WASMRUN_LINKS_STATICALLY)
  list(APPEND CMAKE_REQUIRED_LINK_OPTIONS -Wl,-z,pack-relative-relocs -Wl,--fatal-warnings)
  check_cxx_source_runs("${program}" WASMRUN_PACKS_RELOCATIONS)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  set(wasmrun_is_static ${WASMRUN_LINKS_STATICALLY})
endif()
if(NOT wasmrun_is_static)
  message(STATUS "wasmrun is linked with shared libraries")
endif()

# glibc's archive makes the linker warn of what loads shared libraries. The static program does not call dlopen
# (engine/engine_plugin.cpp), its look-ups of hosts need none (wasi/net_lookup.cpp), and libuv's of users are never called. So the
# members concerned are linked without the sections that hold the warnings.
function(wasmrun_take_without_warning result)
  set(objects)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libc.a OUTPUT_VARIABLE archive OUTPUT_STRIP_TRAILING_WHITESPACE)
  foreach(function IN LISTS ARGN)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${function}.o)
    execute_process(COMMAND ${CMAKE_AR} p ${archive} ${function}.o OUTPUT_FILE ${object} ERROR_QUIET RESULT_VARIABLE not_there)
    execute_process(COMMAND ${CMAKE_OBJCOPY} --remove-section=.gnu.warning.* ${object} ERROR_QUIET RESULT_VARIABLE not_done)
    if(NOT not_there AND NOT not_done)
      list(APPEND objects ${object})
    endif()
  endforeach()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()

function(wasmrun_static_program name objects)
  wasmrun_take_without_warning(members dlopen getaddrinfo getpwuid_r)
  add_executable(${name} $<TARGET_OBJECTS:${objects}>)
  target_link_libraries(${name} PRIVATE wasmrun_options ${ARGN} ${members})
  # With -static-libgcc or exported symbols beside it, binutils 2.40 makes a program that crashes before main.
  target_link_options(${name} PRIVATE -static-pie)
  # 8,000 relocations in 1 KB instead of 200, which each start reads.
  if(WASMRUN_PACKS_RELOCATIONS)
    target_link_options(${name} PRIVATE -Wl,-z,pack-relative-relocs)
  endif()
endfunction()

function(wasmrun_program name objects)
  add_executable(${name} $<TARGET_OBJECTS:${objects}>)
  target_link_libraries(${name} PRIVATE wasmrun_options ${ARGN})
  target_link_options(${name} PRIVATE -Wl,--as-needed)
  # Debuggers look for these names, also in a stripped program.
  target_link_options(${name} PRIVATE -Wl,--export-dynamic-symbol=__jit_debug_register_code
    -Wl,--export-dynamic-symbol=__jit_debug_descriptor)
  if(NOT WASMRUN_SANITIZE)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
endfunction()
