// SPDX-License-Identifier: MIT
//
// What may be told of a URL, of a text that may hold one, and of a program's arguments. Everything that goes from a host into a ring goes
// through here: paths, where a redirect leads, what a client connects to, lws's error messages, arguments.
//
//     https://user:pass@host:8443/shop/cart;jsessionid=1?next=//u:p@h#top
//             ~~~~~~~~~          ^^^^^^^^^^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~   ^ the path; ~ never told
//
// Percent signs are no disguise: %3F and %253F are a question mark, %40 is an "@".
//
// Runs in the host: no heap, no lock, no call that sets errno; linear in the length of the text.
// Limits: a secret in a path (/reset/SECRET), and in an argument whose name does not say so (-k SECRET), is not known for one.
#ifndef WSITRACE_BASE_REDACT_H
#define WSITRACE_BASE_REDACT_H

#include <cstddef>

namespace wsitrace {

inline constexpr char kRedacted[] = "***";

// A part of the text it was taken from.
struct UrlPath {
  const char *begin;
  size_t length;
};

// Of what a request asks for. "//" is part of it, unless credentials follow.
UrlPath path_of_target(const char *target, size_t length) noexcept;
// Of what a Location header names: absolute, without scheme (//host/path), or relative.
UrlPath path_of_reference(const char *reference, size_t length) noexcept;

// TEXT into TO, ROOM bytes at most. A URL in it keeps scheme, host and path; what follows the path is left out to the end of the text, as is
// what follows a name for a secret and "=" or ":". Returns the bytes written.
size_t redact_text(const char *text, size_t length, char *to, size_t room) noexcept;

// ARGUMENTS are those of a program, each with a zero behind it. Beside what redact_text() does, the argument after one that names a secret
// is replaced by kRedacted (--token SECRET), as is what follows -p, unless it is a number (a port), and the password of -u NAME:PASSWORD.
size_t redact_arguments(const char *arguments, size_t bytes, char *to, size_t room) noexcept;

}  // namespace wsitrace

#endif
