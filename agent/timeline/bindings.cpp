// SPDX-License-Identifier: MIT
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

void bind(Fold &fold, Life &life, const Event &event) {
  if (life.binding_open) settle_binding(fold, life, event.time_ns, Settled::kByBind);
  auto &bindings = life.connection.bindings;
  make_room(bindings);
  bindings.push_back({fold.strings.text(event.protocol), event.time_ns, std::nullopt, {}});
  ++life.connection.bindings_total;
  ++fold.totals.binds;
  life.binding_open = true;
  fold.observer.on_bound(life.connection, bindings.back());
}

void drop(Fold &fold, Life &life, const Event &event) {
  if (!life.binding_open) {
    ++fold.totals.unmatched_drops;
    return;
  }
  settle_binding(fold, life, event.time_ns, Settled::kByDrop, fold.strings.text(event.text));
}

}  // namespace

void settle_binding(Fold &fold, Life &life, Ns now_ns, Settled settled, std::string_view cause) {
  if (!life.binding_open) return;
  life.binding_open = false;
  Binding &binding = life.connection.bindings.back();
  binding.dropped_ns = now_ns;
  binding.settled = settled;
  binding.cause = settled == Settled::kByDrop ? cause : name_of(settled);
  ++fold.totals.drops;
  fold.observer.on_dropped(life.connection, binding);
}

void fold_binding(Fold &fold, Life &life, const Event &event) {
  if (is_bind(event.kind)) return bind(fold, life, event);
  if (is_drop(event.kind)) return drop(fold, life, event);
  // lws's mqtt client moves its first user, binding and all, to a wsi of its own.
  if (event.kind == k_MQTT_CLIENT_ESTABLISHED && !life.binding_open) bind(fold, life, event);
}

}  // namespace wsitrace
