// SPDX-License-Identifier: MIT
//
// The grammar: what libwebsockets 4.1.6 to 5.0 tell of each kind of life, as measured. The rows_*.cpp beside this have more of
// its special cases, one at a time.
#include "tests/unit/timeline/property_lives.h"
#include "agent/lws/callbacks.h"

namespace wsitrace::test {
namespace {

constexpr const char *kClosing = "__lws_close_free_wsi";
constexpr const char *kDone = "lws_http_transaction_completed";
constexpr const char *kHangUp = "server socket svc fail";
constexpr const char *kService = "close_and_handled";
constexpr int32_t kHttpWriteable = 16, kReceive = 6;  // enum lws_callback_reasons

Step step(uint16_t kind, Who who = Who::kFirst, const char *text = nullptr, int32_t value = 0) {
  return {kind, who, text, kNoDetail, value};
}
Step with(Step made, Detail detail) {
  made.detail = detail;
  return made;
}
Step carried(Step made) {
  made.by_carrier = true;
  return made;
}
Step close_by(const char *caller) { return step(k_close_requested, Who::kNobody, caller); }
Step refused(int32_t callback) { return step(k_callback_refused, Who::kNobody, nullptr, callback); }
Step status(int32_t code) { return step(k_status_sent, Who::kNobody, nullptr, code); }
Step completed() { return step(k_transaction_completed, Who::kNobody); }
Step bind(Who who) { return step(k_HTTP_BIND_PROTOCOL, who); }
Step drop(Who who, const char *cause) { return step(k_HTTP_DROP_PROTOCOL, who, cause); }
Step request() { return with(step(k_FILTER_HTTP_CONNECTION), kPath); }

using Steps = std::vector<Step>;

// Grows a life run by run; remembers what is bound, as lws does.
class Grower {
 public:
  explicit Grower(LifeScript &script) : script_(script) {}

  Run &run(Steps steps, uint32_t transactions = 0) {
    Run made;
    for (const Step &one : steps) made.bindings += is_bind(one.kind) ? 1 : 0;
    made.steps = std::move(steps);
    made.transactions = transactions;
    script_.runs.push_back(std::move(made));
    return script_.runs.back();
  }

  void accepted() {
    Step accept = with(step(k_FILTER_NETWORK_CONNECTION), kFdValue);
    accept.by_listener = true;
    run({accept, step(k_WSI_CREATE), with(step(k_SERVER_NEW_CLIENT_INSTANTIATED), kFdValue)});
  }

  void file() {
    run({request(), status(200)}, 1);
    Steps done = {step(k_HTTP_FILE_COMPLETION), completed()};
    if (bound_) done.push_back(drop(Who::kFirst, kDone));
    done.push_back(bind(Who::kFirst));
    run(done);
    bound_ = true;
  }

  void dynamic(bool finished) {
    Steps asked = {request()};
    if (bound_) asked.push_back(drop(Who::kFirst, "http action CALLBACK bind"));
    for (const Step &one : {bind(Who::kHandler), drop(Who::kHandler, "http_action HTTP"), bind(Who::kHandler),
                            step(k_HTTP, Who::kHandler)})
      asked.push_back(one);
    run(asked, 1);
    bound_ = true;
    if (!finished) return;
    run({status(200)});
    run({completed(), drop(Who::kHandler, kDone), bind(Who::kFirst)});
  }

  void upgrade() {
    Steps asked = {with(step(k_HTTP_CONFIRM_UPGRADE), kPath)};
    if (bound_) asked.push_back(drop(Who::kFirst, "ws upg pcol"));
    asked.push_back(bind(Who::kSession));
    asked.push_back(step(k_FILTER_PROTOCOL_CONNECTION, Who::kSession));
    asked.push_back(step(k_ESTABLISHED, Who::kSession));
    run(asked, 1);
    script_.session = true;
  }

  // The end in two goes, as with libuv: WSI_DESTROY comes from the loop.
  void end(Steps steps) {
    run(std::move(steps));
    gone();
  }
  void gone() { run({step(k_WSI_DESTROY)}).last = true; }

  void end_h1(uint8_t ending, Who bound_to) {
    Steps steps;
    if (ending % 3 != 1) steps.push_back(close_by(kHangUp));                   // 1: a timeout, which lws does not show
    if (bound_ && ending % 3 != 2) steps.push_back(drop(bound_to, kClosing));  // 2: a protocol without session data
    steps.push_back(step(k_CLOSED_HTTP));
    end(steps);
  }

