# wasmrun_options: flags of every target; the target property WASMRUN_EXCEPTIONS (tests) keeps C++ exceptions on. wasmrun_room(NAME DEPENDENCIES...): the static library of engine/NAME.
add_library(wasmrun_options INTERFACE)
target_include_directories(wasmrun_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(wasmrun_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Werror -fvisibility=hidden>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<BOOL:$<TARGET_PROPERTY:WASMRUN_EXCEPTIONS>>>>:-fno-exceptions -fno-rtti>)
# The optimizing compiler is known by it in the cache (engine/engine_plugin.cpp).
target_link_options(wasmrun_options INTERFACE -Wl,--build-id=sha1)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms about std::string when optimizing (GCC bug 105651).
  target_compile_options(wasmrun_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(WASMRUN_SANITIZE STREQUAL thread)
  target_compile_options(wasmrun_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=thread -fno-omit-frame-pointer>)
  target_link_options(wasmrun_options INTERFACE -fsanitize=thread)
elseif(WASMRUN_SANITIZE)
  target_compile_options(wasmrun_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer>)
  target_link_options(wasmrun_options INTERFACE -fsanitize=address,undefined)
endif()

# wasmrun_build_note(ROOM): links the room's users with a note that says which build they are of (cmake/build_note.cmake).
function(wasmrun_build_note room)
  set(note ${CMAKE_CURRENT_BINARY_DIR}/build_note.S)
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/engine/*.h ${PROJECT_SOURCE_DIR}/engine/*.cpp
    ${PROJECT_SOURCE_DIR}/engine/*.def ${PROJECT_SOURCE_DIR}/engine/*.S)
  set(compiler "${PROJECT_VERSION} ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE} ${CMAKE_CXX_FLAGS} ${WASMRUN_SANITIZE}")
  add_custom_command(OUTPUT ${note} VERBATIM DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/build_note.cmake
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${note} -DSOURCES=${PROJECT_SOURCE_DIR}/engine "-DTEXT=${compiler}" -P ${PROJECT_SOURCE_DIR}/cmake/build_note.cmake)
  add_library(wasmrun_build_note STATIC ${note})
  target_link_libraries(wasmrun_${room} PUBLIC wasmrun_build_note)
endfunction()

function(wasmrun_room name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/engine/${name}/*.cpp ${PROJECT_SOURCE_DIR}/engine/${name}/*.S
    ${PROJECT_SOURCE_DIR}/engine/${name}/x64/*.cpp ${PROJECT_SOURCE_DIR}/engine/${name}/x64/*.S)
  if(sources)
    add_library(wasmrun_${name} STATIC ${sources})
    target_link_libraries(wasmrun_${name} PUBLIC wasmrun_options)
    set(kind PUBLIC)
  else()
    add_library(wasmrun_${name} INTERFACE)
    target_link_libraries(wasmrun_${name} INTERFACE wasmrun_options)
    set(kind INTERFACE)
  endif()
  foreach(dependency IN LISTS ARGN)
    target_link_libraries(wasmrun_${name} ${kind} wasmrun_${dependency})
  endforeach()
endfunction()
