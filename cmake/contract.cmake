# wasmrun_contract: a header with one hash of everything that the optimizing compiler's plugin and the program that loads it must have
# compiled alike: the rooms both link, the plugin's interface, and what of the build shapes their classes. A plugin with another hash is
# refused (engine/engine_plugin.cpp). Run as a script (-DOUTPUT=FILE -DBUILD=TEXT -DFILES=A,B,...) it makes the header.
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_minimum_required(VERSION 3.25)
  set(all "${BUILD}\n")
  string(REPLACE "," ";" FILES "${FILES}")
  foreach(file IN LISTS FILES)
    file(SHA256 "${file}" hash)
    string(APPEND all "${hash}\n")
  endforeach()
  string(SHA256 hash "${all}")
  # Unchanged, the header keeps its time, and nothing is compiled again.
  file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "// Made by cmake/contract.cmake.\n#pragma once\n#define WASMRUN_CONTRACT \"@hash@\"\n" @ONLY)
  return()
endif()

set(contract_files ${PROJECT_SOURCE_DIR}/engine/llvm/plugin.h)
foreach(room abi base instructions module)
  file(GLOB room_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/engine/${room}/*)
  list(APPEND contract_files ${room_files})
endforeach()
list(JOIN contract_files "," contract_list)
set(contract_header ${CMAKE_BINARY_DIR}/contract/contract.h)
add_custom_command(OUTPUT ${contract_header}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${contract_header} "-DFILES=${contract_list}"
    "-DBUILD=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE} ${CMAKE_CXX_FLAGS} ${WASMRUN_SANITIZE}"
    -P ${PROJECT_SOURCE_DIR}/cmake/contract.cmake
  DEPENDS ${contract_files} ${PROJECT_SOURCE_DIR}/cmake/contract.cmake COMMENT "Hashing what the plugin shares with the program" VERBATIM)
add_custom_target(wasmrun_contract_header DEPENDS ${contract_header})
add_library(wasmrun_contract INTERFACE)
add_dependencies(wasmrun_contract wasmrun_contract_header)
target_include_directories(wasmrun_contract INTERFACE ${CMAKE_BINARY_DIR}/contract)
