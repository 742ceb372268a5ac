// SPDX-License-Identifier: MIT
//
// The protocol plugin. Its own protocol answers requests below its mount; being told PROTOCOL_INIT for a vhost is how it finds the
// vhost's protocol table.
//
// Unloading: the library is linked with -z nodelete, so that thunks stay callable after lws has closed its plugins and until
//            the last connection is gone.
#include "agent/entry/plugin/plugin_callback.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "agent/entry/imports/imports.h"
#include "agent/entry/inprocess/in_process.h"
#include "agent/entry/plugin/plugin_options.h"
#include "agent/entry/plugin/vhost_watch.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/thunks.h"
#include "agent/serve/http_session.h"

namespace wsitrace {
namespace {

static_assert(sizeof(HttpSession) <= WSITRACE_PLUGIN_SESSION_BYTES);

// The vhosts that have the plugin, so that finished responses can wake their contexts.
class Vhosts {
 public:
  void add(lws *stand_in) {
    const std::lock_guard lock(mutex_);
    contexts_[lws_get_vhost(stand_in)] = lws_get_context(stand_in);
  }
  void remove(const lws_vhost *vhost) {
    const std::lock_guard lock(mutex_);
    contexts_.erase(vhost);
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    for (const auto &[vhost, context] : contexts_) lws_cancel_service(context);
  }

 private:
  std::mutex mutex_;
  std::map<const lws_vhost *, lws_context *> contexts_;
};

struct Plugin {
  Vhosts vhosts;
  std::shared_ptr<InProcess> tracer;  // empty when it could not be started
};

// Made at the first PROTOCOL_INIT and kept until the process ends: connections outlive contexts' plugins.
std::atomic<Plugin *> g_plugin{nullptr};

LwsApi api_of_this_lws() {
  LwsApi api;
#define WSITRACE_FILL(name) api.name = name;
  WSITRACE_LWS_FUNCTIONS(WSITRACE_FILL)
#undef WSITRACE_FILL
  api.lws_get_parent = lws_get_parent;
  api.lws_partial_buffered = lws_partial_buffered;
  api.lws_hdr_total_length = lws_hdr_total_length;
#if defined(LWS_WITH_TLS)
  api.lws_get_ssl = [](lws *wsi) { return static_cast<void *>(lws_get_ssl(wsi)); };
#endif
#if defined(LWS_WITH_CLIENT)
  api.lws_http_client_http_response = lws_http_client_http_response;
#endif
#if LWS_LIBRARY_VERSION_NUMBER >= 4002000
  api.lws_wsi_tag = lws_wsi_tag;
#endif
  return api;
}

void start(PluginOptions &options) {
  options.tracer.library = api_of_this_lws();
  options.tracer.complain = [](const Error &error) { lwsl_err("%s\n", error.line().c_str()); };
  auto plugin = std::make_unique<Plugin>();
  auto tracer = InProcess::start(options.tracer);
  if (!tracer) {
    lwsl_err("%s\n", tracer.error().line().c_str());
  } else {
    plugin->tracer = *tracer;
    plugin->tracer->site().set_wake([vhosts = &plugin->vhosts] { vhosts->wake(); });
    bind_hooks(reinterpret_cast<const void *>(lws_get_library_version));
    watch_transport(reinterpret_cast<const void *>(lws_get_library_version));
  }
  g_plugin = plugin.release();
}

// A vhost of lws's own gets every plugin that is there, enabled or not (libwebsockets 4.5 and later), and gets it first: what it
// has no options for must not be what the plugin starts with.
bool is_of_lws(lws *stand_in) {
  lws_vhost *vhost = lws_get_vhost(stand_in);
  return lws_get_vhost_listen_port(vhost) == CONTEXT_PORT_NO_LISTEN &&
         std::string_view(lws_get_vhost_name(vhost)) == "system";
}

// Never refuses: a vhost must not fail because it is observed.
void begin_vhost(lws *stand_in, const void *options) noexcept {
  const ErrnoGuard guard;
  try {
    if (options == nullptr && is_of_lws(stand_in)) return;
    PluginOptions wanted = plugin_options_from(static_cast<const lws_protocol_vhost_options *>(options));
    for (const std::string &complaint : wanted.complaints) lwsl_warn("wsitrace: %s\n", complaint.c_str());
    if (g_plugin == nullptr) start(wanted);
    Plugin *plugin = g_plugin;
    plugin->vhosts.add(stand_in);
    lws_cancel_service(lws_get_context(stand_in));  // comes back as EVENT_WAIT_CANCELLED once the loop runs
    if (plugin->tracer != nullptr)
      plugin->tracer->site().doors().set(lws_get_vhost(stand_in), std::move(wanted.access));
    vhost_made(lws_get_vhost(stand_in), nullptr, lws_get_protocol(stand_in));
    vhost_enabled(lws_get_vhost(stand_in));
    if (plugin->tracer != nullptr) watch_waiting_vhosts();
  } catch (const std::exception &error) {
    lwsl_err("wsitrace: plugin: %s\n", error.what());
  }
}

void end_vhost(lws *stand_in) noexcept {
  Plugin *plugin = g_plugin;
  if (plugin == nullptr) return;
  plugin->vhosts.remove(lws_get_vhost(stand_in));
  if (plugin->tracer != nullptr) plugin->tracer->site().doors().forget(lws_get_vhost(stand_in));
}

}  // namespace
}  // namespace wsitrace

extern "C" int wsitrace_plugin_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                                        size_t length) {
  using namespace wsitrace;
  if (reason == LWS_CALLBACK_PROTOCOL_INIT) {
    begin_vhost(wsi, in);
    return 0;
  }
  if (reason == LWS_CALLBACK_PROTOCOL_DESTROY) {
    end_vhost(wsi);
    return 0;
  }
  Plugin *plugin = g_plugin;
  if (plugin != nullptr && plugin->tracer != nullptr) {
    if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED || reason == LWS_CALLBACK_HTTP) plugin->tracer->serving();
    const int result = serve_http_callback(plugin->tracer->site(), wsi, reason, user, in, length);
    if (reason == LWS_CALLBACK_HTTP) plugin->tracer->nudge();
    return result;
  }
  return lws_callback_http_dummy(wsi, reason, user, in, length);
}
