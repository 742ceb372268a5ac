// SPDX-License-Identifier: MIT
#include "agent/cli/commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "agent/cli/children.h"
#include "agent/cli/formats/format.h"
#include "agent/cli/formats/places.h"
#include "agent/cli/numbers.h"
#include "agent/cli/output.h"
#include "agent/cli/remote/trace_source.h"
#include "agent/collect/read_log.h"
#include "agent/export/diagnosis/diagnosis_text.h"
#include "agent/export/explain/explainer.h"
#include "agent/export/text/examples.h"
#include "agent/manual/cause_pages.h"
#include "agent/text/printable.h"
#include "agent/trace_diagnosis/diagnosed_log.h"

namespace wsitrace {
namespace {

constexpr const char *kExplainFooter =
    "Without --conn: what the program did, what went wrong (faults "
    "first, alike connections together, with the cause\n"
    "and what to do), and what was still open at the end.\n"
    "\n"
    "Each cause has a page that says what it means, how wsitrace knows, and how to fix it: --cause NAME without a "
    "FILE\n"
    "prints it, --cause list names all.\n"
    "\n"
    "Examples:\n"
    "  wsitrace explain janus.4711.wsitrace                         what went wrong, and why?\n"
    "  wsitrace explain janus.4711.wsitrace --conn 7                what is connection 7, why did it end?\n"
    "  wsitrace explain janus.4711.wsitrace --cause response_owed   all that is known of these\n"
    "  wsitrace explain --cause response_owed                       what does that mean, how do I fix it?\n"
    "  wsitrace explain http://127.0.0.1:9464/4711                  the same of a process that an agent serves";

constexpr const char *kAllCauses = "list";
constexpr size_t kColumns = 100;  // on a terminal; elsewhere one sentence a line

struct ExplainOptions {
  std::string file;  // as the user wrote it
  std::string path;  // what is read
  RemoteAccess access;
  uint64_t connection = 0;
  uint32_t pid = 0;
  std::string format = "text";
  std::string cause;
  bool is_verbose = false;
};

Expected<ReadLog> explain(const ExplainOptions &options, Output &output) {
  const size_t width = isatty(STDOUT_FILENO) == 1 ? kColumns : 0;
  Timeline timeline;
  Explainer explainer(timeline, options.connection, width, [&output](std::string_view text) { output.write(text); });
  timeline.add(explainer);
  auto read = read_log(options.path, timeline, options.pid);
  if (!read && timeline.heard_nothing()) return read;
  const bool found = explainer.finish();
  if (!read || found) return read;
  return unexpected(no_such_connection(options.connection, options.file, timeline.totals().opened));
}

Expected<ReadLog> diagnose(const ExplainOptions &options, Output &output) {
  const DiagnosisChoice choice{cause_named(options.cause), options.is_verbose || !options.cause.empty()};
  DiagnosedLog diagnosed(choice.is_whole ? Doctor::Evidence::kOfEach : Doctor::Evidence::kOfTheFirst);
  const Doctor &doctor = diagnosed.doctor;
  auto read = diagnosed.read(options.path, options.pid, {.afterwards = name_places});
  if (!read && doctor.timeline().heard_nothing()) return read;
  const Format &format = *parse_format(options.format)->format;
  Timeline again;  // the timelines of examples take another pass
  const std::set<uint64_t> wanted = examples_for(doctor, choice);
  Examples examples(again, wanted);
  again.add(examples);
  if (read && format.shows_examples && !wanted.empty()) read = read_log(options.path, again, options.pid);
  const size_t width = isatty(STDOUT_FILENO) == 1 ? kColumns : 0;
  output.write(format.diagnosis(doctor, {examples.texts(), options.file, width, choice}));
  return read;
}

// Of the names of causes the longest decides where the second column begins.
void list_causes(Output &output) {
  size_t width = 0;
  for (const CausePage &page : cause_pages()) width = std::max(width, page.name.size());
  for (const CausePage &page : cause_pages())
    output.write(std::string(page.name) + std::string(width + 2 - page.name.size(), ' ') + meaning_of(page) + "\n");
}

Error no_such_cause(const std::string &name) {
  std::string near;
  for (const std::string_view one : near_causes(name)) near.append(near.empty() ? "" : ", ").append(one);
  return {"--cause " + name, "no such cause",
          near.empty() ? "`wsitrace explain --cause list` names all" : "did you mean " + near + "?"};
}

// nullptr: the list of all.
int show_page(const CausePage *page) {
  Output output = Output::to_stdout();
  page != nullptr ? output.write(page->text) : list_causes(output);
  const auto written = output.finish();
  if (!written) complain(written.error());
  return written ? 0 : kUsageStatus;
}

// A program may do its work in processes that it forks: what went wrong there is part of the answer.
void diagnose_children(const ExplainOptions &options, Output &output) {
  constexpr size_t kShown = 5;
  const std::vector<ChildTrace> children = child_traces(options.file);
  for (size_t i = 0; i < children.size() && i < kShown; ++i) {
    output.write("\nForked process " + children[i].pid + ", recorded in " + printable(children[i].file) + ":\n");
    ExplainOptions of_child = options;
    of_child.file = of_child.path = children[i].file;
    if (const auto read = diagnose(of_child, output); !read) complain(read.error());
  }
  if (children.size() > kShown)
    output.write("\n" + std::to_string(children.size() - kShown) +
                 " more forked processes have traces of their own.\n");
}

int run(ExplainOptions options) {
  const CausePage *page = cause_page(options.cause);
  if (!options.cause.empty()) {
    const bool wants_list = options.cause == kAllCauses && options.file.empty();
    if (page == nullptr && !wants_list) {
      complain(no_such_cause(options.cause));
      return kUsageStatus;
    }
    if (options.file.empty()) return show_page(page);
  }
  const auto source = TraceSource::open(options.file, options.access);
  if (!source) {
    complain(source.error());
    return kUsageStatus;
  }
  options.path = source->path();
  Output output = Output::to_stdout();
  const auto explained = options.connection == 0 ? diagnose(options, output) : explain(options, output);
  if (explained && options.connection == 0 && options.pid == 0 && options.format == "text")
    diagnose_children(options, output);
  const auto written = output.finish();
  if (!explained) complain(explained.error());
  else if (explained->cut_off) complain(*explained->cut_off);
  if (!written) complain(written.error());
  return explained && written ? 0 : kUsageStatus;
}

}  // namespace

void add_explain_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App *command = app.add_subcommand("explain", "Say what went wrong, why, and what to do about it");
  command->add_option("FILE", options->file, "Trace or ring file, or the URL of a live wsitrace");
  CLI::Option *conn = command->add_option("--conn", options->connection, "Show one connection in full")
                          ->type_name("ID")
                          ->check(counting_number());
  command
      ->add_option(
          "--cause", options->cause,
          "Show only what has this cause, with all connections and all evidence; without a FILE: what it means and "
          "how to fix it")
      ->type_name("NAME")
      ->excludes(conn);
  command->add_flag("--verbose", options->is_verbose, "Show everything, with the evidence of each connection")
      ->excludes(conn);
  command
      ->add_option("--pid", options->pid, "Of a ring file: the process to explain (default: the first that recorded)")
      ->type_name("PID");
  command->add_option("--format", options->format, "Output format; not with --conn")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(names_of_formats(is_of_diagnoses)))
      ->capture_default_str()
      ->excludes(conn);
  add_access_options(*command, options->access);
  command->footer(kExplainFooter);
  command->callback([options, &exit_status] {
    if (options->file.empty() && options->cause.empty()) throw CLI::RequiredError("FILE");
    exit_status = run(*options);
  });
}

}  // namespace wsitrace
