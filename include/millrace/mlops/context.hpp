#ifndef MILLRACE_MLOPS_CONTEXT_HPP
#define MILLRACE_MLOPS_CONTEXT_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/mlops/fwd.hpp>
#include <millrace/mlops/settings.hpp>
#include <millrace/mlops/stored_backend.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace millrace {
inline namespace v0 {
namespace mlops {

/// What can keep runs and models, under a name that `MILLRACE_BACKEND` calls it by: `open(settings, options)` opens it,
/// `tracker()` and `registry()` are what it has. A second name, `other_name`, is one if there is one.
template <class B>
concept context_backend =
    std::movable<B> && requires(B& backend, context_settings& settings, const context_options& options) {
      { B::name } -> std::convertible_to<std::string_view>;
      { B::open(settings, options) } -> std::same_as<result<B>>;
      backend.tracker();
      backend.registry();
    };

namespace detail {

template <class B>
constexpr bool is_called(std::string_view name) noexcept {
  if constexpr (requires { B::other_name; })
    if (name == B::other_name) return true;
  return name == B::name;
}

/// sqlite (or local), memory
template <class... Backends>
std::string all_names() {
  std::string text;
  const auto append = [&]<class B>(const B*) {
    (text += text.empty() ? "" : ", ") += B::name;
    if constexpr (requires { B::other_name; }) text.append(" (or ").append(B::other_name).append(")");
  };
  (append(static_cast<const Backends*>(nullptr)), ...);
  return text;
}

}  // namespace detail

/// The one of `Backends` that was chosen when it was opened.
/// Threads: as the backend's parts.
template <class... Backends>
class context {
  static_assert(
      sizeof...(Backends) > 0 && (millrace::detail::requirement<context_backend<Backends>, Backends> && ...),
      "millrace[MLOPS-1]: a context is made of backends, each with a name, open(settings, options), tracker() "
      "and registry(): in_file<store::sqlite_storage<>> and in_memory are some");

 public:
  /// Opens the backend that the settings name, or the first. Errors: invalid_argument: a name that none of them has,
  /// with those that there are; those of the backend.
  static result<context> open(context_settings settings, const context_options& options = {}) {
    result<context> made = error(errc::invalid_argument, "");
    bool found = false;
    (open_if<Backends>(settings, options, found, made), ...);
    if (found) return made;
    const std::string by = settings.said_by.empty() ? std::string("the backend") : settings.said_by;
    return error(errc::invalid_argument, by + " is " + millrace::detail::quoted_text(settings.backend) +
                                             ", and this program has " + detail::all_names<Backends...>());
  }

  /// The name of the one that was chosen.
  std::string_view backend() const noexcept {
    return std::visit([]<class B>(const B&) -> std::string_view { return B::name; }, chosen_);
  }
  /// Calls `use(backend)` with the one that was chosen, and returns its result, which has the same type for all.
  template <class Use>
  decltype(auto) visit(Use&& use) {
    return std::visit(std::forward<Use>(use), chosen_);
  }
  // Of a context of one backend.
  auto& tracker() noexcept
  requires(sizeof...(Backends) == 1)
  {
    return std::get<0>(chosen_).tracker();
  }
  auto& registry() noexcept
  requires(sizeof...(Backends) == 1)
  {
    return std::get<0>(chosen_).registry();
  }

 private:
  explicit context(std::variant<Backends...>&& chosen) : chosen_(std::move(chosen)) {}

  template <class B>
  static void open_if(context_settings& settings, const context_options& options, bool& found, result<context>& made) {
    if (found || !(settings.backend.empty() || detail::is_called<B>(settings.backend))) return;
    found = true;
    auto opened = B::open(settings, options);
    if (opened)
      made = context(std::variant<Backends...>(*std::move(opened)));
    else
      made = std::move(opened).error();
  }

  std::variant<Backends...> chosen_;
};

/// Opens the storage, tracker and registry that the environment names, out of those that the program lists. The first
/// of them is it where the environment says nothing.
///
///     // MILLRACE_BACKEND=memory, or MILLRACE_BACKEND=local MILLRACE_PATH=models
///     auto opened = mr::mlops::open_context<mr::mlops::in_file<mr::store::sqlite_storage<>>, mr::mlops::in_memory>();
///     opened->visit([](auto& at) { auto experiment = at.tracker().create_experiment("tuning"); ... });
///
/// Errors: those of `read_settings` and `context::open`. Which variables there are: `context_settings`.
template <class... Backends, variable_source Source = process_environment>
result<context<Backends...>> open_context(const Source& environment = {}, const context_options& options = {}) {
  auto settings = read_settings(environment);
  if (!settings) return std::move(settings).error();
  return context<Backends...>::open(*std::move(settings), options);
}

}  // namespace mlops
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MLOPS_CONTEXT_HPP
