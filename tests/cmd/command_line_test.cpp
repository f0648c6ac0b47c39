// Whose word is whose on the command line.
#include "cmd/command_line.h"

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/support/catch.h"

using namespace wasmrun::cmd;
using Words = std::vector<std::string>;

namespace {

CommandLine split(std::initializer_list<std::string_view> words) {
  CommandLine line;
  const auto failure = split_command_line(std::vector<std::string_view>(words), line);
  INFO((failure ? failure->message : std::string()));
  REQUIRE_FALSE(failure);
  return line;
}

Failure refuse(std::initializer_list<std::string_view> words) {
  CommandLine line;
  const auto failure = split_command_line(std::vector<std::string_view>(words), line);
  REQUIRE(failure);
  CHECK(failure->exit_code == kFailed);
  return *failure;
}

}  // namespace

TEST_CASE("options stand before APP or directly after it", "[cmd][grammar]") {
  for (const CommandLine& line : {split({"--dir=.", "app.wasm", "in.txt"}), split({"app.wasm", "--dir=.", "in.txt"}),
                                  split({"run", "app.wasm", "--dir", ".", "in.txt"}), split({"--dir", ".", "app.wasm", "in.txt"})}) {
    CHECK(line.subcommand == Subcommand::Run);
    CHECK(line.options == Words{"--dir=."});
    CHECK(line.files == Words{"app.wasm"});
    CHECK(line.guest_words == Words{"in.txt"});
  }
}

TEST_CASE("the guest's words begin at the first word after APP that is no option", "[cmd][grammar]") {
  const CommandLine line = split({"app.wasm", "--dir=.", "in.txt", "--verbose", "--dir=x", "--", "-v"});
  CHECK(line.options == Words{"--dir=."});
  CHECK(line.guest_words == Words{"in.txt", "--verbose", "--dir=x", "--", "-v"});
}

TEST_CASE("after -- every word is the guest's", "[cmd][grammar]") {
  const CommandLine line = split({"app.wasm", "-v", "--", "--dir=.", "--", "x"});
  CHECK(line.options == Words{"-v"});
  CHECK(line.guest_words == Words{"--dir=.", "--", "x"});
}

TEST_CASE("a -- before APP ends the options", "[cmd][grammar]") {
  const CommandLine line = split({"-v", "--", "-odd.wasm", "--dir=."});
  CHECK(line.files == Words{"-odd.wasm"});
  CHECK(line.guest_words == Words{"--dir=."});
}

TEST_CASE("a single dash is a word: APP, or the guest's first", "[cmd][grammar]") {
  CHECK(split({"-", "x"}).files == Words{"-"});
  CHECK(split({"app.wasm", "-", "--dir=."}).guest_words == Words{"-", "--dir=."});
}

TEST_CASE("an unknown option before the guest's words is refused", "[cmd][grammar]") {
  const Failure after = refuse({"app.wasm", "--color", "x"});
  CHECK(after.message == "unknown option '--color'");
  CHECK(after.detail == "An option of the program itself goes after `--`: wasmrun APP -- --color");
  CHECK(refuse({"--color=always", "app.wasm"}).message == "unknown option '--color'");
  CHECK(refuse({"app.wasm", "-x"}).detail.find("after `--`") != std::string::npos);
  CHECK(refuse({"--mapdir=/:.", "app.wasm"}).detail.find("--dir HOST::GUEST") != std::string::npos);
}

TEST_CASE("exec leaves every word after APP to the guest", "[cmd][grammar]") {
  const CommandLine line = split({"exec", "--dir=.", "app.wasm", "--dir=x", "--help", "--", "-v"});
  CHECK(line.subcommand == Subcommand::Exec);
  CHECK(line.options == Words{"--dir=."});
  CHECK(line.guest_words == Words{"--dir=x", "--help", "--", "-v"});
}

TEST_CASE("an option's value may be the next word, whatever it is", "[cmd][grammar]") {
  CHECK(split({"--argv0", "--x", "app.wasm"}).options == Words{"--argv0=--x"});
  CHECK(split({"--env", "A=B=C", "app.wasm"}).options == Words{"--env=A=B=C"});
  CHECK(refuse({"app.wasm", "--dir"}).message == "option '--dir' needs a value");
  CHECK(refuse({"--dir=", "app.wasm"}).message == "option '--dir' needs a value");
  CHECK(refuse({"--env-inherit=1", "app.wasm"}).message == "option '--env-inherit' takes no value");
}

