// SPDX-License-Identifier: MIT
#include "agent/diagnosis/connect_error.h"

#include <cerrno>
#include <cstdlib>

namespace wsitrace {
namespace {

struct ErrorRow {
  ConnectStep step;
  int number;
  const char *name;
  const char *meaning;
  const char *advice;  // nullptr: that of the cause
};

constexpr const char *kFreeDescriptors =
    "raise the limit of descriptors (ulimit -n, LimitNOFILE=) and find what holds them: `wsitrace explain` lists what "
    "is open";

// Of glibc, whose program it was.
enum ResolverError : int { kNoName = -2, kAgain = -3, kFail = -4, kNoData = -5, kMemory = -10, kSystem = -11 };

// Numbers of Linux, the same on x86 and ARM.
constexpr ErrorRow kErrors[] = {
    {kStepConnect, ECONNREFUSED, "ECONNREFUSED", "nothing listens there", nullptr},
    {kStepConnect, ECONNRESET, "ECONNRESET", "the other side reset it", nullptr},
    {kStepConnect, ENETUNREACH, "ENETUNREACH", "the network is unreachable",
     "see the routes of this machine (ip route): has it an address of that family?"},
    {kStepConnect, EHOSTUNREACH, "EHOSTUNREACH", "there is no route to the host, or it does not answer",
     "check the address and the route to it; a firewall that rejects says the same"},
    {kStepConnect, ENETDOWN, "ENETDOWN", "the network is down", nullptr},
    {kStepConnect, ETIMEDOUT, "ETIMEDOUT", "the kernel got no answer", nullptr},
    {kStepConnect, EADDRNOTAVAIL, "EADDRNOTAVAIL", "no local address or port is free for it",
     "too many connections to one target leave no local port (ip_local_port_range): keep connections, or close fewer "
     "at once"},
    {kStepConnect, EACCES, "EACCES", "this machine does not permit it",
     "see the firewall, SELinux and the rights of the program"},
    {kStepConnect, EPERM, "EPERM", "this machine does not permit it",
     "see the firewall, SELinux and the rights of the program"},
    {kStepConnect, EAFNOSUPPORT, "EAFNOSUPPORT", "this machine has no such address family", nullptr},
    {kStepConnect, EINVAL, "EINVAL", "the address is not valid here", nullptr},
    {kStepConnect, ENOENT, "ENOENT", "there is no such socket file",
     "check the path of the socket, and that the server has made it"},
    {kStepSocket, EMFILE, "EMFILE", "the program has no free descriptor", kFreeDescriptors},
    {kStepSocket, ENFILE, "ENFILE", "the machine has no free descriptor", kFreeDescriptors},
    {kStepSocket, EAFNOSUPPORT, "EAFNOSUPPORT", "this machine has no such address family", nullptr},
    {kStepName, kNoName, "EAI_NONAME", "there is no such name", nullptr},
    {kStepName, kAgain, "EAI_AGAIN", "the resolver did not answer",
     "see /etc/resolv.conf, and whether that resolver can be reached"},
    {kStepName, kFail, "EAI_FAIL", "the resolver refused to answer",
     "see /etc/resolv.conf, and the log of that resolver"},
    {kStepName, kNoData, "EAI_NODATA", "the name has no address", nullptr},
    {kStepName, kMemory, "EAI_MEMORY", "out of memory", nullptr},
    {kStepName, kSystem, "EAI_SYSTEM", "a system error", nullptr},
};

const ErrorRow *error_row(const ConnectError &error) {
  for (const ErrorRow &row : kErrors)
    if (row.step == error.step && row.number == error.number) return &row;
  return nullptr;
}

// "conn fail: 113", "conn fail: errno 111: ...", "conn fail: ECONNREFUSED"
std::optional<ConnectError> error_in(std::string_view message) {
  constexpr std::string_view kBegins = "conn fail: ";
  if (!message.starts_with(kBegins)) return std::nullopt;
  message.remove_prefix(kBegins.size());
  ConnectError error;
  if (message.starts_with("skt creation: ")) {
    error.step = kStepSocket;
    message.remove_prefix(std::string_view("skt creation: ").size());
  }
  if (message.starts_with("errno ")) message.remove_prefix(std::string_view("errno ").size());
  error.number = std::atoi(std::string(message).c_str());
  for (const ErrorRow &row : kErrors)
    if (row.step == kStepConnect && message == row.name) error.number = row.number;
  return error.number > 0 ? std::optional(error) : std::nullopt;
}

}  // namespace

std::optional<ConnectError> connect_error(const Connection &connection, std::string_view message) {
  if (const auto &failure = connection.connect_failure)
    return ConnectError{static_cast<ConnectStep>(failure->step), failure->error};
  return error_in(message);
}

std::string name_of(const ConnectError &error) {
  const ErrorRow *row = error_row(error);
  return row != nullptr ? row->name : (error.step == kStepName ? "EAI_" : "errno ") + std::to_string(error.number);
}

std::string meaning_of(const ConnectError &error) {
  const ErrorRow *row = error_row(error);
  return row != nullptr ? row->meaning : "";
}

std::string advice_on(const ConnectError &error) {
  const ErrorRow *row = error_row(error);
  return row != nullptr && row->advice != nullptr ? row->advice : "";
}

}  // namespace wsitrace
