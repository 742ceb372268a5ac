// SPDX-License-Identifier: MIT
#include "agent/base/redact.h"

#include <initializer_list>

#include "agent/base/redact_letters.h"

namespace wsitrace {
namespace redaction {
namespace {

// Writes what fits.
class Out {
 public:
  Out(char *to, size_t room) noexcept : to_(to), room_(room) {}
  void put(Text text) noexcept {
    const size_t count = text.length < room_ - used_ ? text.length : room_ - used_;
    if (count > 0) std::memcpy(to_ + used_, text.begin, count);
    used_ += count;
  }
  void put_redacted() noexcept { put({kRedacted, sizeof kRedacted - 1}); }
  void end_argument() noexcept { put({"", 1}); }
  [[nodiscard]] size_t used() const noexcept { return used_; }

 private:
  char *to_;
  size_t room_, used_ = 0;
};

bool is_equal(Text text, const char *word) noexcept {
  size_t at = 0;
  while (at < text.length && word[at] != '\0' && lower(text[at]) == word[at]) ++at;
  return at == text.length && word[at] == '\0';
}

// WORD is in NAME, whose dashes and underscores do not count.
bool has_word(Text name, const char *word) noexcept {
  for (size_t from = 0; from < name.length; ++from) {
    size_t at = from, matched = 0;
    while (at < name.length && word[matched] != '\0') {
      if (name[at] == '-' || name[at] == '_') {
        ++at;
        continue;
      }
      if (lower(name[at]) != word[matched]) break;
      ++at;
      ++matched;
    }
    if (word[matched] == '\0') return true;
  }
  return false;
}

constexpr const char *kSecretWords[] = {"password",  "passwd",     "passphrase", "passcode",      "secret",
                                        "token",     "apikey",     "bearer",     "authorization", "cookie",
                                        "sessionid", "credential", "signature"};
constexpr const char *kSecretParts[] = {"pass", "pwd", "pw",  "key", "psk",  "pin",
                                        "otp",  "sid", "sig", "jwt", "auth", "userpass"};

// Whether what NAME names is a secret: api-key, DB_PASSWORD, accessToken, dbPass.
bool is_secret(Text name) noexcept {
  for (const char *word : kSecretWords)
    if (has_word(name, word)) return true;
  if (name.length > 4 && is_equal(name.from(name.length - 4), "pass")) return true;
  for (size_t begin = 0, at = 0; at <= name.length; ++at) {
    if (at < name.length && name[at] != '-' && name[at] != '_') continue;
    for (const char *part : kSecretParts)
      if (is_equal(name.from(begin).first(at - begin), part)) return true;
    begin = at + 1;
  }
  return false;
}

bool is_quote(char c) noexcept { return c == '"' || c == '\''; }

// Where a value begins that the name before it calls a secret: behind "=" or ":".
size_t secret_in(Text text) noexcept {
  for (size_t at = 0; at < text.length;) {
    if (!is_name_character(text[at])) {
      ++at;
      continue;
    }
    const size_t begin = at;
    while (at < text.length && is_name_character(text[at])) ++at;
    size_t separator = at;
    while (separator < text.length && (is_quote(text[separator]) || text[separator] == ' ')) ++separator;
    if (separator == text.length || (text[separator] != '=' && text[separator] != ':')) continue;
    if (text[separator] == ':' && separator + 1 < text.length && is_slash(text[separator + 1])) continue;  // a scheme
    if (is_secret(text.from(begin).first(at - begin))) return separator + 1;
  }
  return kNowhere;
}

// Where arguments of a path begin in a text that is no URL.
size_t query_in(Text text) noexcept {
  const void *last = text.length > 0 ? memrchr(text.begin, '=', text.length) : nullptr;
  const size_t equals = last != nullptr ? static_cast<size_t>(static_cast<const char *>(last) - text.begin) : 0;
  bool slash = false;
  for (size_t at = 0; at < text.length;) {
    const Letter letter = letter_at(text, at);
    const bool marks = letter.value == '?' || letter.value == '#';
    const size_t next = at + letter.length;
    const bool between = at > 0 && next < text.length && text[next] != ' ';
    if (marks && (slash || at < equals || between)) return at;
    if (letter.value == ';' && slash && at < equals) return at;
    slash = slash || letter.value == '/';
    at += letter.length;
  }
  return text.length;
}

// Where the slashes of a URL begin: behind a scheme, or where its credentials show that "//" begins one.
size_t url_in(Text text) noexcept {
  for (size_t at = 0; at + 1 < text.length; ++at) {
    if (!is_slash(text[at]) || !is_slash(text[at + 1])) continue;
    if (at > 0 && text[at - 1] == ':') return at;
    if (at > 0 && text[at - 1] != '=' && text[at - 1] != ' ') continue;
    const size_t begin = end_of_slashes(text, at);
    if (authority_at(text, begin).host != begin) return at;
  }
  return kNowhere;
}

// NAME:PASSWORD@HOST, without the password.
void put_without_passwords(Text text, Out &out) noexcept {
  size_t told = 0, colon = kNowhere;
  for (size_t at = 0; at < text.length;) {
    const Letter letter = letter_at(text, at);
    if (letter.value == '@' && colon != kNowhere) {
      out.put(text.from(told).first(colon - told));
      out.put_redacted();
      told = at;
      colon = kNowhere;
    }
    at += letter.length;
    if (letter.value == ':' && colon == kNowhere) colon = at;
    if (letter.length == 1 && (is_slash(letter.value) || letter.value <= ' ')) colon = kNowhere;
  }
  out.put(text.from(told));
}

void put_url(Text text, size_t slashes, Out &out) noexcept {
  const size_t begin = end_of_slashes(text, slashes);
  put_without_passwords(text.first(begin), out);
  const Authority authority = authority_at(text, begin);
  if (authority.host == kNowhere) return out.put_redacted();
  out.put(text.from(authority.host).first(authority.end - authority.host));
  const Text path = text.from(authority.end);
  out.put(path.first(kept_of_path(path)));
}

void put_text(Text text, Out &out) noexcept {
  const size_t secret = secret_in(text);
  const Text open = text.first(query_in(text.first(secret)));
  const size_t url = url_in(open);
  if (url != kNowhere) return put_url(text.first(secret), url, out);
  put_without_passwords(open, out);
  if (secret != kNowhere && open.length == secret) out.put_redacted();
}

// What an argument says of the next.
enum class Next : uint8_t { kPlain, kSecret, kLogin, kPortOrPassword };

Text without_dashes(Text argument) noexcept {
  size_t at = 0;
  while (at < argument.length && argument[at] == '-') ++at;
  return argument.from(at);
}

bool is_login(Text name) noexcept {
  for (const char *each : {"u", "user", "username", "login", "proxy-user"})
    if (is_equal(name, each)) return true;
  return false;
}

bool is_name(Text text) noexcept {
  for (size_t at = 0; at < text.length; ++at)
    if (!is_name_character(text[at])) return false;
  return text.length > 0;
}

Next next_after(Text argument) noexcept {
  const Text name = without_dashes(argument);
  const bool dashed = name.length < argument.length;
  if (!is_name(name)) return Next::kPlain;
  if (argument.length == 2 && is_equal(argument, "-p")) return Next::kPortOrPassword;
  if (dashed && is_login(name)) return Next::kLogin;
  if (dashed) return is_secret(name) ? Next::kSecret : Next::kPlain;
  for (const char *word : kSecretWords)
    if (is_equal(name, word)) return Next::kSecret;
  return Next::kPlain;
}

bool is_number(Text text) noexcept {
  for (size_t at = 0; at < text.length; ++at)
    if (!is_digit(text[at])) return false;
  return text.length > 0;
}

void put_login(Text login, Out &out) noexcept {
  const size_t colon = login.find(':');
  if (colon == kNowhere) return put_text(login, out);
  out.put(login.first(colon + 1));
  out.put_redacted();
}

// -pSECRET; options of one dash that begin with a p are not many.
bool is_attached_password(Text argument) noexcept {
  if (argument.length < 3 || argument[0] != '-' || argument[1] != 'p') return false;
  const Text value = argument.from(2);
  for (const char *other : {"ort", "orts", "ath", "id", "idfile", "id-file", "lugin", "lugins", "roxy", "rofile",
                            "refix", "rotocol", "ublic", "ing", "oll", "age", "eer", "rint"})
    if (is_equal(value.first(value.find('=')), other)) return false;
  return !is_number(value);
}

void put_argument(Text argument, Next before, Out &out) noexcept {
  const bool dashed = argument.length > 0 && argument[0] == '-';
  if (before == Next::kSecret) return out.put_redacted();
  if (before == Next::kPortOrPassword && !dashed && !is_number(argument)) return out.put_redacted();
  if (before == Next::kLogin) return put_login(argument, out);
  if (is_attached_password(argument)) {
    out.put(argument.first(2));
    return out.put_redacted();
  }
  const size_t equals = argument.find('=');
  if (dashed && equals != kNowhere && is_login(without_dashes(argument.first(equals)))) {
    out.put(argument.first(equals + 1));
    return put_login(argument.from(equals + 1), out);
  }
  put_text(argument, out);
}

}  // namespace
}  // namespace redaction

size_t redact_text(const char *text, size_t length, char *to, size_t room) noexcept {
  using namespace redaction;
  Out out(to, room);
  put_text({text, length}, out);
  return out.used();
}

size_t redact_arguments(const char *arguments, size_t bytes, char *to, size_t room) noexcept {
  using namespace redaction;
  Out out(to, room);
  Next before = Next::kPlain;
  for (size_t at = 0; at < bytes;) {
    const Text argument{arguments + at, strnlen(arguments + at, bytes - at)};
    const Next after = at == 0 ? Next::kPlain : next_after(argument);
    // A flag after a flag is one, though a secret may begin with a dash.
    const bool is_flag = after != Next::kPlain && argument[0] == '-';
    put_argument(argument, is_flag ? Next::kPlain : before, out);
    out.end_argument();
    before = is_flag || before == Next::kPlain ? after : Next::kPlain;
    at += argument.length + 1;
  }
  return out.used();
}

}  // namespace wsitrace
