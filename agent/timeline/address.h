// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TIMELINE_ADDRESS_H
#define WSITRACE_TIMELINE_ADDRESS_H

#include <cstddef>
#include <span>
#include <string>

namespace wsitrace {

// A struct sockaddr of Linux in text: "127.0.0.1:7681", also for the IPv6 address that an IPv4 peer of a socket for both has
// (::ffff:127.0.0.1), "[::1]:7681" (RFC 5952), "unix:/path", "unix:@abstract", "unix:" for a
// socket without a name. Empty for bytes that are none of these.
std::string address_text(std::span<const std::byte> sockaddr_untrusted);

}  // namespace wsitrace

#endif
