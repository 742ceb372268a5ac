// SPDX-License-Identifier: MIT
#include "agent/cli/top/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cwchar>
#include <string_view>

#include "agent/base/fd.h"
#include "agent/cli/top/known_terminal.h"

// Last: it defines macros with everyday names.
#define NCURSES_NOMACROS 1
#include <curses.h>

namespace wsitrace {
namespace {

constexpr int kEscapeDelayMs = 25;
constexpr int kEndingSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// Names that hosts use may be in any script; a locale that cannot show them is not asked.
void use_utf8() {
  std::setlocale(LC_CTYPE, "");
  const std::string_view character = "\u4e2d";
  std::mbstate_t state{};
  wchar_t wide = 0;
  if (std::mbrtowc(&wide, character.data(), character.size(), &state) != character.size() || wide != L'\u4e2d')
    std::setlocale(LC_CTYPE, "C.UTF-8");
}

attr_t attributes_of(TopStyle style) {
  switch (style) {
    case TopStyle::kFaint: return A_DIM;
    case TopStyle::kWarning: return A_BOLD;
    case TopStyle::kTitles: return A_REVERSE;
    case TopStyle::kSelected: return A_REVERSE | A_BOLD;
    case TopStyle::kPlain: break;
  }
  return A_NORMAL;
}

TopKey key_of(int code) {
  switch (code) {
    case '/': return TopKey::kFind;
    case '?':
    case 'h': return TopKey::kHelp;
    case '\r':
    case '\n':
    case KEY_ENTER: return TopKey::kEnter;
    case '\x1b': return TopKey::kEscape;
    case '\b':
    case '\x7f':
    case KEY_BACKSPACE: return TopKey::kErase;
    case 'q':
    case 'Q': return TopKey::kQuit;
    case 's':
    case 'S': return TopKey::kSort;
    case 'c':
    case 'C': return TopKey::kClass;
    case KEY_UP:
    case 'k': return TopKey::kUp;
    case KEY_DOWN:
    case 'j': return TopKey::kDown;
    case KEY_PPAGE: return TopKey::kPageUp;
    case KEY_NPAGE:
    case ' ': return TopKey::kPageDown;
    case KEY_HOME: return TopKey::kHome;
    case KEY_END: return TopKey::kEnd;
    case 'L' - '@': return TopKey::kRedraw;
    default: return TopKey::kNone;
  }
}

TopPress press_of(int code) {
  const bool is_text = code >= ' ' && code <= 0xff && code != '\x7f';
  return {key_of(code), is_text ? static_cast<char>(code) : '\0'};
}

}  // namespace

struct Terminal::State {
  SCREEN *screen = nullptr;
  Fd signals;
  sigset_t mask_before{};
};

Terminal::Terminal(std::unique_ptr<State> state) : state_(std::move(state)) {}

Expected<std::unique_ptr<Terminal>> Terminal::open() {
  use_utf8();
  auto state = std::make_unique<State>();
  sigset_t taken;
  sigemptyset(&taken);
  for (const int number : kEndingSignals) sigaddset(&taken, number);
  sigaddset(&taken, SIGWINCH);
  state->signals = Fd(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!state->signals.valid()) return unexpected(system_error("signals", errno));
  if (is_known_terminal()) state->screen = ::newterm(nullptr, stdout, stdin);
  if (state->screen == nullptr) {
    const char *name = std::getenv("TERM");
    return unexpected(Error{"terminal", std::string("nothing is known of TERM=") + (name != nullptr ? name : ""),
                            "set TERM, or write to a file: | cat"});
  }
  ::sigprocmask(SIG_BLOCK, &taken, &state->mask_before);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::curs_set(0);
  ::keypad(::stdscr, TRUE);
  ::nodelay(::stdscr, TRUE);
  ::set_escdelay(kEscapeDelayMs);
  return std::unique_ptr<Terminal>(new Terminal(std::move(state)));
}

Terminal::~Terminal() {
  ::endwin();
  ::delscreen(state_->screen);
  ::sigprocmask(SIG_SETMASK, &state_->mask_before, nullptr);
}

TopSize Terminal::size() const {
  return {static_cast<size_t>(std::max(::getmaxx(::stdscr), 1)), static_cast<size_t>(std::max(::getmaxy(::stdscr), 1))};
}

void Terminal::show(const std::vector<TopLine> &lines) {
  ::werase(::stdscr);
  for (size_t i = 0; i < lines.size(); ++i) {
    ::wattrset(::stdscr, static_cast<int>(attributes_of(lines[i].style)));
    ::mvwaddstr(::stdscr, static_cast<int>(i), 0, lines[i].text.c_str());
  }
  ::wattrset(::stdscr, static_cast<int>(A_NORMAL));
  ::wrefresh(::stdscr);
}

TopKey Terminal::on_signal() {
  signalfd_siginfo info{};
  TopKey key = TopKey::kNone;
  while (::read(state_->signals.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo != SIGWINCH) return TopKey::kGone;
    winsize now{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_row > 0 && now.ws_col > 0)
      ::resizeterm(now.ws_row, now.ws_col);
    key = TopKey::kRedraw;
  }
  return key;
}

TopPress Terminal::next(int timeout_ms) {
  if (const int code = ::wgetch(::stdscr); code != ERR) return press_of(code);  // read ahead by ncurses
  pollfd readable[] = {{STDIN_FILENO, POLLIN, 0}, {state_->signals.get(), POLLIN, 0}};
  if (::poll(readable, 2, timeout_ms) <= 0) return {};
  if (readable[1].revents != 0)
    if (const TopKey key = on_signal(); key != TopKey::kNone) return {key};
  if (readable[0].revents == 0) return {};
  const int code = ::wgetch(::stdscr);
  if (code == ERR) return {(readable[0].revents & (POLLHUP | POLLERR)) != 0 ? TopKey::kGone : TopKey::kNone};
  return press_of(code);
}

}  // namespace wsitrace
