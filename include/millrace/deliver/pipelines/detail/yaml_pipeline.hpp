#ifndef MILLRACE_DELIVER_PIPELINES_DETAIL_YAML_PIPELINE_HPP
#define MILLRACE_DELIVER_PIPELINES_DETAIL_YAML_PIPELINE_HPP

#include <millrace/deliver/pipelines/detail/yaml_writer.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>
#include <millrace/deliver/pipelines/secret_name.hpp>

#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// What platforms whose pipelines are YAML write alike.
template <class = void>
class yaml_pipeline {
 protected:
  explicit yaml_pipeline(const pipeline_plan& plan) : plan_(plan) {}

  void write_container(const pipeline_job& job) {
    if (job.container.empty()) return;
    out_.open("container");
    out_.text("image", job.container);
    if (job.needs_gpu) out_.plain("options", "--gpus all");
    out_.close();
  }
  /// A step's secrets as variables of its environment, each the platform's expression for it.
  void write_secrets(const pipeline_step& step, std::string_view before, std::string_view after) {
    if (step.secrets.empty()) return;
    out_.open("env");
    for (const secret_name& secret : step.secrets)
      out_.plain(yaml_text(secret.view()), std::string(before) + std::string(secret.view()) + std::string(after));
    out_.close();
  }

  const pipeline_plan& plan_;
  yaml_writer out_;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DETAIL_YAML_PIPELINE_HPP
