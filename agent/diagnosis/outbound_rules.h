// SPDX-License-Identifier: MIT
//
// The rules for outbound connections, in the order in which they are asked: connecting.cpp up to the request, outbound.cpp from there on.
// Internal to the room.
#ifndef WSITRACE_DIAGNOSIS_OUTBOUND_RULES_H
#define WSITRACE_DIAGNOSIS_OUTBOUND_RULES_H

#include <string>

#include "agent/diagnosis/rules.h"

namespace wsitrace {

// Of CLIENT_CONNECTION_ERROR, or what else lws says of the end.
std::string message_of(const Case &of);
inline bool says(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
// How long it has waited since then.
std::string wait_text(const Case &of, Ns since_ns);
// The kernel has acknowledged the SYN, or more.
bool was_tcp_connected(const Case &of);
// How long the connection went unserviced, if that was long and no sign of an event loop was seen meanwhile.
std::optional<Ns> unserviced_ns(const Case &of);

inline constexpr const char *kPlainAdvice =
    "; where that port speaks TLS, connect with LCCSCF_USE_SSL (nginx answers plain HTTP there with 400)";

// lws makes one when it begins to connect.
inline bool has_socket(const Connection &of) { return of.fd || !of.peer.empty(); }
std::string port_of(const std::string &address);
// The status of the redirect that it followed last, if that led to where it failed.
std::optional<int> redirect_status(const Case &of);

// requests.cpp
std::optional<Symptom> tls_not_set_up(const Case &of);
// All that came is as long as an alert of TLS, and this side does not speak TLS.
bool is_tls_alert(const Connection &connection);
// It is open, or its context, its vhost or a timeout ended it.
bool waited_to_the_end(const Case &of);
std::optional<Symptom> proxy_silent(const Case &of);
std::optional<Symptom> own_request_failed(const Case &of);
std::optional<Symptom> head_is_all(const Case &of);
std::optional<Symptom> answer_not_read(const Case &of);
std::optional<Symptom> half_a_head(const Case &of);
std::optional<Symptom> head_too_large(const Case &of);
std::optional<Symptom> server_said_no(const Case &of);
std::optional<Symptom> wants_websocket(const Case &of);
// Both add to SYMPTOM: of a body that is not sent; of a request that the server did not answer.
void tell_of_redirect(Symptom &symptom, const Case &of);
bool tell_of_shared_socket(Symptom &symptom, const Case &of);
std::optional<Symptom> callback_ended_it(const Case &of);
std::optional<Symptom> body_not_taken(const Case &of);
std::optional<Symptom> answer_goes_on(const Case &of);

std::optional<Symptom> not_serviced(const Case &of);
std::optional<Symptom> not_its_loop(const Case &of);
// unsent.cpp
std::optional<Symptom> no_table_for_request(const Case &of);
std::optional<Symptom> waits_in_queue(const Case &of);
std::optional<Symptom> no_socket(const Case &of);
std::optional<Symptom> never_sent(const Case &of);
// asked.cpp
std::optional<Symptom> method_unknown(const Case &of);
std::optional<Symptom> raw_with_tls(const Case &of);
std::optional<Symptom> no_http2_there(const Case &of);
std::optional<Symptom> refused_by_broker(const Case &of);
std::optional<Symptom> ipv6_switched_off(const Case &of);
// Which loop the context needs, in a sentence.
std::string event_library_text(const Premises &of);
// Where the address or the port that this program gave cannot be one; empty: they may be.
std::string address_advice(const Case &of);
std::optional<Symptom> server_tls_failed(const Case &of);
// streams.cpp
std::optional<Symptom> stream_reset(const Case &of);
std::optional<Symptom> settings_empty(const Case &of);
// A websocket was asked for on HTTP/2: adds to SYMPTOM.
void tell_of_websocket(Symptom &symptom, const Case &of);
// oddities.cpp: what is odd about the request, where that may be why it came to nothing: adds to SYMPTOM.
void tell_of_oddities(Symptom &symptom, const Case &of);
// proxies.cpp
std::optional<Symptom> proxy_refused(const Case &of);
std::optional<Symptom> connect_failed(const Case &of);
std::optional<Symptom> serviced_late(const Case &of);

}  // namespace wsitrace

#endif
