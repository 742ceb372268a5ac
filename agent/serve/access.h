// SPDX-License-Identifier: MIT
//
// Who may see what of a site: a bearer token, and pages that can be turned off. Pure but for read_token_file().
//
// Tokens:  1 line of 8 to 96 characters that may stand in a header, in a URL and in a websocket's subprotocol: letters, digits, and
//          "-._~". (libwebsockets reads at most 127 bytes of subprotocols.)
// Compare: in time that does not depend on where two tokens differ.
// Source:  RFC 6750 (Bearer), RFC 6455 section 4.1 (subprotocols), RFC 6454 (Origin),
//          https://www.w3.org/TR/fetch-metadata (Sec-Fetch-Site).
#ifndef WSITRACE_SERVE_ACCESS_H
#define WSITRACE_SERVE_ACCESS_H

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/expected.h"

namespace wsitrace {

struct Access {
  std::string token;          // empty: none is asked for
  bool locked = false;        // what needs a token is refused whatever it is: the token could not be read
  bool metrics_only = false;  // metrics and healthz, nothing else
  bool page = true;           // the page; without it the root is a list of what there is
  // Only clients that call this server by an address or "localhost": without a token, a page of another site could otherwise make its
  // own name point here and read everything (DNS rebinding).
  bool local_names_only = false;
  std::vector<std::string> hosts;  // names that it is called by nevertheless

  // HOST: the header of that name; empty: no browser.
  [[nodiscard]] bool knows_host(std::string_view host) const;
  [[nodiscard]] bool asks_for_token() const { return locked || !token.empty(); }
  // AUTHORIZATION: the header of that name, "Bearer TOKEN".
  [[nodiscard]] bool admits(std::string_view authorization) const;
  // SUBPROTOCOLS: what a websocket offers, "wsitrace, bearer.TOKEN"; browsers can set no other header.
  [[nodiscard]] bool admits_socket(std::string_view authorization, std::string_view subprotocols) const;
};

// The first line. A file that others may read or write is refused.
Expected<std::string> read_token_file(const std::string &path);

// ORIGIN is what a browser says of the page that opens a websocket or asks for data, HOST what it is opened to: pages of other sites may
// do neither. Programs that are no browsers send no origin.
bool is_own_origin(std::string_view origin, std::string_view host);
// FETCH_SITE: what a browser says of who asks (Sec-Fetch-Site), also where there is no origin: for an image, a script, a link. Empty: no
// browser, or one that is old.
bool is_of_another_site(std::string_view fetch_site);

}  // namespace wsitrace

#endif
