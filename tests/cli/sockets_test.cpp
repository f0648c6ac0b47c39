// --tcplisten, listeners of a service manager, --allow-connect and its siblings: with programs that serve and connect.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <thread>

#include "tests/cli/command.h"

using namespace cli;

namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// A server that does not answer fails the test instead of stopping it.
void limit_waiting(int fd) {
  const timeval limit{20, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int connect_to(uint16_t port) {
  const sockaddr_in address = loopback(port);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  limit_waiting(fd);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

/// Negative when nobody listens.
int try_to_connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  limit_waiting(fd);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  ::close(fd);
  return -1;
}

/// What comes back for `text`; the connection is closed.
std::string echo(int fd, const std::string& text) {
  REQUIRE(::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  std::string answer(text.size(), '\0');
  const ssize_t size = ::recv(fd, answer.data(), answer.size(), MSG_WAITALL);
  ::close(fd);
  return answer.substr(0, size < 0 ? 0 : static_cast<size_t>(size));
}

/// The command in the background; what it says on standard error can be read meanwhile.
class Background {
 public:
  explicit Background(std::vector<std::string> words, const std::function<void()>& in_child = [] {}) {
    int error_pipe[2], output_pipe[2];
    REQUIRE(::pipe2(error_pipe, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(output_pipe, O_CLOEXEC) == 0);
    words.insert(words.begin(), WASMRUN_COMMAND);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(error_pipe[1], 2);
      ::dup2(output_pipe[1], 1);
      in_child();
      ::execv(arguments[0], arguments.data());
      ::_exit(99);
    }
    ::close(error_pipe[1]);
    ::close(output_pipe[1]);
    error_ = ::fdopen(error_pipe[0], "r");
    output_ = ::fdopen(output_pipe[0], "r");
  }
  ~Background() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::fclose(error_);
    ::fclose(output_);
  }
  pid_t pid() const { return pid_; }
  std::string error_line() { return line(error_); }
  std::string output_line() { return line(output_); }
  /// The port of "wasmrun: listening on ADDRESS:PORT".
  uint16_t port() {
    const std::string text = error_line();
    INFO(text);
    REQUIRE(text.starts_with("wasmrun: listening on "));
    return static_cast<uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
  }
  int status() {
    int status = 0;
    for (int i = 0; i < 2000 && ::waitpid(pid_, &status, WNOHANG) == 0; ++i) {
      if (i == 1999) return -1;  // the destructor kills it
      ::usleep(10'000);
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static std::string line(FILE* file) {
    char text[512] = "";
    if (!::fgets(text, sizeof(text), file)) return "";
    return std::string(text, ::strcspn(text, "\n"));
  }
  pid_t pid_ = -1;
  FILE* error_ = nullptr;
  FILE* output_ = nullptr;
};

/// Answers each connection with twice what it sent, in a thread of its own.
class Doubler {
 public:
  Doubler() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_, 10) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] {
      for (int fd; (fd = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(fd)) {
        char text[256];
        const ssize_t size = ::recv(fd, text, sizeof(text), 0);
        for (int i = 0; i < 2 && size > 0; ++i) {
          if (::send(fd, text, static_cast<size_t>(size), MSG_NOSIGNAL | (i == 0 ? MSG_MORE : 0)) < 0) break;
        }
      }
    });
  }
  ~Doubler() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  const std::string& port() const { return port_; }

 private:
  int listener_;
  std::string port_;
  std::thread thread_;
};

double processor_seconds(pid_t pid) {
  clockid_t clock;
  timespec time;
  REQUIRE(::clock_getcpuclockid(pid, &clock) == 0);
  REQUIRE(::clock_gettime(clock, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

const std::string kQuickjs = REAL_PROGRAMS "/sandbox/dist/langs/wasmedge_quickjs.wasm";
constexpr char kWhy[] = "run scripts/fetch-guests, which needs npm";

}  // namespace

TEST_CASE("a listener on port 0 (--tcplisten) tells the port, and the program serves it", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("echo_server");
  for (const char* address : {"127.0.0.1:0", "localhost:0", ":0"}) {
    Background server({"--tcplisten", address, guest("echo_server"), "2"});
    const uint16_t port = server.port();
    const std::string large(200'000, 'x');
    CHECK(echo(connect_to(port), "hello") == "hello");
    std::string answer;
    const int fd = connect_to(port);
    std::thread reader([&] {
      char part[65536];
      for (ssize_t size; answer.size() < large.size() && (size = ::recv(fd, part, sizeof(part), 0)) > 0;) answer.append(part, static_cast<size_t>(size));
    });
    for (size_t done = 0; done < large.size();) {
      const ssize_t size = ::send(fd, large.data() + done, large.size() - done, MSG_NOSIGNAL);
      if (size <= 0) break;
      done += static_cast<size_t>(size);
    }
    reader.join();
    ::close(fd);
    CHECK((answer == large));
    CHECK(server.output_line() == "served 2");
    CHECK(server.status() == 0);
  }
}

TEST_CASE("an IPv6 listener is told in brackets", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("echo_server");
  const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool has_v6 = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  ::close(probe);
  if (!has_v6) return;
  Background server({"--tcplisten", "[::1]:0", guest("echo_server"), "1"});
  const std::string line = server.error_line();
  CHECK(line.starts_with("wasmrun: listening on [::1]:"));
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  address.sin6_port = htons(static_cast<uint16_t>(std::stoi(line.substr(line.rfind(':') + 1))));
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  CHECK(echo(fd, "six") == "six");
  CHECK(server.status() == 0);
}

TEST_CASE("a listener on unix:PATH (--tcplisten) replaces a socket file that nobody serves, and no other", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("echo_server");
  const TemporaryFolder folder;
  const std::string path = folder.file("socket");
  for (int round = 0; round < 2; ++round) {
    Background server({"--tcplisten=unix:" + path, guest("echo_server"), "1"});
    struct stat status;
    int fd = -1;
    for (int i = 0; i < 500 && (fd = try_to_connect(path)) < 0; ++i) ::usleep(10'000);
    REQUIRE(fd >= 0);
    if (round == 1) {
      // Served: it stays its server's.
      const Ended second = wasmrun({"--tcplisten=unix:" + path, guest("echo_server")});
      CHECK(second.status == 125);
      CHECK(contains(second.err, "--tcplisten: cannot listen on 'unix:" + path + "': Address already in use"));
    }
    CHECK(echo(fd, "local") == "local");
    if (round == 0) CHECK(server.status() == 0);
    CHECK((::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)));
  }
  write_file(folder.file("file"), "mine");
  const Ended ended = wasmrun({"--tcplisten=unix:" + folder.file("file"), guest("echo_server")});
  CHECK(ended.status == 125);
  CHECK(read_file(folder.file("file")) == "mine");
}

TEST_CASE("wrong listeners are refused with what to write", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("echo_server");
  const auto refusal = [](const std::string& address) {
    const Ended ended = wasmrun({"--tcplisten=" + address, guest("echo_server")});
    CHECK(ended.status == 125);
    return ended.err;
  };
  CHECK(contains(refusal("80"), "--tcplisten: cannot listen on '80': expected HOST:PORT or unix:PATH"));
  CHECK(contains(refusal("::1:80"), "put an IPv6 address in brackets: [::1]:80"));
  CHECK(contains(refusal("127.0.0.1:http"), "the port is no number from 0 to 65535"));
  CHECK(contains(refusal("127.0.0.1:65536"), "the port is no number from 0 to 65535"));
  CHECK(contains(refusal("host.invalid:80"), "cannot listen on 'host.invalid:80'"));
  CHECK(contains(refusal("unix:"), "expected unix:PATH"));
  CHECK(contains(refusal("unix:" + std::string(200, 'x')), "longer than 107 bytes"));
  CHECK(contains(refusal("203.0.113.1:0"), "Cannot assign requested address"));
}

TEST_CASE("a listener of a service manager is the program's, backlog included", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("echo_server");
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 10) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  // Connected and sent before the server exists.
  const int early = connect_to(ntohs(address.sin_port));
  REQUIRE(::send(early, "early", 5, 0) == 5);
  Background server({guest("echo_server"), "1"}, [&] {
    ::dup2(listener, 3);
    ::fcntl(3, F_SETFD, 0);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
  });
  char text[8];
  CHECK(::recv(early, text, 5, MSG_WAITALL) == 5);
  ::close(early);
  CHECK(server.output_line() == "served 1");
  CHECK(server.status() == 0);
  ::close(listener);
}

TEST_CASE("LISTEN_FDS meant for another process is not looked at", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("hello");
  for (const char* process : {"1", "", "x"}) {
    const Ended ended = run({.words = {guest("hello")}, .environment = {std::string("LISTEN_PID=") + process, "LISTEN_FDS=1"}});
    CHECK(ended.status == 0);
  }
}

TEST_CASE("a descriptor of LISTEN_FDS that is no listener is refused", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("hello");
  Background server({guest("hello")}, [] {
    ::dup2(1, 3);
    ::fcntl(3, F_SETFD, 0);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
  });
  CHECK(server.error_line() == "wasmrun: LISTEN_FDS: descriptor 3 is no listening stream socket");
  CHECK(server.status() == 125);
}

TEST_CASE("a thousand idle connections cost no processor time", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("echo_server");
  // The usual soft limit of descriptors is lower; wasmrun raises its own.
  rlimit limit, before;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  if (before.rlim_max < 3000) return;
  limit = {3000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  Background server({"--tcplisten", "127.0.0.1:0", guest("echo_server"), "1000"}, [&] {
    const rlimit low = {256, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
  });
  const uint16_t port = server.port();
  std::vector<int> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(connect_to(port));
  for (const int fd : clients) REQUIRE(::send(fd, "x", 1, MSG_NOSIGNAL) == 1);
  char byte;
  for (const int fd : clients) REQUIRE(::recv(fd, &byte, 1, 0) == 1);
  const double start = processor_seconds(server.pid());
  ::usleep(500'000);
  CHECK(processor_seconds(server.pid()) - start < 0.005);
  for (const int fd : clients) ::close(fd);
  CHECK(server.output_line() == "served 1000");
  CHECK(server.status() == 0);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("a program connects where it may, by both signatures of WasmEdge's functions", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("connect");
  const Doubler doubler;
  for (const std::string& rule : {"127.0.0.1:" + doubler.port(), "localhost:" + doubler.port(), std::string("127.0.0.0/8:1024-65535"), std::string("*:*")}) {
    const Ended ended = wasmrun({"--allow-connect=" + rule, "--allow-resolve=localhost", guest("connect"), "localhost", doubler.port()});
    INFO(rule << ended.err);
    CHECK(ended.out == "pingping from 127.0.0.1 type 4 same port 1\nfamily 1 address 127.0.0.1\n");
    CHECK(ended.err == "");
    CHECK(ended.status == 0);
  }
}

TEST_CASE("what a program may not reach is refused, and the option that would allow it is named", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("connect");
  const Doubler doubler;
  Ended ended = wasmrun({guest("connect"), "127.0.0.1", doubler.port()});
  CHECK(ended.out == "sock_getaddrinfo: errno 2\n");
  CHECK(ended.err == "wasmrun: opening a socket was refused: --allow-connect HOST:PORT or --allow-bind HOST:PORT would allow it\n");
  CHECK(ended.status == 1);
  ended = wasmrun({"--allow-connect=127.0.0.1:1", guest("connect"), "127.0.0.1", doubler.port()});
  CHECK(ended.out == "sock_connect: errno 2\n");
  CHECK(ended.err == "wasmrun: connecting to 127.0.0.1:" + doubler.port() + " was refused: --allow-connect 127.0.0.1:" + doubler.port() + " would allow it\n");
  ended = wasmrun({"--allow-connect=127.0.0.1:*", guest("connect"), "localhost", doubler.port()});
  CHECK(ended.out == "sock_getaddrinfo: errno 2\n");
  CHECK(ended.err == "wasmrun: looking up 'localhost' was refused: --allow-resolve localhost would allow it\n");
}

TEST_CASE("wrong network rules are refused before the program runs", "[cli][sockets]") {
  SKIP_WITHOUT_GUEST("hello");
  for (const char* option : {"--allow-connect=example.com", "--allow-bind=1.2.3.4:http", "--allow-resolve=a:80"}) {
    const Ended ended = wasmrun({option, guest("hello")});
    const std::string text = option;
    INFO(ended.err);
    CHECK(ended.status == 125);
    CHECK(ended.out == "");
    CHECK(contains(ended.err, "wasmrun: " + text.substr(0, text.find('=')) + ": '" + text.substr(text.find('=') + 1) + "': "));
  }
}

TEST_CASE("a timeout ends a server that waits", "[cli][sockets][timeout]") {
  SKIP_WITHOUT_GUEST("echo_server");
  const Ended ended = wasmrun({"--timeout=300ms", "--tcplisten=127.0.0.1:0", guest("echo_server")});
  CHECK(ended.status == 124);
  CHECK(ended.seconds < 5);
}

TEST_CASE("a timeout ends a program that waits for a connection to be made", "[cli][sockets][timeout]") {
  SKIP_WITHOUT_GUEST("connect");
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 0) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  // The queue is full: the kernel lets further connections wait.
  std::vector<int> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(clients.back(), reinterpret_cast<sockaddr*>(&address), size);
  }
  const Ended ended = wasmrun({"--timeout=300ms", "--allow-connect=*:*", guest("connect"), "127.0.0.1", std::to_string(ntohs(address.sin_port))});
  CHECK(ended.status == 124);
  CHECK(ended.seconds < 5);
  for (const int fd : clients) ::close(fd);
  ::close(listener);
}

TEST_CASE("QuickJS for WasmEdge runs a script of ours", "[cli][real]") {
  SKIP_WITHOUT(kQuickjs, kWhy);
  const TemporaryFolder folder;
  write_file(folder.file("a.js"),
             "print([3, 1, 2].sort().join('-'), /x(\\d+)/.exec('x42')[1], 2n ** 70n);\n"
             "setTimeout(() => print('later', args.slice(1).join(' ')), 20);\n"
             "Promise.resolve().then(() => print('soon'));\n");
  const Ended ended = wasmrun({"--dir=" + folder.path() + "::.:ro", kQuickjs, "--", "a.js", "one", "two"});
  INFO(ended.err);
  CHECK(ended.out == "1-2-3 42 1180591620717411303424\nsoon\nlater one two\n");
  CHECK(ended.err == "");
  CHECK(ended.status == 0);
}

TEST_CASE("QuickJS for WasmEdge connects where it may", "[cli][real]") {
  SKIP_WITHOUT(kQuickjs, kWhy);
  const Doubler doubler;
  const TemporaryFolder folder;
  write_file(folder.file("net.js"),
             "import * as net from 'wasi_net';\n"
             "(async () => {\n"
             "  const connection = await net.WasiTcpConn.connect('127.0.0.1:' + args[1]);\n"
             "  connection.write(new Uint8Array([1, 2, 3]).buffer);\n"
             "  print('got', new Uint8Array(await connection.read()).join());\n"
             "})().catch(error => print('failed', error));\n");
  std::vector<std::string> words{"--dir=" + folder.path() + "::.:ro", kQuickjs, "--", "net.js", doubler.port()};
  CHECK(contains(wasmrun(words).out, "failed InternalError: Permission denied"));
  words.insert(words.begin(), "--allow-connect=127.0.0.1:" + doubler.port());
  const Ended ended = wasmrun(words);
  INFO(ended.err);
  CHECK(ended.out == "got 1,2,3,1,2,3\n");
}
