// SPDX-License-Identifier: MIT
//
// JSON as text, appended to a string: objects of a known shape cost no tree. Everything that comes from the host is
// untrusted; what is not UTF-8 becomes U+FFFD.
#ifndef WSITRACE_TEXT_JSON_TEXT_H
#define WSITRACE_TEXT_JSON_TEXT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsitrace {

void append_json(std::string &out, std::string_view text_untrusted);
void append_json(std::string &out, uint64_t number);
void append_json(std::string &out, int64_t number);

// Writes `{"key":value,...}`; the keys are literals that need no escapes.
class JsonObject {
 public:
  explicit JsonObject(std::string &out) : out_(out) { out_ += '{'; }
  void close() { out_ += '}'; }

  // Begins a member; what follows is appended by the caller.
  std::string &key(std::string_view name);

  void text(std::string_view name, std::string_view value_untrusted) { append_json(key(name), value_untrusted); }
  // null when empty: the name is unknown.
  void text_or_null(std::string_view name, std::string_view value_untrusted);
  void number(std::string_view name, uint64_t value) { append_json(key(name), value); }
  void truth(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
  void truth_or_null(std::string_view name, std::optional<bool> value) {
    if (value) truth(name, *value);
    else null(name);
  }
  void null(std::string_view name) { key(name) += "null"; }
  template <typename T>
  void number_or_null(std::string_view name, const std::optional<T> &value) {
    if (value) append_json(key(name), static_cast<int64_t>(*value));
    else null(name);
  }

 private:
  std::string &out_;
  bool first_ = true;
};

// `[item,item,...]`; APPEND writes one item.
template <typename Item, typename Append>
void append_list(std::string &out, const std::vector<Item> &items, Append append) {
  out += '[';
  for (size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out += ',';
    append(out, items[i]);
  }
  out += ']';
}

}  // namespace wsitrace

#endif
