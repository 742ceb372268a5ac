// SPDX-License-Identifier: MIT
#include "agent/serve/page_assets.h"

namespace wsitrace {

std::span<const Asset> page_assets() { return {}; }

}  // namespace wsitrace
