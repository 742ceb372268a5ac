// SPDX-License-Identifier: MIT
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

void open_session(Fold &fold, Life &life, const Event &event) {
  if (life.connection.session) return;
  Session session;
  session.protocol = fold.strings.text(event.protocol);
  session.established_ns = event.time_ns;
  life.connection.session = session;
  life.connection.role = Role::kWs;
  life.connection.state = State::kUpgraded;
  fold.observer.on_session_opened(life.connection);
}

void note_code(Life &life, std::optional<int> Session::*code, int value) {
  if (life.connection.session && value > 0) (*life.connection.session).*code = value;
}

}  // namespace

void settle_session(Fold &fold, Life &life, Ns now_ns) {
  if (!life.connection.session || life.connection.session->closed_ns) return;
  life.connection.session->closed_ns = now_ns;
  fold.observer.on_session_closed(life.connection);
}

void fold_session(Fold &fold, Life &life, const Event &event) {
  switch (event.kind) {
    case k_ESTABLISHED:
    case k_CLIENT_ESTABLISHED: return open_session(fold, life, event);
    case k_WS_PEER_INITIATED_CLOSE: return note_code(life, &Session::peer_code, event.value);
    case k_close_code_sent: return note_code(life, &Session::local_code, event.value);
    case k_CLOSED:
    case k_CLIENT_CLOSED: return settle_session(fold, life, event.time_ns);
    default: return;
  }
}

}  // namespace wsitrace
