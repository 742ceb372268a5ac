// SPDX-License-Identifier: MIT
//
// Why an outbound connection could not be made: the error of the call that failed, or the number in lws's message.
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
