#ifndef MILLRACE_DELIVER_PIPELINES_PIPELINE_HPP
#define MILLRACE_DELIVER_PIPELINES_PIPELINE_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/pipelines/detail/plan_checks.hpp>
#include <millrace/deliver/pipelines/detail/shell_text.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// What is wrong with an order of stages, found once all of them are stages. `culprit` is the index of the first stage
/// that breaks the rule, or the number of stages.
template <class... Stages>
struct stage_order {
  static constexpr std::size_t size = sizeof...(Stages);
  static constexpr stage_kind kinds[size] = {Stages::kind...};
  static constexpr std::string_view names[size] = {Stages::name...};

  static constexpr bool has_before(std::size_t index, stage_kind kind) noexcept {
    for (std::size_t i = 0; i < index; ++i)
      if (kinds[i] == kind) return true;
    return false;
  }
  static constexpr bool has_deployment_before(std::size_t index) noexcept {
    return has_before(index, stage_kind::staging) || has_before(index, stage_kind::production);
  }
  template <class Breaks>
  static constexpr std::size_t first(Breaks breaks) noexcept {
    std::size_t i = 0;
    while (i < size && !breaks(i)) ++i;
    return i;
  }

  static constexpr std::size_t badly_named = first([](std::size_t i) { return !is_job_name(names[i]); });
  static constexpr std::size_t named_twice = first([](std::size_t i) {
    for (std::size_t j = 0; j < i; ++j)
      if (names[j] == names[i]) return true;
    return false;
  });
  static constexpr std::size_t without_gate = first([](std::size_t i) {
    return !is_gate(kinds[i]) && !(has_before(i, stage_kind::test) && has_before(i, stage_kind::validation));
  });
  static constexpr std::size_t before_staging =
      first([](std::size_t i) { return kinds[i] == stage_kind::production && !has_before(i, stage_kind::staging); });
  static constexpr std::size_t gate_too_late =
      first([](std::size_t i) { return is_gate(kinds[i]) && has_deployment_before(i); });
  static constexpr std::size_t staging_too_late =
      first([](std::size_t i) { return kinds[i] == stage_kind::staging && has_before(i, stage_kind::production); });
};

/// The letters of the name of the stage at an index; nothing of one that is not there.
template <class Order, std::size_t Index, std::size_t At = (Index < Order::size ? Index : 0),
          class Letters =
              std::make_index_sequence<Index<Order::size ? Order::names[At].size() : 0>> struct stage_called;
template <class Order, std::size_t Index, std::size_t At, std::size_t... Letter>
struct stage_called<Order, Index, At, std::index_sequence<Letter...>> {
  using type = spelled<Order::names[At][Letter]...>;
};

template <class... Stages>
struct pipeline_rules {
  using order = stage_order<Stages...>;
  template <std::size_t Culprit>
  using called = typename stage_called<order, Culprit>::type;
  static constexpr std::size_t none = sizeof...(Stages);
  static constexpr std::size_t badly_named = order::badly_named;
  static constexpr std::size_t named_twice = order::named_twice;
  static constexpr std::size_t without_gate = order::without_gate;
  static constexpr std::size_t before_staging = without_gate == none ? order::before_staging : none;
  static constexpr std::size_t gate_too_late = order::gate_too_late;
  static constexpr std::size_t staging_too_late = order::staging_too_late;

  static_assert(requirement<badly_named == none, called<badly_named>>,
                "millrace[CI-2]: a stage's name is 1 to 40 of a-z, 0-9 and '-', a letter first, and no word of "
                "GitLab's such as image");
  static_assert(requirement<named_twice == none, called<named_twice>>,
                "millrace[CI-3]: two stages have one name; name each for what it does: test_stage<\"gpu-test\">");
  static_assert(requirement<without_gate == none, called<without_gate>>,
                "millrace[CI-5]: a deployment without a gate; put a test_stage and a validation_stage before it");
  static_assert(requirement<before_staging == none, called<before_staging>>,
                "millrace[CI-6]: production before staging; put a deploy_to_staging before it");
  static_assert(requirement<gate_too_late == none, called<gate_too_late>>,
                "millrace[CI-7]: a gate behind a deployment, which it would not keep; put gates first");
  static_assert(requirement<staging_too_late == none, called<staging_too_late>>,
                "millrace[CI-8]: staging behind production, which it would not keep; put it before");
};

