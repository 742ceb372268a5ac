// SPDX-License-Identifier: MIT
#include "tests/unit/timeline/script.h"
#include "agent/lws/callbacks.h"

#include <netinet/in.h>

#include <cstring>
#include <stdexcept>

namespace wsitrace::test {
namespace {

const std::map<std::string, uint16_t> kKinds = {
    {"FNET", k_FILTER_NETWORK_CONNECTION},
    {"INIT", k_PROTOCOL_INIT},
    {"CREATE", k_WSI_CREATE},
    {"NEW", k_SERVER_NEW_CLIENT_INSTANTIATED},
    {"FH", k_FILTER_HTTP_CONNECTION},
    {"HTTP", k_HTTP},
    {"BODY_DONE", k_HTTP_BODY_COMPLETION},
    {"FFC", k_HTTP_FILE_COMPLETION},
    {"BIND", k_HTTP_BIND_PROTOCOL},
    {"DROP", k_HTTP_DROP_PROTOCOL},
    {"CBIND", k_CLIENT_HTTP_BIND_PROTOCOL},
    {"CDROP", k_CLIENT_HTTP_DROP_PROTOCOL},
    {"WSDROP", k_WS_SERVER_DROP_PROTOCOL},
    {"WSCDROP", k_WS_CLIENT_DROP_PROTOCOL},
    {"CONFIRM", k_HTTP_CONFIRM_UPGRADE},
    {"FILTER", k_FILTER_PROTOCOL_CONNECTION},
    {"EST", k_ESTABLISHED},
    {"CLOSED", k_CLOSED},
    {"CLOSED_HTTP", k_CLOSED_HTTP},
    {"PEER_CLOSE", k_WS_PEER_INITIATED_CLOSE},
    {"CONNECTING", k_CONNECTING},
    {"CCE", k_CLIENT_CONNECTION_ERROR},
    {"BODY", k_body_pending},
    {"READS", k_answer_read},
    {"PRE_EST", k_CLIENT_FILTER_PRE_ESTABLISH},
    {"CEST", k_CLIENT_ESTABLISHED},
    {"CCLOSED", k_CLIENT_CLOSED},
    {"ANSWER", k_ESTABLISHED_CLIENT_HTTP},
    {"ANSWERED", k_COMPLETED_CLIENT_HTTP},
    {"CLOSED_CLIENT_HTTP", k_CLOSED_CLIENT_HTTP},
    {"REDIRECT", k_CLIENT_HTTP_REDIRECT},
    {"RBIND", k_RAW_SKT_BIND_PROTOCOL},
    {"RDROP", k_RAW_SKT_DROP_PROTOCOL},
    {"RADOPT", k_RAW_ADOPT},
    {"RFILE", k_RAW_ADOPT_FILE},
    {"RCONNECTED", k_RAW_CONNECTED},
    {"RCLOSE", k_RAW_CLOSE},
    {"RCLOSE_FILE", k_RAW_CLOSE_FILE},
    {"PBIND", k_RAW_PROXY_CLI_BIND_PROTOCOL},
    {"PCONNECTED", k_RAW_PROXY_CLI_ADOPT},
    {"PDROP", k_RAW_PROXY_CLI_DROP_PROTOCOL},
    {"PACCEPTED", k_RAW_PROXY_SRV_ADOPT},
    {"MBIND", k_MQTT_IDLE},
    {"MEST", k_MQTT_CLIENT_ESTABLISHED},
    {"MDROP", k_MQTT_DROP_PROTOCOL},
    {"MCLOSED", k_MQTT_CLIENT_CLOSED},
    {"CHILD_CLOSING", k_CHILD_CLOSING},
    {"DEST", k_WSI_DESTROY},
    {"APPEND", k_CLIENT_APPEND_HANDSHAKE_HEADER},
    {"TLS", k_tls_established},
    {"HANDSHAKE", k_tls_handshake},
    {"connect", k_connect_requested},
    {"PROTOCOL_INIT", k_PROTOCOL_INIT},
    {"PROTOCOL_DESTROY", k_PROTOCOL_DESTROY},
    {"GAP", k_gap},
    {"VHOST", k_vhost_created},
    {"VHOST_GONE", k_vhost_destroyed},
    {"CONTEXT", k_context_created},
    {"CONTEXT_END", k_context_destroyed},
    {"refused", k_callback_refused},
    {"objected", k_callback_objected},
    {"failed", k_call_failed},
    {"left", k_descriptor_left},
    {"written", k_response_written},
    {"part", k_response_part},
    {"lasted", k_callback_lasted},
    {"close", k_close_requested},
    {"txnc", k_transaction_completed},
    {"st", k_status_sent},
    {"code", k_close_code_sent},
    {"said", k_lws_said},
    {"said_of", k_lws_said},
};

const std::map<std::string, int> kCallbacks = {
    {"HTTP", k_HTTP},
    {"BODY", 13},
    {"BODY_DONE", k_HTTP_BODY_COMPLETION},
    {"FFC", k_HTTP_FILE_COMPLETION},
    {"WRITEABLE", 16},
    {"RECEIVE", 6},
    {"FILTER", k_FILTER_PROTOCOL_CONNECTION},
    {"CONFIRM", k_HTTP_CONFIRM_UPGRADE},
    {"FNET", k_FILTER_NETWORK_CONNECTION},
    {"INIT", k_PROTOCOL_INIT},
    {"FH", k_FILTER_HTTP_CONNECTION},
    {"RAW_RX", 59},
    {"RECEIVE_HTTP", 46},
    {"READ_HTTP", 48},
    {"ESTABLISHED_HTTP", k_ESTABLISHED_CLIENT_HTTP},
};

bool only_in_preload(uint16_t kind) { return kind >= k_close_requested && kind <= k_close_code_sent; }
bool has_socket(uint16_t kind) {
  return kind == k_SERVER_NEW_CLIENT_INSTANTIATED || kind == k_FILTER_NETWORK_CONNECTION || kind == k_RAW_ADOPT ||
         kind == k_RAW_CONNECTED || kind == k_CLIENT_FILTER_PRE_ESTABLISH;
}
bool is_of_no_wsi(uint16_t kind) {
  return kind == k_call_failed || kind == k_gap || kind == k_connect_requested || kind == k_tls_handshake;
}
bool is_result(uint16_t kind) { return kind == k_callback_refused || kind == k_callback_objected; }
bool is_request(uint16_t kind) { return kind == k_FILTER_HTTP_CONNECTION || kind == k_HTTP_CONFIRM_UPGRADE; }

}  // namespace

void add_item(std::vector<std::byte> &items, ItemTag tag, std::string_view bytes) {
  items.push_back(std::byte{tag});
  items.push_back(static_cast<std::byte>(bytes.size()));
  for (const char c : bytes) items.push_back(static_cast<std::byte>(c));
}

// "a/b/c" as items, one for each part that is not empty.
void add_parts(Event &event, std::vector<std::byte> &items, std::string_view text) {
  const bool tls = event.kind == k_tls_established;
  const std::vector<ItemTag> tags =
      tls ? std::vector{kItemTlsVersion, kItemCipher, kItemAlpn, kItemSni} : std::vector{kItemText, kItemPath};
  if (tls) event.flags = event.value == 1 ? kTls | kTlsResumed : kTls;
  for (const ItemTag tag : tags) {
    const size_t end = tag == kItemPath ? text.size() : std::min(text.find('/'), text.size());
    if (end > 0) add_item(items, tag, text.substr(0, end));
    text.remove_prefix(tag == kItemText ? end : std::min(text.size(), end + 1));
  }
  if (!tls) add_item(items, kItemMethod, "GET");
}

void add_connect_error(std::vector<std::byte> &items, ConnectStep step, int error) {
  const ConnectFacts facts{step, error};
  if (error != 0) add_item(items, kItemConnect, {reinterpret_cast<const char *>(&facts), sizeof facts});
}

struct Script::Word {
  char wsi = 'A';
  std::string name, protocol = "p0", vhost = "default", text;
  bool has_text = false, tls = false, accepted = false;
  int value = 0;
  int mark = 0;
  char carrier = '\0';
};

std::string inet_address(uint32_t host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(host);
  return {reinterpret_cast<const char *>(&address), sizeof address};
}

Script::Script(LogSink &sink, Form form) : sink_(sink), form_(form) {
  ProcessFacts facts;
  facts.pid = 4711;
  facts.program = "host";
  facts.arguments = {"host", "-p", "7681"};
  facts.lws_version = "4.1.6";
  facts.attach = form == Form::kPreload ? "preload" : "plugin";
  facts.started_mono_ns = kStartNs;
  facts.started_real_ns = 1'795'219'200'000'000'000;  // 2026-11-21T00:00:00Z
  sink_.on_process(facts);
}

uint16_t Script::id(const std::string &text) {
  const auto [found, added] = ids_.try_emplace(text, static_cast<uint16_t>(ids_.size() + 1));
  if (added) sink_.on_string(found->second, text);
  return found->second;
}

Script::Word Script::parse(std::string_view text) const {
  Word word;
  if (text.size() > 2 && text[1] == ':') {
    word.wsi = text[0];
    text.remove_prefix(2);
  }
  const size_t name_end = std::min(text.find_first_of("[(=<#"), text.size());
  word.name = text.substr(0, name_end);
  text.remove_prefix(name_end);
  while (!text.empty()) {
    const char closer = text[0] == '[' ? ']' : text[0] == '(' ? ')' : '\0';
    size_t end = closer == '\0' ? text.find_first_of("[(=<#", 1) : text.find(closer);
    if (closer == ')') end = text.rfind("')") + 1;
    end = std::min(end, text.size());
    const std::string part(text.substr(1, end - 1));
    if (text[0] == '[') {
      const size_t at = part.find('@');
      word.protocol = part.substr(0, at);
      if (at != std::string::npos) word.vhost = part.substr(at + 1);
    } else if (text[0] == '(') {
      word.text = part.substr(1, part.size() - 2);
      word.has_text = true;
    } else if (text[0] == '=') {
      word.value = std::stoi(part);
    } else if (text[0] == '#') {
      word.mark = std::stoi(part);
    } else {
      word.carrier = part.at(0);
    }
    text.remove_prefix(std::min(text.size(), closer == '\0' ? end : end + 1));
  }
  return word;
}

void Script::send(Event event, const std::vector<std::byte> &items) {
  event.time_ns = now_ns_ += kStepNs;
  event.thread = thread_;
  if (form_ == Form::kPlugin && only_in_preload(event.kind)) return;
  sink_.on_event(event, items);
}

void Script::say(const Word &word) {
  const auto kind = kKinds.find(word.name);
  if (kind == kKinds.end()) throw std::invalid_argument("no such word: " + word.name);
  Event event{};
  std::vector<std::byte> items;
  event.kind = kind->second;
  event.wsi = is_of_no_wsi(event.kind) || word.name == "said" ? 0 : pointer(word.wsi);
  event.value = word.value;
  event.vhost = is_result(event.kind) ? kNoString : id(word.vhost);
  event.protocol = id(word.protocol);
  if (event.kind < k_gap && word.protocol.back() == '0') event.flags |= kFirstProtocol;
  if (has_socket(event.kind) || (event.kind == k_WSI_CREATE && word.value > 0)) event.flags |= kNewSocket;
  if (word.tls) event.flags |= kTls;
  if (event.kind == k_FILTER_NETWORK_CONNECTION) {
    event.flags |= kAcceptConn;
    add_item(items, kItemLocal, inet_address(INADDR_LOOPBACK, 7681));
  }
  if (word.accepted) {
    add_item(items, kItemPeer, inet_address(INADDR_LOOPBACK, static_cast<uint16_t>(40000 + word.value)));
    add_item(items, kItemLocal, inet_address(INADDR_LOOPBACK, 7681));
  }
  if (is_request(event.kind) || (event.kind == k_status_sent && word.has_text)) {
    add_item(items, kItemPath, word.has_text ? word.text : "/");
    add_item(items, kItemMethod, word.value == 1 ? "HEAD" : "GET");
    add_item(items, kItemVersion, word.carrier != '\0' ? "HTTP/2" : "HTTP/1.1");
  } else if (event.kind == k_CLIENT_CONNECTION_ERROR) {
    add_item(items, kItemText, word.text);
    add_connect_error(items, kStepConnect, word.mark);
  } else if (is_result(event.kind)) {
    event.value = kCallbacks.at(word.text);
  } else if (event.kind == k_transaction_completed) {
    event.flags = word.has_text ? kSocketAsked : 0;
    if (word.text == "filled") event.flags |= kSocketFilled;
  } else if (event.kind == k_response_written) {
    event.flags = word.text == "page" ? kStatusPage : word.text == "short" ? kCutShort : 0;
  } else if (event.kind == k_response_part) {
    const auto slash = word.text.find('/');
    const auto number = [](const std::string &text) { return text.empty() ? UINT64_MAX : std::stoull(text); };
    const ResponseFacts facts{number(word.text.substr(slash + 1)), number(word.text.substr(0, slash)),
                              word.value == 0 ? UINT32_MAX : static_cast<uint32_t>(word.value), 0};
    add_item(items, kItemResponse, {reinterpret_cast<const char *>(&facts), sizeof facts});
    event.value = 0;
  } else if (event.kind == k_callback_lasted) {
    const auto lasted_ms = static_cast<uint32_t>(word.value);
    add_item(items, kItemLasted, {reinterpret_cast<const char *>(&lasted_ms), sizeof lasted_ms});
    event.value = kCallbacks.at(word.text);
  } else if (event.kind == k_tls_established || event.kind == k_connect_requested) {
    add_parts(event, items, word.text);
  } else if (event.kind == k_WSI_DESTROY && word.text.starts_with("tag ")) {
    event.flags |= word.text == "tag listen" ? kTagSaysListener : kTagSaysOther;
  } else if (event.kind == k_WSI_DESTROY && word.has_text) {
    const size_t slash = word.text.find('/');
    event.value = pending_timeout_value(std::stoi(word.text), std::stoi(word.text.substr(slash + 1)));
    const auto set_ms = static_cast<uint32_t>(word.mark);
    if (set_ms != 0) add_item(items, kItemSetAgo, {reinterpret_cast<const char *>(&set_ms), sizeof set_ms});
  } else if (word.has_text) {
    event.text = id(word.text);
  }
  if (event.kind == k_CLIENT_HTTP_REDIRECT && word.has_text) add_item(items, kItemPath, word.text);
  if (event.kind == k_close_requested && word.mark != 0)
    event.flags |= kListenAsked | (word.mark == 1 ? kAcceptConn : 0);
  else if (event.kind == k_lws_said) event.value = word.value | word.mark << 8;
  else if (event.kind == k_call_failed) add_connect_error(items, kStepName, word.mark);
  else if (word.mark != 0 && event.kind != k_CLIENT_CONNECTION_ERROR && event.kind != k_WSI_DESTROY)
    event.value = word.mark;
  if (word.carrier != '\0') {
    const uint64_t carrier = pointer(word.carrier);
    add_item(items, kItemParent, {reinterpret_cast<const char *>(&carrier), sizeof carrier});
  }
  send(event, items);
}

void Script::accept(const Word &word) {
  const int fd = next_fd_++;
  Word step = word;
  step.value = fd;
  step.name = "FNET";
  step.wsi = 'L';
  say(step);
  step.wsi = word.wsi;
  step.name = "CREATE";
  step.value = 0;
  say(step);
  step.name = "NEW";
  step.value = fd;
  step.accepted = true;
  step.tls = word.name == "ACCEPT_TLS";
  say(step);
}

Script &Script::thread(uint8_t ordinal) {
  thread_ = ordinal;
  return *this;
}

Script &Script::play(std::string_view words) {
  while (true) {
    const size_t start = words.find_first_not_of(" \n");
    if (start == std::string_view::npos) return *this;
    words.remove_prefix(start);
    size_t end = 0;
    bool quoted = false;
    while (end < words.size() && (quoted || (words[end] != ' ' && words[end] != '\n'))) quoted ^= words[end++] == '\'';
    const std::string_view text = words.substr(0, end);
    words.remove_prefix(end);
    if (text[0] == '+') {
      now_ns_ += static_cast<uint64_t>(std::stoi(std::string(text.substr(1)))) * 1'000'000;
      continue;
    }
    const Word word = parse(text);
    if (word.name == "ACCEPT" || word.name == "ACCEPT_TLS") accept(word);
    else say(word);
  }
}

void Script::end(const std::string &kind) {
  End end;
  end.kind = kind;
  end.mono_ns = now_ns_;
  sink_.on_end(end);
}

}  // namespace wsitrace::test
