// SPDX-License-Identifier: MIT
#include "agent/serve/access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agent/base/fd.h"

namespace wsitrace {
namespace {

constexpr size_t kLeastTokenBytes = 8, kMostTokenBytes = 96;
constexpr std::string_view kScheme = "bearer ";
constexpr std::string_view kOffer = "bearer.";
constexpr mode_t kOthers = S_IROTH | S_IWOTH;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool same_token(std::string_view wanted, std::string_view given) {
  unsigned difference = wanted.size() == given.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    const char expected = i < wanted.size() ? wanted[i] : '\0';
    difference |= static_cast<unsigned char>(expected) ^ static_cast<unsigned char>(given[i]);
  }
  return difference == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

// "[::1]" of "[::1]:9464".
std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find_first_not_of("0123456789", colon + 1) != std::string_view::npos)
    return host;
  return host.front() == '[' && host[colon - 1] != ']' ? host : host.substr(0, colon);
}

tl::unexpected<Error> no_token(const std::string &path, const std::string &why, const char *hint) {
  return unexpected(Error{"token file " + path, why, hint});
}

}  // namespace

bool Access::knows_host(std::string_view host) const {
  if (!local_names_only || host.empty()) return true;
  const std::string_view name = without_port(host);
  if (same_text(name, "localhost")) return true;
  if (std::any_of(hosts.begin(), hosts.end(), [&](const std::string &each) { return same_text(name, each); }))
    return true;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']')
    return name.substr(1, name.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  return !name.empty() && name.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool Access::admits(std::string_view authorization) const {
  if (!asks_for_token()) return true;
  if (locked || authorization.size() < kScheme.size()) return false;
  if (!same_text(authorization.substr(0, kScheme.size()), kScheme)) return false;
  return same_token(token, trimmed(authorization.substr(kScheme.size())));
}

bool Access::admits_socket(std::string_view authorization, std::string_view subprotocols) const {
  if (admits(authorization)) return true;
  if (locked) return false;
  bool admitted = false;
  while (!subprotocols.empty()) {
    const size_t comma = std::min(subprotocols.find(','), subprotocols.size());
    const std::string_view offer = trimmed(subprotocols.substr(0, comma));
    if (offer.substr(0, kOffer.size()) == kOffer) admitted |= same_token(token, offer.substr(kOffer.size()));
    subprotocols.remove_prefix(std::min(comma + 1, subprotocols.size()));
  }
  return admitted;
}

Expected<std::string> read_token_file(const std::string &path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return unexpected(system_error("token file " + path, errno));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return unexpected(system_error("token file " + path, errno));
  if (!S_ISREG(facts.st_mode)) return no_token(path, "not a file", "");
  if ((facts.st_mode & kOthers) != 0) return no_token(path, "everybody may read or write it", "chmod o-rw");
  char bytes[kMostTokenBytes + 2];
  const ssize_t read = ::read(file.get(), bytes, sizeof bytes);
  if (read < 0) return unexpected(system_error("token file " + path, errno));
  std::string_view line(bytes, static_cast<size_t>(read));
  line = trimmed(line.substr(0, line.find_first_of("\r\n")));
  if (line.size() < kLeastTokenBytes || line.size() > kMostTokenBytes)
    return no_token(path, "its first line is no token of 8 to 96 characters", "openssl rand -hex 24 makes one");
  if (!std::all_of(line.begin(), line.end(), is_token_character))
    return no_token(path, "a token has letters, digits and -._~ only", "openssl rand -hex 24 makes one");
  return std::string(line);
}

bool is_own_origin(std::string_view origin, std::string_view host) {
  if (origin.empty()) return true;
  const size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && !host.empty() && same_text(origin.substr(scheme + 3), host);
}

bool is_of_another_site(std::string_view fetch_site) {
  return !fetch_site.empty() && fetch_site != "same-origin" && fetch_site != "none";
}

}  // namespace wsitrace
