// SPDX-License-Identifier: MIT
#include "agent/entry/plugin/plugin_options.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "wsitrace/layout.h"

namespace wsitrace {
namespace {

template <typename Number>
void set_number(Number &to, std::string_view key, std::string_view value, uint64_t least, uint64_t most,
                std::vector<std::string> &complaints) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size() && number >= least && number <= most)
    to = static_cast<Number>(number);
  else
    complaints.push_back("option \"" + std::string(key) + "\": \"" + std::string(value) + "\" is no number from " +
                         std::to_string(least) + " to " + std::to_string(most) + ", the default is kept");
}

void set_flag(bool &to, std::string_view key, std::string_view value, std::vector<std::string> &complaints) {
  if (value == "1" || value == "0") to = value == "1";
  else complaints.push_back("option \"" + std::string(key) + "\": \"" + std::string(value) + "\" is not 0 or 1");
}

// Without its token a vhost lets nobody in.
void set_token(PluginOptions &options, std::string_view path) {
  auto token = read_token_file(std::string(path));
  options.access.locked = !token;
  if (token) options.access.token = std::move(*token);
  else options.complaints.push_back(token.error().what + ": " + token.error().why + "; nobody is let in");
}

// "a.example, b.example"
void set_hosts(std::vector<std::string> &hosts, std::string_view list) {
  while (!list.empty()) {
    const size_t end = std::min(list.find_first_of(", "), list.size());
    if (end > 0) hosts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

void set(PluginOptions &options, std::string_view key, std::string_view value) {
  if (key == "trace") options.tracer.trace_file = value;
  else if (key == "ring") options.tracer.ring_file = value;
  else if (key == "ring-slots")
    set_number(options.tracer.ring_slots, key, value, kMinRingSlots, kMaxRingSlots, options.complaints);
  else if (key == "history") set_number(options.tracer.history, key, value, 0, 10'000'000, options.complaints);
  else if (key == "no-args") set_flag(options.tracer.no_arguments, key, value, options.complaints);
  else if (key == "metrics-only") set_flag(options.access.metrics_only, key, value, options.complaints);
  else if (key == "hosts") set_hosts(options.access.hosts, value);
  else if (key == "token-file") set_token(options, value);
  else if (key != "status" && key != "default" && key != "raw")  // these three are lws's own
    options.complaints.push_back(
        "option \"" + std::string(key) +
        "\": unknown, ignored (known: trace, ring, ring-slots, history, no-args, hosts, token-file, metrics-only)");
}

}  // namespace

PluginOptions plugin_options_from(const lws_protocol_vhost_options *options) {
  PluginOptions out;
  out.tracer.attach = kAttachPlugin;
  out.tracer.trace_when_serving = true;
  for (; options != nullptr; options = options->next)
    if (options->name != nullptr) set(out, options->name, options->value != nullptr ? options->value : "");
  out.access.local_names_only = !out.access.asks_for_token();
  return out;
}

}  // namespace wsitrace
