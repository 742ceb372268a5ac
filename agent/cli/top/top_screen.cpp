// SPDX-License-Identifier: MIT
#include "agent/cli/top/top_screen.h"

namespace wsitrace {

void TopChoice::next_sort() {
  sort = sort == TopSort::kAge ? TopSort::kTransactions : sort == TopSort::kTransactions ? TopSort::kId : TopSort::kAge;
}

void TopChoice::next_class() {
  if (!cls) cls = ConnectionClass::kClient;
  else if (*cls == ConnectionClass::kClient) cls = ConnectionClass::kListener;
  else if (*cls == ConnectionClass::kListener) cls = ConnectionClass::kInternal;
  else cls.reset();
}

}  // namespace wsitrace