/// What a stage said of itself when its pipeline was made.
struct described_stage {
  std::string name;
  stage_kind kind;
  result<std::vector<pipeline_job>> jobs;
};

/// Lines that give scripts their variables.
template <class = void>
result<std::string> exports(const std::vector<pipeline_variable>& variables) {
  std::string lines;
  for (const pipeline_variable& each : variables) {
    if (!consists_of(each.name, "_") || (each.name.front() >= '0' && each.name.front() <= '9'))
      return error(errc::invalid_argument, "a variable is called " + quoted_text(each.name));
    lines += "export " + each.name + '=' + shell_word(each.value) + '\n';
  }
  return lines;
}

template <class = void>
result<pipeline_plan> make_plan(const pipeline_settings& settings, const std::vector<described_stage>& stages) {
  const auto variables = exports(settings.variables);
  if (!variables) return variables.error();
  pipeline_plan plan{settings.name, settings.branch, settings.schedule};
  std::vector<std::string> models;  // the artifacts that deployments find
  for (const described_stage& stage : stages) {
    if (!stage.jobs) return stage.jobs.error();
    plan.stages.push_back(stage.name);
    for (pipeline_job job : *stage.jobs) {
      job.stage = stage.name;
      job.kind = stage.kind;
      if (!is_gate(stage.kind)) job.artifacts = models;
      for (pipeline_step& step : job.steps) step.script = *variables + step.script;
      plan.jobs.push_back(std::move(job));
    }
    if (stage.kind == stage_kind::validation)
      for (const pipeline_job& job : *stage.jobs)
        if (!job.artifact.empty()) models.push_back(job.artifact);
  }
  if (auto checked = plan_checks<>(plan)(); !checked) return std::move(checked).error();
  return plan;
}

}  // namespace detail

/// A pipeline of continuous integration and delivery, which the four emitters write for their platforms:
///
///     const mr::deliver::pipeline fraud({.name = "fraud"}, test_stage<>{}, validation_stage<>{{...}},
///                                       security_stage<>{{...}}, deploy_to_staging<>{{...}},
///                                       deploy_to_production<>{{...}});
///     const auto text = to_github_actions(fraud);   // a result<std::string>
///
/// Stages run in their order, each when all jobs of the one before have succeeded. The compiler refuses an order
/// without gates before deployments, without staging before production, or with one name twice; there is no deployment
/// to production without an approval. A stage of your own is any `pipeline_stage`. Guarantee: whatever the texts are
/// that it is given, each is on each platform what it was here: a name, or a script. What cannot be said on one of them
/// is refused, and so is a text that holds a token of a well-known service. Complexity: of the text's length. Threads:
/// const members, any number at once.
template <class... Stages>
class pipeline {
  static_assert(sizeof...(Stages) > 0 && (millrace::detail::requirement<pipeline_stage<Stages>, Stages> && ...),
                "millrace[CI-1]: a pipeline is made of stages, each with a name, a kind and jobs(settings): "
                "test_stage<>, validation_stage<>, security_stage<>, deploy_to_staging<> and deploy_to_production<> "
                "are some");

 public:
  explicit pipeline(pipeline_settings settings, Stages... stages) : settings_(std::move(settings)) {
    if constexpr ((pipeline_stage<Stages> && ...)) {
      static_cast<void>(sizeof(detail::pipeline_rules<Stages...>));
      (stages_.push_back({std::string(std::string_view(Stages::name)), Stages::kind, stages.jobs(settings_)}), ...);
    }
  }

  /// The jobs of all stages, as emitters read them.
  /// Errors: those of the stages; invalid_argument: a text cannot be said on every platform or holds a token, a matrix
  /// is empty or larger than 200, a path leaves the repository, an image has no tag, two jobs have one id.
  result<pipeline_plan> plan() const { return detail::make_plan(settings_, stages_); }

 private:
  pipeline_settings settings_;
  std::vector<detail::described_stage> stages_;
};

namespace detail {

/// What `write(plan)` makes of a pipeline's plan, if it has one.
template <class Write, class... Stages>
result<std::string> written(const pipeline<Stages...>& made, const Write& write) {
  const auto plan = made.plan();
  if (!plan) return plan.error();
  return write(*plan);
}

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_PIPELINE_HPP
