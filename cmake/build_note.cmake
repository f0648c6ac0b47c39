# Run by the build: writes OUTPUT, assembly of a note with a checksum of the engine's sources in SOURCES and of TEXT, what compiles them.
# By it compiled code says which programs it is for (engine/base/program.h), and the optimizing compiler's plugin which may load it. What is
# only in the plugin does not count: it has an identity of its own.
file(GLOB_RECURSE files RELATIVE ${SOURCES} ${SOURCES}/*.h ${SOURCES}/*.cpp ${SOURCES}/*.def ${SOURCES}/*.S)
list(FILTER files EXCLUDE REGEX "^llvm/")
list(APPEND files llvm/plugin.h)
list(SORT files)
foreach(file IN LISTS files)
  file(SHA1 ${SOURCES}/${file} sum)
  string(APPEND TEXT "\n${sum} ${file}")
endforeach()
string(SHA1 id "${TEXT}")
string(REGEX REPLACE "(..)" ", 0x\\1" bytes "${id}")
string(SUBSTRING "${bytes}" 2 -1 bytes)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// The build that this program is of: owner "wasmrun", type 1, the checksum.
  .section .note.wasmrun, "a", %note
  .balign 4
  .long 8, 20, 1
  .asciz "wasmrun"
  .globl wasmrun_build_id
  .hidden wasmrun_build_id
wasmrun_build_id:
  .byte @bytes@
  .section .note.GNU-stack, "", %progbits
]])
