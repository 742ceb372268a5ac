// SPDX-License-Identifier: MIT
#include "agent/diagnosis/not_made.h"

#include <span>

namespace wsitrace {
namespace {

// In `why`, # is the line's number and @ its text. The first that lws logged counts.
struct Reason {
  Said said;
  const char *why;
  const char *advice;
};
constexpr Reason kReasons[] = {
    {Said::kNoCertificate, "the certificate '@' could not be loaded",
     "check that the file is there, that this program may read it, and that it is a PEM certificate"},
    {Said::kNoKey, "the private key '@' could not be loaded",
     "check that the file is there, that this program may read it, and that it is the certificate's own key; one that "
     "is "
     "encrypted (BEGIN ENCRYPTED PRIVATE KEY) needs its passphrase in ssl_private_key_password"},
    {Said::kCertificateUnreadable, "its certificate could not be read",
     "check server_ssl_cert_mem and server_ssl_cert_mem_len: PEM text with the 0 that ends it, or DER"},
    {Said::kKeyUnreadable, "the private key in memory could not be used",
     "check server_ssl_private_key_mem: PEM text with the 0 that ends it, or DER, and the certificate's own key"},
    {Said::kKeyOfAnother, "the private key is not that of the certificate",
     "compare them: openssl x509 -noout -pubkey -in CERTIFICATE and openssl pkey -pubout -in KEY print the same"},
    {Said::kNoMemoryForTables, "there was no memory for its tables of descriptors",
     "lower the limit of descriptors, for each of which lws keeps a place (ulimit -n, LimitNOFILE=, "
     "docker run --ulimit nofile=1024), or set fd_limit_per_thread of the context"},
    {Said::kUserUnknown, "there is no user '@'", "check `username` of the context (getent passwd)"},
    {Said::kGroupUnknown, "there is no group '@'", "check `groupname` of the context (getent group)"},
    {Said::kUserIdUnknown, "there is no user with id #",
     "set `uid` of the context to that of a user (getent passwd), or to -1; fill its lws_context_creation_info with "
     "zeros first. A number that you set elsewhere, such as the port, shows that the program was compiled with the "
     "header of another libwebsockets than it runs with"},
    {Said::kGroupIdUnknown, "there is no group with id #",
     "set `gid` of the context to that of a group (getent group), or to -1; fill its lws_context_creation_info with "
     "zeros first"},
    {Said::kUserNotChanged, "this program may not change its user or group",
     "start it as root, or leave uid, gid, username and groupname of the context unset"},
    {Said::kEventLoopMissing, "its event loop is missing",
     "install the event loop for lws (Debian: libwebsockets-evlib-uv, -ev or -glib), or leave the option for it out "
     "(LWS_SERVER_OPTION_LIBUV, ...): lws has a loop of its own"},
};

// Of a socket in the file system; some versions make the vhost all the same.
constexpr Reason kSocketReasons[] = {
    {Said::kSocketOwnerUnknown, "there is no user or group '@', which is to own its socket",
     "check unix_socket_perms of the vhost, USER:GROUP (getent passwd, getent group)"},
    {Said::kSocketPathTooLong, "the path of its socket is too long, '@'",
     "give `iface` of the vhost a shorter one: the path of a UNIX socket has at most 107 bytes"},
};

constexpr Reason kEmptyReasons[] = {
    {Said::kNoVhost, "the context has no vhost",
     "make a vhost first (lws_create_vhost()), or leave LWS_SERVER_OPTION_EXPLICIT_VHOSTS out: lws_create_context() "
     "then makes one"},
    {Said::kNoRole, "lws has no role for what it asks for",
     "check `method` of the connect info, and which roles this libwebsockets was built with (LWS_ROLE_WS, ...)"},
    {Said::kNoTls, "this libwebsockets was built without TLS",
     "use a libwebsockets with TLS (LWS_WITH_SSL), or leave LCCSCF_USE_SSL out"},
    {Said::kProtocolNotStarted, "a protocol of its vhost could not be initialized",
     "return 0 from LWS_CALLBACK_PROTOCOL_INIT: this libwebsockets connects nowhere before all protocols are "
     "initialized"},
};

std::string filled_in(const char *why, const SaidLine &line) {
  std::string out;
  for (const char *at = why; *at != '\0'; ++at) {
    if (*at == '@') out += line.text;
    else if (*at == '#') out += std::to_string(line.number);
    else out += *at;
  }
  return out;
}

std::optional<WhyNotMade> first_of(std::span<const Reason> reasons, const SaidLines &said) {
  for (const Reason &reason : reasons) {
    const SaidLine *line = said(reason.said);
    if (line == nullptr) continue;
    const bool names_no_file = reason.said == Said::kNoKey && (line->text.empty() || line->text.starts_with("ssl "));
    return WhyNotMade{names_no_file ? "the private key of the certificate is missing" : filled_in(reason.why, *line),
                      reason.advice};
  }
  return std::nullopt;
}

}  // namespace

WhyNotMade why_not_made(const SaidLines &said) {
  if (auto why = why_no_socket(said)) return *std::move(why);
  return first_of(kReasons, said)
      .value_or(
          WhyNotMade{"lws logged no reason that wsitrace knows",
                     "switch on lws's log with lws_set_log_level(LLL_ERR | LLL_WARN, NULL): it says what is missing"});
}

std::optional<WhyNotMade> why_no_socket(const SaidLines &said) { return first_of(kSocketReasons, said); }

std::optional<WhyNotMade> why_came_empty(const SaidLines &said) { return first_of(kEmptyReasons, said); }

}  // namespace wsitrace
