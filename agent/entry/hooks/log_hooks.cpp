// SPDX-License-Identifier: MIT
//
// lws logs about a hundred lines for each request, whether or not somebody wants to see them, and hardly any is one that is recorded. So what
// stands in front of its log passes a line on in a few instructions when it is of a level that nothing is recorded of, or when its format
// was looked at before and is none that matters. The formats of lws are literals, so an address is enough to know one by. With the arguments
// in a list, as C has it, this cannot be said; hence the instructions, for one architecture. Elsewhere each line is looked at.
#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>

#include "agent/entry/hooks/hooks.h"
#include "agent/probe/said.h"

// Named in those instructions.
#define WSITRACE_NAMED __attribute__((visibility("hidden"), used))

// The arguments of a line are still where the caller put them when it goes to where NEXT points, or to LOOK, which takes the same ones. LEVEL and
// FORMAT are the registers that they are in; r10 and r11 are nobody's. Without optimization, or with a sanitizer, the compiler puts code of
// its own before the instructions.
#if defined(__x86_64__) && defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define WSITRACE_PASS_ON(level, format, next, look)    \
  __asm__("testl $15, " level                          \
          "\n\t"                                       \
          "je 1f\n\t"                                  \
          "movq " format                               \
          ", %r11\n\t"                                 \
          "shrq $3, %r11\n\t"                          \
          "andl $255, %r11d\n\t"                       \
          "leaq wsitrace_idle_formats(%rip), %r10\n\t" \
          "cmpq " format                               \
          ", (%r10,%r11,8)\n\t"                        \
          "jne " look                                  \
          "\n"                                         \
          "1:\n\t"                                     \
          "jmp *" next "(%rip)")
#define WSITRACE_LOOK_VISIBLE WSITRACE_NAMED
#else
#define WSITRACE_LOOK_VISIBLE LWS_VISIBLE
#define wsitrace_look_at_lws_log WSITRACE_HOOK(_lws_log)
#define wsitrace_look_at_lws_log_cx wsitrace_hook__lws_log_cx
#endif

extern "C" {

using LogLine = void(int level, const char *format, ...);
WSITRACE_LOOK_VISIBLE void wsitrace_look_at_lws_log(int level, const char *format, ...);
WSITRACE_LOOK_VISIBLE void wsitrace_look_at_lws_log_cx(void *context, LogPrefix, void *object, int level,
                                                       const char *function, const char *format, ...);
// Where a line goes that is not looked at: to the host's function, once that was found.
WSITRACE_NAMED constinit std::atomic<LogLine *> wsitrace_log_next{wsitrace_look_at_lws_log};
WSITRACE_NAMED constinit std::atomic<LogInContext *> wsitrace_log_cx_next{wsitrace_look_at_lws_log_cx};
// Formats that are not recorded, the latest of those that share a place.
WSITRACE_NAMED constinit std::array<std::atomic<const char *>, 256> wsitrace_idle_formats{};
}

static_assert((LLL_ERR | LLL_WARN | LLL_NOTICE | LLL_INFO) == 15);

namespace wsitrace {
namespace {

// What lws makes of a line itself is shorter.
struct Line {
  char text[2048];
  Line(const char *format, va_list arguments) noexcept { vsnprintf(text, sizeof text, format, arguments); }
};

template <typename Function>
void look(int level, const char *format, va_list arguments, std::atomic<Function *> &next,
          Function *original) noexcept {
  if (!hooks_record()) return;
  next.store(original, std::memory_order_relaxed);
  if (format == nullptr || (level & 15) == 0 || note_line(level, format, arguments)) return;
  wsitrace_idle_formats[reinterpret_cast<uintptr_t>(format) >> 3 & 255].store(format, std::memory_order_relaxed);
}

}  // namespace

void forget_log_originals() noexcept {
  wsitrace_log_next.store(wsitrace_look_at_lws_log, std::memory_order_relaxed);
  wsitrace_log_cx_next.store(wsitrace_look_at_lws_log_cx, std::memory_order_relaxed);
  for (auto &format : wsitrace_idle_formats) format.store(nullptr, std::memory_order_relaxed);
}

}  // namespace wsitrace

extern "C" {

// The lines of lws's log go on as they are, if they are wanted: lws itself decides that.
void wsitrace_look_at_lws_log(int level, const char *format, ...) {
  const auto original = WSITRACE_ORIGINAL(_lws_log);
  if (original == nullptr) return;
  va_list arguments;
  va_start(arguments, format);
  wsitrace::look(level, format, arguments, wsitrace_log_next, original);
  if (const auto with_list = WSITRACE_ORIGINAL(_lws_logv)) with_list(level, format, arguments);
  else original(level, "%s", wsitrace::Line(format, arguments).text);
  va_end(arguments);
}

void wsitrace_look_at_lws_log_cx(void *context, LogPrefix prefix, void *object, int level, const char *function,
                                 const char *format, ...) {
  const auto original = wsitrace::host_function<LogInContext>(wsitrace::kHook__lws_log_cx);
  const auto is_visible = wsitrace::host_function<int(void *, int)>(wsitrace::kHook_lwsl_visible_cx);
  if (original == nullptr) return;
  va_list arguments;
  va_start(arguments, format);
  wsitrace::look(level, format, arguments, wsitrace_log_cx_next, original);
  // lws has no variant of it that takes a va_list.
  if (context == nullptr || is_visible == nullptr || is_visible(context, level) != 0)
    original(context, prefix, object, level, function, "%s", wsitrace::Line(format, arguments).text);
  va_end(arguments);
}

#if defined(WSITRACE_PASS_ON)

__attribute__((naked)) LWS_VISIBLE void WSITRACE_HOOK(_lws_log)(int, const char *, ...) {
  WSITRACE_PASS_ON("%edi", "%rsi", "wsitrace_log_next", "wsitrace_look_at_lws_log");
}

__attribute__((naked)) LWS_VISIBLE void wsitrace_hook__lws_log_cx(void *, LogPrefix, void *, int, const char *,
                                                                  const char *, ...) {
  WSITRACE_PASS_ON("%ecx", "%r9", "wsitrace_log_cx_next", "wsitrace_look_at_lws_log_cx");
}

#endif

}  // extern "C"
