// SPDX-License-Identifier: MIT
//
// The rules that need nothing but one connection, or the end of the log.
#ifndef WSITRACE_DIAGNOSIS_FAULTS_RULES_H
#define WSITRACE_DIAGNOSIS_FAULTS_RULES_H

#include "agent/diagnosis/faults/groups.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// left_open.cpp
void judge_what_is_left(const Timeline &timeline, Groups &groups);
// transactions.cpp
// GOES_ON: its last response was still being sent, or is one without an end.
void judge_transactions(const Connection &closed, bool goes_on, Groups &groups);
// peers.cpp
void judge_peer(const Connection &connection, Groups &groups);

}  // namespace wsitrace

#endif
