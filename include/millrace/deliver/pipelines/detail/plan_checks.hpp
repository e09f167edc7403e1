#ifndef MILLRACE_DELIVER_PIPELINES_DETAIL_PLAN_CHECKS_HPP
#define MILLRACE_DELIVER_PIPELINES_DETAIL_PLAN_CHECKS_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/pipelines/detail/shell_text.hpp>
#include <millrace/deliver/pipelines/detail/yaml_writer.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// What stages, jobs, environments and artifacts are called: 1 to 40 of `a-z`, `0-9` and `-`, a letter first and no
/// dash last, and no word that GitLab or YAML has for something else.
constexpr bool is_job_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 40 || !(name.front() >= 'a' && name.front() <= 'z') || name.back() == '-')
    return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  for (const std::string_view word :
       {"image", "services", "stages", "types", "cache", "include", "pages", "default", "workflow", "variables", "spec",
        "nil",   "null",     "true",   "false", "yes",   "no",      "on",    "off",     "y",        "n"})
    if (name == word) return false;
  return true;
}

/// Whether a text is not empty and consists of characters that one line can have and of those in `more`.
constexpr bool consists_of(std::string_view text, std::string_view more) noexcept {
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != more.npos))
      return false;
  return !text.empty();
}

/// A title for people: a line of printable characters.
inline bool is_title(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = utf8_sequence(text.substr(i));
    if (size == 0 || !stands_in_yaml(code_point(text.substr(i, size)))) return false;
    i += size;
  }
  return text.find_first_not_of(' ') != text.npos && text.size() <= 200;
}

/// A script: well-formed UTF-8 without a NUL and without the carriage returns of another system, which would be part of
/// the last word of each line.
inline bool is_script(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = utf8_sequence(text.substr(i));
    if (size == 0 || text[i] == '\0' || text[i] == '\r') return false;
    i += size;
  }
  return text.find_first_not_of(" \t\n") != text.npos;
}

/// A path within the repository that has no meaning as a pattern on any platform.
constexpr bool is_plain_path(std::string_view path) noexcept {
  if (!consists_of(path, "._-/+@") || path.front() == '/' || path.front() == '-') return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = path.find('/', at) == path.npos ? path.size() : path.find('/', at);
    if (path.substr(at, end - at) == "..") return false;
    at = end + 1;
  }
  return true;
}

/// A name of an image with a tag other than latest, or with a digest.
constexpr bool is_pinned_image(std::string_view image) noexcept {
  if (!consists_of(image, "._-/:@")) return false;
  const std::size_t slash = image.rfind('/');
  const std::string_view last = slash == image.npos ? image : image.substr(slash + 1);
  const std::size_t colon = last.rfind(':');
  return colon != last.npos && colon + 1 < last.size() && last.substr(colon + 1) != "latest";
}

/// Five fields as cron has them, each with a digit or a `*`, with one blank between two.
constexpr bool is_schedule(std::string_view schedule) noexcept {
  if (!consists_of(schedule, "*/,- ")) return false;
  std::size_t fields = 0;
  for (std::size_t at = 0; at <= schedule.size(); ++fields) {
    const std::size_t end = schedule.find(' ', at) == schedule.npos ? schedule.size() : schedule.find(' ', at);
    const std::string_view field = schedule.substr(at, end - at);
    // Months and days of the week have names, too.
    if (field.empty() || (fields < 3 && field.find_first_of("*0123456789") == field.npos)) return false;
    at = end + 1;
  }
  return fields == 5;
}

constexpr bool is_branch(std::string_view branch) noexcept { return is_plain_path(branch) && branch.back() != '/'; }

template <class = void>
class plan_checks {
 public:
  explicit plan_checks(const pipeline_plan& plan) : plan_(plan) {}

  result<void> operator()() const {
    if (!is_title(plan_.name)) return wrong("the pipeline", "is called", plan_.name, "a line of printable characters");
    if (!is_branch(plan_.branch)) return wrong("the pipeline", "has the branch", plan_.branch, "a branch such as main");
    if (!plan_.schedule.empty() && !is_schedule(plan_.schedule))
      return wrong("the pipeline", "has the schedule", plan_.schedule, "five fields of cron, such as 30 3 * * 1-5");
    if (const auto token = token_in(plan_.name); !token.empty()) return holds_token("the pipeline's name", token);
    if (plan_.jobs.empty()) return error(errc::invalid_argument, "the pipeline has no job");
    for (std::size_t i = 0; i < plan_.jobs.size(); ++i) {
      const pipeline_job& job = plan_.jobs[i];
      for (std::size_t j = 0; j < i; ++j)
        if (plan_.jobs[j].id == job.id) return error(errc::invalid_argument, "two jobs are called \"" + job.id + '"');
      if (auto checked = check_job(job); !checked) return checked;
      if (auto checked = check_places(job, i); !checked) return checked;
    }
    return {};
  }

