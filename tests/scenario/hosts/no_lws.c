// SPDX-License-Identifier: MIT
//
// A program without libwebsockets.
#include <stdio.h>

int main(void) {
  puts("no websockets here");
  return 7;
}
