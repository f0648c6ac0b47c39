#include "engine/base/program.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine/base/elf_note.h"
#include "engine/base/owned_fd.h"
#include "tests/support/catch.h"

using namespace wasmrun;

TEST_CASE("a program knows which build it is of, and finds it in its file", "[base][program]") {
  CHECK(own_build_id() != BuildId{});
  const OwnedFd own(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  REQUIRE(own.valid());
  CHECK(build_id_in(own.get()) == own_build_id());
}

TEST_CASE("a file that is no program of ours is of no build", "[base][program]") {
  for (const char* const path : {"/bin/sh", "/dev/null", "/"}) {
    const OwnedFd file(::open(path, O_RDONLY | O_CLOEXEC));
    CHECK_FALSE(build_id_in(file.get()));
  }
  CHECK_FALSE(build_id_in(-1));
}

TEST_CASE("a note of an ELF file is found with its place", "[base][elf_note]") {
  const OwnedFd own(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const auto note = find_elf_note(own.get(), ELF_NOTE_GNU, NT_GNU_BUILD_ID);
  REQUIRE(note);
  CHECK(note->contents.size() == 20);
  std::vector<uint8_t> again(note->contents.size());
  REQUIRE(::pread(own.get(), again.data(), again.size(), static_cast<off_t>(note->offset)) == static_cast<ssize_t>(again.size()));
  CHECK(again == note->contents);
  CHECK_FALSE(find_elf_note(own.get(), "nobody", NT_GNU_BUILD_ID));
  CHECK_FALSE(find_elf_note(own.get(), ELF_NOTE_GNU, 12345));
}

TEST_CASE("damaged notes are none", "[base][elf_note]") {
  char name[] = "/tmp/wasmrun-note-XXXXXX";
  const OwnedFd file(::mkstemp(name));
  REQUIRE(file.valid());
  ::unlink(name);
  Elf64_Ehdr header{};
  std::copy_n(ELFMAG, SELFMAG, header.e_ident);
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  struct Notes {
    Elf64_Nhdr header{8, 4, 1};
    char owner[8] = "wasmrun";
    uint32_t contents = 5;
  } notes;
  const auto finds = [&] {
    segment.p_filesz = sizeof notes;
    REQUIRE(::pwrite(file.get(), &header, sizeof header, 0) == sizeof header);
    REQUIRE(::pwrite(file.get(), &segment, sizeof segment, sizeof header) == sizeof segment);
    REQUIRE(::pwrite(file.get(), &notes, sizeof notes, sizeof header + sizeof segment) == sizeof notes);
    return find_elf_note(file.get(), "wasmrun", 1).has_value();
  };
  CHECK(finds());
  for (const uint32_t size : {5u, 1000u, 0xfffffffdu, 0xffffffffu}) {
    notes = {};
    notes.header.n_descsz = size;
    CHECK_FALSE(finds());
    notes = {};
    notes.header.n_namesz = size;
    CHECK_FALSE(finds());
  }
  notes = {};
  header.e_phoff = UINT64_MAX - 8;
  CHECK_FALSE(finds());
  header.e_phoff = sizeof header;
  segment.p_offset = UINT64_MAX - 8;
  CHECK_FALSE(finds());
}

TEST_CASE("what belongs to a program lies beside it or in lib/wasmrun", "[base][program]") {
  const std::string folder = own_folder();
  CHECK(folder.ends_with("/"));
  CHECK(::access(folder.c_str(), X_OK) == 0);
  CHECK(companions("x")[0] == folder + "x");
  CHECK(companions("x")[1] == folder + "../lib/wasmrun/x");
  // A test program has its libraries as others do.
  CHECK_FALSE(is_static_program());
}
