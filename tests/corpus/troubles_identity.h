// SPDX-License-Identifier: MIT
//
// Keys and certificates for the programs of troubles_tls.c.
#ifndef WSITRACE_TESTS_TROUBLES_IDENTITY_H
#define WSITRACE_TESTS_TROUBLES_IDENTITY_H

#include <openssl/ssl.h>

#include "troubles.h"

enum { kDay = 86400 };

struct identity {
  EVP_PKEY *key;
  X509 *certificate;
};

// For NAME, valid from FROM_S seconds on to TO_S, both from now; signed by SIGNER, or by itself.
struct identity identity_from(const char *name, long from_s, long to_s, const struct identity *signer);
// Signed by itself, from the past for LIFE_S seconds more (negative: it was over before).
struct identity identity(const char *name, long life_s);

#endif
