// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TEXT_CALLBACKS_H
#define WSITRACE_TEXT_CALLBACKS_H

#include <cstdint>
#include <string>

namespace wsitrace {

// The reason of a callback as <libwebsockets.h> spells it: "LWS_CALLBACK_RECEIVE", also for reasons that are never recorded but
// may be the `value` of callback_refused; "callback 217" for a number that is not known.
// Source: enum lws_callback_reasons of libwebsockets 4.1.6 to 5.0.
std::string callback_name(int reason);

// The same of what is a reason for certain, and not the kind of an event: those of an application are "LWS_CALLBACK_USER + 3".
std::string reason_name(int reason);

// What a pending timeout waits for, as the end of "lws had set a timeout ...": "for an idle keep-alive connection (...)". Empty
// for a number that is not known. Source: enum pending_timeout of libwebsockets, the same from 4.1.6 to 5.0.
std::string timeout_purpose(int reason);

}  // namespace wsitrace

#endif
