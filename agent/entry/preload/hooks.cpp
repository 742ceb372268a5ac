// SPDX-License-Identifier: MIT
//
// The hooks (agent/entry/hooks/hooks.h) as the preload library binds them, and those that only a library can have that is there
// before the first context.
#include "agent/entry/hooks/hooks.h"

#include <atomic>

#include "agent/entry/preload/library_loops.h"
#include "agent/entry/preload/real_lws.h"
#include "agent/probe/accepts.h"
#include "agent/probe/contexts.h"
#include "agent/probe/host_state.h"
#include "agent/probe/house.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/replies.h"
#include "agent/probe/said.h"
#include "agent/probe/service.h"
#include "agent/probe/settings.h"
#include "agent/probe/thunks.h"
#include "agent/probe/uses.h"

namespace wsitrace {
namespace {

// An lws that is linked statically does not come here; what stands beside it may call the shared one about its objects.
bool is_observed_context(const lws_context *context) noexcept {
  if (!is_unseen_context(context)) return true;
  leave_process_notice("it uses a libwebsockets that is linked statically into it, or loaded past wsitrace");
  return false;
}

}  // namespace

bool hooks_record() noexcept { return probe_ready(); }
void *find_original(const char *name) noexcept { return real_function(name); }

bool is_observed(const lws *wsi) noexcept {
  const auto context_of = api().lws_get_context;
  return context_of == nullptr || is_observed_context(context_of(wsi));
}

}  // namespace wsitrace

extern "C" {

LWS_VISIBLE lws_context *lws_create_context(const lws_context_creation_info *info) {
  const auto real = WSITRACE_REAL(lws_create_context);
  if (real == nullptr) return nullptr;
  const bool ready = wsitrace::probe_ready();
  wsitrace::context_begins();
  if (ready) wsitrace::record_own(wsitrace::k_context_begins, nullptr, 0, nullptr);
  lws_context *context = real(info);
  wsitrace::context_begun(context);
  wsitrace::context_seen(context);
  if (!ready) return context;
  if (context == nullptr) {
    wsitrace::note_not_made(true);
    return nullptr;
  }
  const wsitrace::Settings settings = wsitrace::settings_of(*info);
  wsitrace::record_context(context, settings.facts, settings.has_options ? &settings.options : nullptr);
  wsitrace::context_lives(context);
  wsitrace::loop_may_begin(context);
  wsitrace::watch_library_loops();
  return context;
}

LWS_VISIBLE void lws_context_destroy(lws_context *context) {
  const auto real = WSITRACE_REAL(lws_context_destroy);
  if (real == nullptr) return;
  const bool ready = context != nullptr && wsitrace::probe_ready() && wsitrace::is_observed_context(context);
  // One that is destroyed within its own loop needs another call, or lws makes that itself.
  static std::atomic<const void *> destroyed_inside{nullptr};
  const bool inside = wsitrace::is_serving();
  if (ready && !inside && destroyed_inside.load(std::memory_order_relaxed) != context)
    wsitrace::note_context_use(context, "lws_context_destroy");
  if (inside) destroyed_inside.store(context, std::memory_order_relaxed);
  if (ready) wsitrace::record_clients_waiting();
  if (ready) wsitrace::note_context_call(context, "lws_context_destroy");
  if (ready) wsitrace::record_own(wsitrace::k_context_destroyed, context, 0, nullptr);
  if (ready) wsitrace::context_dying(context);
  wsitrace::call_begins();
  real(context);
  wsitrace::call_ends();
  if (ready) wsitrace::context_died(context);
  if (ready) wsitrace::context_ends(context);
  if (ready) wsitrace::record_own(wsitrace::k_context_destroyed, context, 1, nullptr);
}

// lws_create_context comes here too, through the PLT.
LWS_VISIBLE lws_vhost *lws_create_vhost(lws_context *context, const lws_context_creation_info *info) {
  const auto real = WSITRACE_REAL(lws_create_vhost);
  if (real == nullptr) return nullptr;
  const bool ready = wsitrace::probe_ready();
  wsitrace::context_seen(context);
  lws_vhost *vhost = real(context, info);
  if (ready) wsitrace::vhost_made(vhost, info, nullptr);
  if (ready && vhost != nullptr) wsitrace::tell_house(vhost, *info);
  if (ready && vhost == nullptr) wsitrace::note_not_made(false);
  return vhost;
}

// lws comes here for its own responses, too.
LWS_VISIBLE int lws_finalize_http_header(lws *wsi, unsigned char **p, unsigned char *end) {
  const auto real = WSITRACE_REAL(lws_finalize_http_header);
  if (real == nullptr) return 1;
  if (wsitrace::probe_ready()) wsitrace::note_head(wsi, *p);
  return real(wsi, p, end);
}

}  // extern "C"
