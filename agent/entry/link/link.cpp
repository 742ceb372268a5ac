// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <string>

#include "agent/entry/imports/imports.h"
#include "agent/entry/inprocess/in_process.h"
#include "agent/export/text/verdict_text.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/thunks.h"
#include "wsitrace/layout.h"
#include "wsitrace/wsitrace.h"

namespace wsitrace {
namespace {

thread_local std::string t_error;
std::mutex g_mutex;
std::shared_ptr<InProcess> g_tracer;

int fail(const Error &error) {
  t_error = error.line();
  return -1;
}

LwsApi api_of(const wsitrace_lws &lws) {
  LwsApi api;
  api.lws_get_library_version = lws.get_library_version;
  api.lws_get_vhost = lws.get_vhost;
  api.lws_get_vhost_name = lws.get_vhost_name;
  api.lws_get_vhost_listen_port = lws.get_vhost_listen_port;
  api.lws_vhost_name_to_protocol = lws.vhost_name_to_protocol;
  api.lws_get_protocol = lws.get_protocol;
  api.lws_get_socket_fd = lws.get_socket_fd;
  api.lws_get_network_wsi = lws.get_network_wsi;
  api.lws_http_get_uri_and_method = lws.http_get_uri_and_method;
  api.lws_hdr_copy = lws.hdr_copy;
  api.lws_get_ssl = lws.get_ssl;
  api.lws_http_client_http_response = lws.http_client_http_response;
  api.lws_get_parent = lws.get_parent;
  api.lws_partial_buffered = lws.partial_buffered;
  return api;
}

std::shared_ptr<InProcess> tracer() {
  const std::lock_guard lock(g_mutex);
  return g_tracer;
}

char *copy_of(const std::string &text) {
  auto *copy = static_cast<char *>(std::malloc(text.size() + 1));
  if (copy != nullptr) std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

template <typename Render>
char *rendered(Render render) {
  const auto running = tracer();
  if (running == nullptr) {
    fail({"report", "wsitrace is not running", "call wsitrace_start() first"});
    return nullptr;
  }
  try {
    return copy_of(render(*running));
  } catch (const std::exception &error) {
    fail({"report", error.what(), {}});
    return nullptr;
  }
}

template <typename Step>
int checked(const char *what, Step step) {
  const auto running = tracer();
  if (running == nullptr) return fail({what, "wsitrace is not running", "call wsitrace_start() first"});
  try {
    return step(*running);
  } catch (const std::exception &error) {
    return fail({what, error.what(), {}});
  }
}

int start(const wsitrace_options &options, const wsitrace_lws &lws) {
  const std::lock_guard lock(g_mutex);
  if (g_tracer != nullptr) return fail({"wsitrace_start", "already running", "once per process"});
  InProcessOptions wanted;
  wanted.attach = kAttachLink;
  wanted.library = api_of(lws);
  if (options.trace_file != nullptr) wanted.trace_file = options.trace_file;
  if (options.ring_file != nullptr) wanted.ring_file = options.ring_file;
  wanted.ring_slots = options.ring_slots;
  if (options.history != 0) wanted.history = options.history;
  auto started = InProcess::start(wanted);
  if (!started) return fail(started.error());
  g_tracer = *started;
  bind_hooks(reinterpret_cast<const void *>(lws.get_library_version));
  watch_transport(reinterpret_cast<const void *>(lws.get_library_version));
  t_error.clear();
  return 0;
}

}  // namespace
}  // namespace wsitrace

extern "C" {

int wsitrace_start_with(const struct wsitrace_options *options, const struct wsitrace_lws *lws) {
  using wsitrace::fail;
  if (options == nullptr || options->size < sizeof *options)
    return fail({"wsitrace_start", "the options' size is not set", "options.size = sizeof options"});
  if (lws == nullptr || lws->size < offsetof(wsitrace_lws, get_ssl))
    return fail({"wsitrace_start", "the table of lws functions is incomplete", "use wsitrace_start()"});
  try {
    wsitrace_lws known{};  // a program built with an older header has fewer members
    std::memcpy(&known, lws, std::min(lws->size, sizeof known));
    return wsitrace::start(*options, known);
  } catch (const std::exception &error) {
    return fail({"wsitrace_start", error.what(), {}});
  }
}

void wsitrace_wrap_protocols(struct lws_protocols *table) {
  if (table != nullptr && wsitrace::is_on()) wsitrace::wrap_host_table(table);
}

int wsitrace_attach_vhost(struct lws_vhost *vhost, const char *protocol_name) {
  using namespace wsitrace;
  if (!is_on()) return fail({"wsitrace_attach_vhost", "wsitrace is not running", "call wsitrace_start() first"});
  if (vhost == nullptr || protocol_name == nullptr) return fail({"wsitrace_attach_vhost", "no vhost or no name", {}});
  const lws_protocols *entry = api().lws_vhost_name_to_protocol(vhost, protocol_name);
  if (entry == nullptr) return fail({protocol_name, "no protocol of this vhost", "name any protocol of it"});
  vhost_made(vhost, nullptr, entry);
  return 0;
}

void wsitrace_context_destroyed(const struct lws_context *context) {
  if (wsitrace::is_on()) wsitrace::record_own(wsitrace::k_context_destroyed, context, 1, nullptr);
}

void wsitrace_stop(void) {
  const auto running = wsitrace::tracer();
  if (running != nullptr) running->stop();
}

char *wsitrace_report_json(void) {
  return wsitrace::rendered([](const wsitrace::InProcess &running) { return running.report_json(); });
}

char *wsitrace_metrics(void) {
  return wsitrace::rendered([](const wsitrace::InProcess &running) { return running.metrics(); });
}

int wsitrace_check_begin(void) {
  return wsitrace::checked("wsitrace_check_begin", [](const wsitrace::InProcess &running) -> int {
    const auto begun = running.begin_check();
    return begun ? 0 : wsitrace::fail(begun.error());
  });
}

int wsitrace_check_end(unsigned int settle_ms, char **text) {
  if (text != nullptr) *text = nullptr;
  return wsitrace::checked("wsitrace_check_end", [&](const wsitrace::InProcess &running) -> int {
    const auto result = running.end_check(std::chrono::milliseconds(settle_ms));
    if (!result) return wsitrace::fail(result.error());
    if (text != nullptr) *text = wsitrace::copy_of(wsitrace::verdict_text(*result));
    return result->exit_status();
  });
}

void wsitrace_free(char *text) { std::free(text); }

const char *wsitrace_error(void) { return wsitrace::t_error.c_str(); }

}  // extern "C"