 private:
  static error wrong(const std::string& who, const char* has, std::string_view what, const std::string& instead) {
    if (const auto token = token_in(what); !token.empty()) return holds_token(who, token);
    return error(errc::invalid_argument, who + ' ' + has + ' ' + quoted_text(what) + ", which is not " + instead);
  }
  static error holds_token(const std::string& where, std::string_view token) {
    return error(errc::invalid_argument,
                 where + " holds " + std::string(token) +
                     "; keep it in the platform's store of secrets and give its name to the step");
  }

  result<void> check_job(const pipeline_job& job) const {
    const std::string who = "the job " + quoted_text(job.id);
    if (!is_job_name(job.id))
      return wrong("a job", "is called", job.id, "1 to 40 of a-z, 0-9 and '-', or is a word of GitLab's");
    if (!job.container.empty() && !is_pinned_image(job.container))
      return wrong(who, "runs in the image", job.container, "an image with a tag other than latest, or with a digest");
    if (!consists_of(job.runner.image, "._-")) return wrong(who, "runs on", job.runner.image, "a name of an image");
    for (const std::string& label : job.runner.labels)
      if (!consists_of(label, "._-")) return wrong(who, "runs on machines with the label", label, "a label");
    if (job.minutes == 0 || job.minutes > 360)
      return error(errc::invalid_argument, who + " may take " + std::to_string(job.minutes) + " minutes, not 1 to 360");
    if (!job.url.empty() && !(job.url.substr(0, 8) == "https://" && consists_of(job.url, "._-/:@~?#&=%+,;")))
      return wrong(who, "has the address", job.url, "one that begins with https://");
    if (auto checked = check_matrix(job, who); !checked) return checked;
    if (auto checked = check_files(job, who); !checked) return checked;
    if (auto checked = check_approval(job, who); !checked) return checked;
    if (job.steps.empty()) return error(errc::invalid_argument, who + " has no step");
    for (const pipeline_step& step : job.steps) {
      if (!is_title(step.name)) return wrong(who + "'s step", "is called", step.name, "a line of printable characters");
      if (const auto token = token_in(step.name); !token.empty()) return holds_token("a step's name in " + who, token);
      const std::string at = who + ", step " + quoted_text(step.name) + ',';
      if (!is_script(step.script))
        return error(errc::invalid_argument,
                     at + " has a script that is blank, no UTF-8, or holds a NUL or a carriage return");
      if (const auto token = token_in(step.script); !token.empty()) return holds_token(at, token);
    }
    return {};
  }

  static result<void> check_matrix(const pipeline_job& job, const std::string& who) {
    std::size_t runs = 1;
    for (const matrix_axis& axis : job.matrix) {
      if (!consists_of(axis.variable, "_") || (axis.variable.front() >= '0' && axis.variable.front() <= '9'))
        return wrong(who, "has an axis of the variable", axis.variable, "a name of a variable");
      if (axis.values.empty()) return error(errc::invalid_argument, who + " has no value for " + axis.variable);
      for (std::size_t i = 0; i < axis.values.size(); ++i) {
        if (!consists_of(axis.values[i], "._-+"))
          return wrong(who, ("runs with " + axis.variable).c_str(), axis.values[i], "of letters, digits and ._-+");
        for (std::size_t j = 0; j < i; ++j)
          if (axis.values[j] == axis.values[i])
            return error(errc::invalid_argument, who + " runs with " + axis.variable + ' ' + axis.values[i] + " twice");
      }
      runs *= axis.values.size();
      if (runs > 200) return error(errc::invalid_argument, who + " has a matrix of more than 200 runs, GitLab's bound");
    }
    return {};
  }

