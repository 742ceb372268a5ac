// SPDX-License-Identifier: MIT
#include "agent/collect/log_json.h"

#include <algorithm>
#include <concepts>
#include <nlohmann/json.hpp>
#include <utility>

namespace wsitrace {
namespace {

using nlohmann::json;

std::string text_of(const json &value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json parse(std::string_view text) { return json::parse(text, nullptr, false); }

template <typename T>
void put_optional(json &object, const char *key, const std::optional<T> &value) {
  object[key] = value ? json(*value) : json(nullptr);
}

// nlohmann's conversions throw on a wrong type, and convert between kinds of numbers, a fraction or what does not fit to anything: they are
// asked only for what is there.
bool convert(const json &value, std::string &to) {
  if (value.is_string()) to = value.get<std::string>();
  return value.is_string();
}

template <std::integral T>
bool convert(const json &value, T &to) {
  const bool is_wide = value.is_number_unsigned();
  if (is_wide && !std::in_range<T>(value.get<uint64_t>())) return false;
  if (!is_wide && !(value.is_number_integer() && std::in_range<T>(value.get<int64_t>()))) return false;
  to = is_wide ? static_cast<T>(value.get<uint64_t>()) : static_cast<T>(value.get<int64_t>());
  return true;
}

bool convert(const json &value, std::vector<std::string> &to) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [&](const json &one) { return convert(one, to.emplace_back()); });
}

bool convert(const json &value, std::map<std::string, uint64_t> &to) {
  if (!value.is_object()) return false;
  for (const auto &[key, one] : value.items())
    if (!convert(one, to[key])) return false;
  return true;
}

template <typename T>
std::optional<T> read(const json &object, const char *key) {
  const auto found = object.find(key);
  T value{};
  return found != object.end() && convert(*found, value) ? std::optional(std::move(value)) : std::nullopt;
}

template <typename T>
bool read_into(const json &object, const char *key, T &to) {
  auto value = read<T>(object, key);
  if (!value) return false;
  to = std::move(*value);
  return true;
}

template <typename T>
bool read_nullable(const json &object, const char *key, std::optional<T> &to) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return true;
  to = read<T>(object, key);
  return to.has_value();
}

std::optional<ProcessFacts> process_from(const json &object) {
  ProcessFacts facts;
  const bool complete =
      object.is_object() && read_into(object, "pid", facts.pid) && read_into(object, "parent_pid", facts.parent_pid) &&
      read_into(object, "program", facts.program) && read_into(object, "arguments", facts.arguments) &&
      read_into(object, "lws_version", facts.lws_version) && read_into(object, "attach", facts.attach) &&
      read_into(object, "notice", facts.notice) && read_into(object, "started_mono_ns", facts.started_mono_ns) &&
      read_into(object, "started_real_ns", facts.started_real_ns) && read_into(object, "trouble", facts.trouble);
  return complete ? std::optional(facts) : std::nullopt;
}

std::optional<Loss> loss_from(const json &object) {
  Loss loss;
  const bool complete = object.is_object() && read_into(object, "recorded", loss.recorded) &&
                        read_into(object, "lost", loss.lost) && read_into(object, "by_cause", loss.by_cause);
  return complete ? std::optional(loss) : std::nullopt;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string json_of(const ProcessFacts &facts) {
  return text_of({{"process",
                   {{"pid", facts.pid},
                    {"parent_pid", facts.parent_pid},
                    {"program", facts.program},
                    {"arguments", facts.arguments},
                    {"lws_version", facts.lws_version},
                    {"attach", facts.attach},
                    {"notice", facts.notice},
                    {"started_mono_ns", facts.started_mono_ns},
                    {"started_real_ns", facts.started_real_ns},
                    {"trouble", facts.trouble}}}});
}

std::string json_of(const Loss &loss) {
  return text_of({{"loss", {{"recorded", loss.recorded}, {"lost", loss.lost}, {"by_cause", loss.by_cause}}}});
}

std::string json_of(const End &end) {
  json object = {{"kind", end.kind}};
  put_optional(object, "status", end.status);
  put_optional(object, "mono_ns", end.mono_ns);
  return text_of(object);
}

std::optional<Meta> meta_from_json(std::string_view text_untrusted) {
  const json object = parse(text_untrusted);
  if (!object.is_object()) return std::nullopt;
  Meta meta;
  if (const auto found = object.find("process"); found != object.end()) {
    meta.process = process_from(*found);
    if (!meta.process) return std::nullopt;
  }
  if (const auto found = object.find("loss"); found != object.end()) {
    meta.loss = loss_from(*found);
    if (!meta.loss) return std::nullopt;
  }
  return meta;
}

std::optional<End> end_from_json(std::string_view text_untrusted) {
  const json object = parse(text_untrusted);
  End end;
  const bool complete = object.is_object() && read_into(object, "kind", end.kind) &&
                        read_nullable(object, "status", end.status) && read_nullable(object, "mono_ns", end.mono_ns);
  return complete ? std::optional(end) : std::nullopt;
}

std::string valid_utf8(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  return parse(text_of(json(std::string(text)))).get<std::string>();
}

}  // namespace wsitrace
