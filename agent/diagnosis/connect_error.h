// SPDX-License-Identifier: MIT
//
// The error with which an outbound connection was not made, wherever it is told: by the call of lws that failed, or by a number in its message.
#ifndef WSITRACE_DIAGNOSIS_CONNECT_ERROR_H
#define WSITRACE_DIAGNOSIS_CONNECT_ERROR_H

#include <optional>
#include <string>

#include "agent/timeline/connection.h"

namespace wsitrace {

struct ConnectError {
  ConnectStep step = kStepConnect;
  int number = 0;
};
std::optional<ConnectError> connect_error(const Connection &connection, std::string_view message);

// "ECONNREFUSED"; of a name "EAI_NONAME"; a number where there is no name.
std::string name_of(const ConnectError &error);
// "the network is unreachable"; empty where there is nothing to say.
std::string meaning_of(const ConnectError &error);
// What to do about it, or empty.
std::string advice_on(const ConnectError &error);

}  // namespace wsitrace

#endif