  static result<void> check_files(const pipeline_job& job, const std::string& who) {
    for (const auto* paths : {&job.cache.folders, &job.cache.key_files})
      for (const std::string& path : *paths)
        if (!is_plain_path(path)) return wrong(who, "caches", path, "a path within the repository, without a pattern");
    if (job.cache.key_files.size() > 2)
      return error(errc::invalid_argument, who + " has more than 2 files for the key of its cache, GitLab's bound");
    if (job.cache.folders.empty() && !job.cache.key_files.empty())
      return error(errc::invalid_argument, who + " has files for the key of a cache, but caches no folder");
    if (!job.artifact.empty() && !is_job_name(job.artifact))
      return wrong(who, "keeps an artifact called", job.artifact, "1 to 40 of a-z, 0-9 and '-'");
    if (job.artifact.empty() != job.files.empty())
      return error(errc::invalid_argument, who + " has an artifact without files, or files without an artifact");
    if (!job.artifact.empty() && !job.matrix.empty())
      return error(errc::invalid_argument, who + " keeps an artifact, which each run of its matrix would write");
    for (const std::string& path : job.files)
      if (!is_title(path) || path.front() == '/' || ("/" + path + "/").find("/../") != std::string::npos)
        return wrong(who, "keeps", path, "a path within the repository");
    return {};
  }

  static result<void> check_approval(const pipeline_job& job, const std::string& who) {
    if (job.kind == stage_kind::production && !is_title(job.approval))
      return wrong(who, "asks for the approval", job.approval, "a line of printable characters");
    if (is_gate(job.kind) ? !job.environment.empty() : !is_job_name(job.environment))
      return error(errc::invalid_argument, who + " has the environment " + quoted_text(job.environment) +
                                               ": deployments have one, of a-z, 0-9 and '-', and gates have none");
    if (job.approval.empty()) return {};
    if (job.approval_minutes == 0 || job.approval_minutes > 43200)
      return error(errc::invalid_argument, who + " waits " + std::to_string(job.approval_minutes) +
                                               " minutes for its approval, not 1 to 43200, which are 30 days");
    for (const std::string& approver : job.approvers)
      if (!consists_of(approver, "._-@+")) return wrong(who, "is approved by", approver, "a user or an address");
    return {};
  }

  /// That the job's stage is one of the plan's, and that earlier stages keep the artifacts that it needs.
  result<void> check_places(const pipeline_job& job, std::size_t index) const {
    const std::string who = "the job " + quoted_text(job.id);
    bool is_known = false;
    for (const std::string& stage : plan_.stages) is_known = is_known || stage == job.stage;
    if (!is_known) return wrong(who, "is of the stage", job.stage, "a stage of the plan");
    for (const std::string& artifact : job.artifacts) {
      bool is_kept = false;
      for (std::size_t i = 0; i < index; ++i)
        is_kept = is_kept || (plan_.jobs[i].artifact == artifact && plan_.jobs[i].stage != job.stage);
      if (!is_kept) return wrong(who, "needs the artifact", artifact, "kept by a job of an earlier stage");
    }
    for (std::size_t i = 0; i < index && !job.artifact.empty(); ++i)
      if (plan_.jobs[i].artifact == job.artifact)
        return error(errc::invalid_argument,
                     who + " keeps an artifact called \"" + job.artifact + "\", as another does");
    return {};
  }

  const pipeline_plan& plan_;
};

/// The indices of the jobs that have to succeed before one of the stage may start: those of the stage before.
template <class = void>
std::vector<std::size_t> jobs_before(const pipeline_plan& plan, std::string_view stage) {
  std::string_view before;
  for (const std::string& each : plan.stages) {
    if (each == stage) break;
    before = each;
  }
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < plan.jobs.size(); ++i)
    if (!before.empty() && plan.jobs[i].stage == before) indices.push_back(i);
  return indices;
}

/// All that a step runs, beginning with what makes it fail when something fails.
inline std::string whole_script(const pipeline_step& step) {
  std::string script(strict_shell);
  for (const secret_name& secret : step.secrets) script += asks_for_secret(secret.view());
  script += step.script;
  while (script.back() == '\n') script.pop_back();
  return script += '\n';
}

/// The steps of a job between the platform's own for artifacts: unpack, run, pack.
template <class = void>
std::vector<pipeline_step> all_steps(const pipeline_job& job) {
  std::vector<pipeline_step> steps;
  for (const std::string& artifact : job.artifacts)
    steps.push_back({"Unpack " + artifact, "tar -xzf " + artifact + ".tar.gz"});
  for (const pipeline_step& step : job.steps) steps.push_back(step);
  if (!job.artifact.empty())
    steps.push_back({"Pack " + job.artifact, "tar -czf " + job.artifact + ".tar.gz --" + shell_words(job.files)});
  return steps;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DETAIL_PLAN_CHECKS_HPP
