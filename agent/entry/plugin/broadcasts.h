// SPDX-License-Identifier: MIT
#ifndef WSITRACE_ENTRY_PLUGIN_BROADCASTS_H
#define WSITRACE_ENTRY_PLUGIN_BROADCASTS_H

namespace wsitrace {

// Makes lws's broadcasts by protocol find wrapped callbacks, whoever calls them. See got_patch.h for why.
void keep_broadcasts_working() noexcept;

}  // namespace wsitrace

#endif
