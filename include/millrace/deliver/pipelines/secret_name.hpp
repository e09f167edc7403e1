#ifndef MILLRACE_DELIVER_PIPELINES_SECRET_NAME_HPP
#define MILLRACE_DELIVER_PIPELINES_SECRET_NAME_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/pipelines/detail/token_shapes.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// Whether a text is 1 to 64 of `A-Z`, `0-9` and `_`, a letter first, does not begin as the platforms' own variables
/// do, and does not look like a key that somebody has pasted.
constexpr bool is_secret_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 64 || !(name.front() >= 'A' && name.front() <= 'Z')) return false;
  for (const char c : name)
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  for (const std::string_view own :
       {"GITHUB_", "RUNNER_", "ACTIONS_", "CI_", "GITLAB_", "JENKINS_", "BUILD_", "SYSTEM_", "AGENT_", "LD_", "BASH_"})
    if (name.substr(0, own.size()) == own) return false;
  for (const std::string_view own :
       {"PATH", "HOME", "IFS", "ENV", "SHELL", "PWD", "CI", "TF_BUILD", "CXX", "CXXFLAGS", "CXX_STANDARD", "SANITIZER"})
    if (name == own) return false;
  return token_in(name).empty();
}

/// millrace[CI-4]: a literal that is no name of a secret. No constant calls this, and compilers print its name.
inline void millrace_CI_4_a_secret_is_given_by_its_name_in_the_platforms_store_such_as_DEPLOY_TOKEN() noexcept {}

}  // namespace detail

/// The name under which a platform's own store has a secret: a repository's or an environment's secrets on GitHub,
/// CI/CD variables on GitLab, credentials of the kind "secret text" in Jenkins, secret variables on Azure. A step finds
/// the secret in the environment variable of this name. There is no type for the secret itself: a pipeline's file holds
/// none.
///
/// 1 to 64 of `A-Z`, `0-9` and `_`, a letter first; no name that begins as the platforms' own variables do
/// (`GITHUB_`, `CI_`, `BUILD_`, ...). A literal is checked by the compiler, other texts by `make`.
class secret_name {
 public:
  template <std::size_t Size>
  consteval secret_name(const char (&literal)[Size]) {
    if (!detail::is_secret_name({literal, Size - 1}))
      detail::millrace_CI_4_a_secret_is_given_by_its_name_in_the_platforms_store_such_as_DEPLOY_TOKEN();
    for (; size_ < Size - 1; ++size_) text_[size_] = literal[size_];
  }

  /// Errors: invalid_argument, without the text, which may be the secret.
  static result<secret_name> make(std::string_view text) {
    if (!detail::is_secret_name(text))
      return error(errc::invalid_argument,
                   "a secret is given by the name that the platform's store has it under: 1 to 64 of A-Z, 0-9 and '_', "
                   "a letter first, such as DEPLOY_TOKEN, and not as the platforms' own variables begin; the text that "
                   "was given, of " +
                       std::to_string(text.size()) + " bytes, is no such name");
    secret_name made;
    for (const char c : text) made.text_[made.size_++] = c;
    return made;
  }

  constexpr std::string_view view() const noexcept { return {text_, size_}; }

  friend constexpr bool operator==(const secret_name& a, const secret_name& b) noexcept { return a.view() == b.view(); }

 private:
  constexpr secret_name() noexcept = default;

  char text_[64]{};
  std::size_t size_ = 0;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_SECRET_NAME_HPP