  void end_session(uint8_t ending) {
    Steps steps;
    if (ending % 4 == 0) steps = {step(k_WS_PEER_INITIATED_CLOSE, Who::kSession, nullptr, 1000), close_by(kService)};
    if (ending % 4 == 1) steps = {close_by(kService)};
    if (ending % 4 == 2)
      steps = {step(k_close_code_sent, Who::kNobody, nullptr, 1001), refused(kReceive), close_by("lws_read_h1 bail")};
    if (ending % 4 != 3) steps.push_back(step(k_WS_SERVER_DROP_PROTOCOL, Who::kSession, kClosing));
    steps.push_back(step(k_CLOSED, Who::kSession));
    end(steps);
  }

  void set_bound() { bound_ = true; }

 private:
  static bool is_bind(uint16_t kind) {
    return kind == k_HTTP_BIND_PROTOCOL || kind == k_CLIENT_HTTP_BIND_PROTOCOL || kind == k_RAW_SKT_BIND_PROTOCOL;
  }

  LifeScript &script_;
  bool bound_ = false;
};

void grow_stream(Grower &grow, LifeScript &script, uint8_t ending) {
  script.origin = Origin::kStream;
  grow.run({step(k_WSI_CREATE)});
  const Step asked = carried(request()), http = carried(step(k_HTTP, Who::kHandler));
  switch (ending % 5) {
    case 0:
      grow.run({asked, status(200)}, 1);
      grow.run({step(k_HTTP_FILE_COMPLETION), completed(), refused(k_HTTP_FILE_COMPLETION)});
      return grow.end({close_by("h2 end stream file"), step(k_CLOSED_HTTP)});
    case 1:
      grow.run({asked, carried(bind(Who::kHandler)), http}, 1);
      grow.run({status(200), completed(), refused(kHttpWriteable)});
      return grow.end({close_by("h2 pollout handle"), drop(Who::kHandler, kClosing), step(k_CLOSED_HTTP)});
    case 2:  // a POST, from 4.3 on
      grow.run({carried(bind(Who::kHandler)), http}, 1);
      grow.run({step(k_HTTP_BODY_COMPLETION, Who::kHandler), status(200), completed(), refused(kHttpWriteable)});
      return grow.end({close_by("h2 pollout handle"), drop(Who::kHandler, kClosing), step(k_CLOSED_HTTP)});
    case 3:
      grow.run({carried(bind(Who::kSession)), carried(step(k_FILTER_PROTOCOL_CONNECTION, Who::kSession)), status(200),
                step(k_ESTABLISHED, Who::kSession)},
               1);
      script.session = true;
      return grow.end_session(0);
    default:  // it was reset before its headers had ended
      return grow.end({step(k_CLOSED_HTTP)});
  }
}

void grow_outbound(Grower &grow, LifeScript &script, const Plan &plan) {
  script.origin = Origin::kOutbound;
  const Step asked = with(step(k_connect_requested, Who::kNobody), kTarget);
  const Step bound = step(k_CLIENT_HTTP_BIND_PROTOCOL),
             dropped = step(k_CLIENT_HTTP_DROP_PROTOCOL, Who::kFirst, kClosing);
  const Step created = with(step(k_SERVER_NEW_CLIENT_INSTANTIATED), kFdValue);
  const Step sent = step(k_CLIENT_APPEND_HANDSHAKE_HEADER),
             answered = step(k_ESTABLISHED_CLIENT_HTTP, Who::kFirst, nullptr, 200);
  if (plan.kind == LifeKind::kOutboundLost) {
    grow.run({asked, bound, with(step(k_call_failed, Who::kNobody, "lws_client_connect_via_info"), kElapsed)}).last =
        true;
    return;
  }
  Steps begun = {asked, bound};
  if (plan.ending % 2 == 0) begun.push_back(step(k_CONNECTING));  // from 4.2 on
  begun.push_back(created);
  if (plan.kind == LifeKind::kOutboundRefused) {
    for (const Step &one : {with(step(k_CLIENT_CONNECTION_ERROR, Who::kFirst, "conn fail: 111"), kMessage),
                            close_by("client_connect3"), dropped})
      begun.push_back(one);
    return grow.end(begun);
  }
  grow.run(begun);
  grow.run({step(k_WSI_CREATE)});
  grow.run({sent}, 1);
  if (plan.kind == LifeKind::kOutboundRedirected) {
    grow.run({step(k_CLIENT_HTTP_REDIRECT), close_by("redir"),
              step(k_CLIENT_HTTP_DROP_PROTOCOL, Who::kFirst, "client_reset"), bound, step(k_CONNECTING)});
    grow.run({step(k_WSI_CREATE)});
    grow.run({sent}, 1);
  }
  if (plan.kind == LifeKind::kOutboundWebsocket) {
    script.session = true;
    grow.run({answered, with(step(k_CLIENT_FILTER_PRE_ESTABLISH), kFdValue), step(k_CLIENT_ESTABLISHED)});
    return grow.end({step(k_WS_PEER_INITIATED_CLOSE, Who::kFirst, nullptr, 1000), close_by(kService),
                     step(k_WS_CLIENT_DROP_PROTOCOL, Who::kFirst, kClosing), step(k_CLIENT_CLOSED)});
  }
  grow.run({with(step(k_CLIENT_FILTER_PRE_ESTABLISH), kFdValue), answered});
  if (plan.ending % 3 != 1) grow.run({step(k_COMPLETED_CLIENT_HTTP)});
  grow.end({close_by(kService), dropped, step(k_CLOSED_CLIENT_HTTP)});
}

void grow_adopted(Grower &grow, LifeScript &script, const Plan &plan) {
  script.origin = Origin::kAdopted;
  const Step created = step(k_WSI_CREATE), bound = step(k_RAW_SKT_BIND_PROTOCOL, Who::kHandler);
  const Step adopted = with(step(k_RAW_ADOPT, Who::kHandler), kFdValue);
  const Step dropped = step(k_RAW_SKT_DROP_PROTOCOL, Who::kHandler, kClosing),
             closed = step(k_RAW_CLOSE, Who::kHandler);
  switch (plan.kind) {
    case LifeKind::kAdoptedRaw:
      grow.run({created, bound, adopted});
      return grow.end({close_by("raw svc fail"), dropped, closed});
    case LifeKind::kAdoptedUdp:
      grow.run(
          {created, bound, adopted, step(k_RAW_SKT_DROP_PROTOCOL, Who::kHandler, "rops_adoption_bind_raw_skt"), bound});
      return grow.end({close_by("raw svc fail"), dropped, closed});
    case LifeKind::kAdoptedFile:
      grow.run({created, step(k_RAW_ADOPT_FILE, Who::kHandler)});
      return grow.end({close_by(kService), step(k_RAW_CLOSE_FILE, Who::kHandler)});
    case LifeKind::kAdoptionLost:
      grow.run({created, with(step(k_call_failed, Who::kNobody, "lws_adopt_descriptor_vhost"), kElapsed)}).last = true;
      return;
    default: break;
  }
  grow.run({created, with(step(k_SERVER_NEW_CLIENT_INSTANTIATED), kFdValue)});
  for (uint8_t i = 0; i < plan.count; ++i) grow.file();
  grow.end_h1(plan.ending, Who::kFirst);
}

void grow_h1(Grower &grow, const Plan &plan) {
  const bool unfinished = plan.kind == LifeKind::kDynamic && plan.ending % 4 == 3;
  for (uint8_t i = 0; i < plan.count; ++i) {
    if (plan.kind == LifeKind::kFile) grow.file();
    else grow.dynamic(!unfinished || i + 1 < plan.count);
  }
  grow.end_h1(plan.ending % 4 == 3 ? 0 : plan.ending, unfinished && plan.count > 0 ? Who::kHandler : Who::kFirst);
}

void grow_accepted(Grower &grow, const Plan &plan) {
  grow.accepted();
  switch (plan.kind) {
    case LifeKind::kFile:
    case LifeKind::kDynamic: return grow_h1(grow, plan);
    case LifeKind::kUpgraded: grow.file(); [[fallthrough]];
    case LifeKind::kWebsocket: grow.upgrade(); return grow.end_session(plan.ending);
    case LifeKind::kUpgradeRefused:
      grow.run({with(step(k_HTTP_CONFIRM_UPGRADE), kPath), close_by("lws_read_h1 bail")}, 1);
      return grow.gone();
    case LifeKind::kH2:
      grow.run({with(step(k_tls_established), kServerName)});
      return grow.end({close_by(kService), step(k_CLOSED_HTTP)});
    default: return grow.end_h1(plan.ending, Who::kFirst);
  }
}

}  // namespace

LifeScript script_of(const Plan &plan) {
  LifeScript script;
  Grower grow(script);
  switch (plan.kind) {
    case LifeKind::kStream: grow_stream(grow, script, plan.ending); break;
    case LifeKind::kOutbound:
    case LifeKind::kOutboundRedirected:
    case LifeKind::kOutboundWebsocket:
    case LifeKind::kOutboundRefused:
    case LifeKind::kOutboundLost: grow_outbound(grow, script, plan); break;
    case LifeKind::kAdopted:
    case LifeKind::kAdoptedRaw:
    case LifeKind::kAdoptedFile:
    case LifeKind::kAdoptedUdp:
    case LifeKind::kAdoptionLost: grow_adopted(grow, script, plan); break;
    case LifeKind::kListener:
      script.cls = ConnectionClass::kListener;
      script.origin = Origin::kListen;
      grow.run({with(step(k_WSI_DESTROY), kListenerTag)}).last = true;
      break;
    default: grow_accepted(grow, plan); break;
  }
  return script;
}

}  // namespace wsitrace::test
