// Connects by WasmEdge's functions, in both signatures at once: connect NAME PORT looks NAME up, sends "ping" to its first
// address and prints the answer and the peer's address.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

struct address {
  uint8_t* bytes;
  uint32_t size;
};
struct sockaddr {
  uint8_t family;
  uint32_t data_size;
  uint8_t* data;
};
struct addrinfo {
  uint16_t flags;
  uint8_t family, type, protocol;
  uint32_t address_size;
  struct sockaddr* address;
  char* name;
  uint32_t name_size;
  struct addrinfo* next;
};

IMPORT("sock_open") int32_t sock_open(uint32_t family, uint32_t type, uint32_t* fd);
IMPORT("sock_connect") int32_t sock_connect(uint32_t fd, struct address* address, uint32_t port);
IMPORT("sock_getpeeraddr") int32_t getpeeraddr_v1(uint32_t fd, struct address* address, uint32_t* type, uint32_t* port);
IMPORT("sock_getpeeraddr") int32_t getpeeraddr_v2(uint32_t fd, struct address* address, uint32_t* port);
IMPORT("sock_getaddrinfo")
int32_t sock_getaddrinfo(const char* node, uint32_t node_size, const char* service, uint32_t service_size,
                         const struct addrinfo* hints, struct addrinfo** found, uint32_t most, uint32_t* count);

static void check(const char* what, int32_t error) {
  if (error == 0) return;
  printf("%s: errno %d\n", what, error);
  exit(1);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  uint8_t data[26] = {0};
  struct sockaddr found_address = {.data_size = sizeof(data), .data = data};
  struct addrinfo found = {.address = &found_address}, hints = {.family = 1, .type = 2}, *list = &found;
  uint32_t count = 0;
  check("sock_getaddrinfo", sock_getaddrinfo(argv[1], strlen(argv[1]), argv[2], strlen(argv[2]), &hints, &list, 1, &count));

  uint32_t fd = 0, port = (uint32_t)atoi(argv[2]), peer_port = 0, type = 0;
  struct address address = {data + 2, 4};
  check("sock_open", sock_open(1, 2, &fd));
  check("sock_connect", sock_connect(fd, &address, port));
  if (write((int)fd, "ping", 4) != 4) return 1;
  char answer[64];
  ssize_t size = read((int)fd, answer, sizeof(answer));
  if (size < 0) return 1;
  uint8_t peer[128] = {0};
  address = (struct address){peer, 16};
  check("sock_getpeeraddr", getpeeraddr_v1(fd, &address, &type, &peer_port));
  printf("%.*s from %d.%d.%d.%d type %u same port %d\n", (int)size, answer, peer[0], peer[1], peer[2], peer[3], type, peer_port == port);
  address.size = sizeof(peer);
  check("sock_getpeeraddr", getpeeraddr_v2(fd, &address, &peer_port));
  printf("family %d address %d.%d.%d.%d\n", peer[0], peer[2], peer[3], peer[4], peer[5]);
  return 0;
}