TEST_CASE("a level of optimization stands in its option's word or behind it", "[cmd][grammar]") {
  CHECK(split({"-O2", "app.wasm"}).options == Words{"-O2"});
  CHECK(split({"app.wasm", "-O", "0", "x"}).options == Words{"-O0"});
  CHECK(refuse({"-O"}).message == "option '-O' needs a level: -O0 or -O2");
}

TEST_CASE("cache takes what to do and files, and the options that shape code", "[cmd][grammar]") {
  const CommandLine line = split({"cache", "--cache-dir", "d", "why", "a.wasm", "--json", "b.wasm"});
  CHECK(line.subcommand == Subcommand::Cache);
  CHECK(line.files == Words{"why", "a.wasm", "b.wasm"});
  CHECK(line.options == Words{"--cache-dir=d", "--json"});
  CHECK(refuse({"cache"}).message == "what is to be done with the cache?");
  CHECK(refuse({"cache", "ls", "--dir=."}).message == "option '--dir' has no meaning for cache");
  CHECK(refuse({"--json", "app.wasm"}).message == "option '--json' has no meaning for run");
}

TEST_CASE("only the first word can be a subcommand", "[cmd][grammar]") {
  CHECK(split({"app.wasm", "exec"}).guest_words == Words{"exec"});
  CHECK(split({"-v", "run"}).files == Words{"run"});
  CHECK(split({"./compile"}).files == Words{"./compile"});
}

TEST_CASE("compile takes one program, and grants only for an executable", "[cmd][grammar]") {
  const CommandLine line = split({"compile", "-O2", "app.wasm", "-o", "out", "--target-cpu=x86-64-v3"});
  CHECK(line.subcommand == Subcommand::Compile);
  CHECK(line.files == Words{"app.wasm"});
  CHECK(line.options == Words{"-O2", "-oout", "--target-cpu=x86-64-v3"});
  CHECK(split({"compile", "--dir=.", "app.wasm", "--exe", "--env", "A=1"}).options == Words{"--dir=.", "--exe", "--env=A=1"});
  CHECK(refuse({"compile", "--dir=.", "app.wasm"}).message == "option '--dir' has no meaning for compile without --exe");
  CHECK(refuse({"compile", "a.wasm", "b.wasm"}).message == "compile takes one program, and found 'b.wasm' too");
  CHECK(refuse({"compile", "a.wasm", "--", "x"}).message == "compile takes one program, and found 'x' too");
  CHECK(refuse({"compile", "--preload=m=x.wasm", "a.wasm"}).message == "option '--preload' has no meaning for compile");
  CHECK(refuse({"compile"}).message == "no program to run");
  CHECK(refuse({"-o", "x", "a.wasm"}).message == "option '-o' has no meaning for run");
  CHECK(split({"--allow-precompiled", "a.wasmx"}).options == Words{"--allow-precompiled"});
}

TEST_CASE("a variable is split into words as a shell would", "[cmd][grammar]") {
  CHECK(split_words("") == Words{});
  CHECK(split_words("  --dir=. \t-v\n") == Words{"--dir=.", "-v"});
  CHECK(split_words("--env=A='b c' \"d \\\" e\"f ''") == Words{"--env=A=b c", "d \" ef", ""});
  CHECK(split_words("a\\ b '\\'") == Words{"a b", "\\"});
}

TEST_CASE("options alone are taken without a program", "[cmd][grammar]") {
  CommandLine line;
  CHECK_FALSE(take_options(std::vector<std::string_view>{"--dir", ".", "-v"}, line));
  CHECK(line.options == Words{"--dir=.", "-v"});
  CHECK(take_options(std::vector<std::string_view>{"app.wasm"}, line)->message == "unexpected word 'app.wasm'");
}

TEST_CASE("validate takes files and no options of a run", "[cmd][grammar]") {
  CHECK(split({"validate", "a.wasm", "-v", "b.wasm"}).files == Words{"a.wasm", "b.wasm"});
  CHECK(refuse({"validate", "--dir=.", "a.wasm"}).message == "option '--dir' has no meaning for validate");
}

TEST_CASE("a command line without APP is refused, unless it asks for help", "[cmd][grammar]") {
  CHECK(refuse({}).message == "no program to run");
  CHECK(refuse({"-v"}).message == "no program to run");
  CHECK(refuse({"run", "--"}).message == "no program to run");
  CHECK(refuse({"validate"}).message == "no file to look at");
  CHECK(refuse({""}).message == "the name of the program is empty");
  CHECK(split({"--help"}).options == Words{"--help"});
  CHECK(split({"-h"}).options == Words{"--help"});
  CHECK(split({"exec", "--version"}).options == Words{"--version"});
}
