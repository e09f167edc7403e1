#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_NAMES_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_NAMES_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/model_records.hpp>
#include <millrace/connect/mlflow/detail/search_request.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/track/names.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// What requests call models, versions, aliases and stages, by MLflow's rules (mlflow/utils/validation.py).
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

inline constexpr std::size_t max_model_tag_value = 100'000;  // characters
inline constexpr std::size_t max_alias = 255;                // characters
inline constexpr std::string_view latest_alias = "latest";
/// The tag of a model, and of its versions, that are a prompt.
inline constexpr std::string_view prompt_tag = "mlflow.prompt.is_prompt";

inline std::size_t characters_of(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  return count;
}

/// A model's name, which is a part of addresses: `models:/NAME/VERSION`, `models:/NAME@ALIAS`.
inline result<std::string> model_name_of(const message& in, std::string_view parameter = "name") {
  auto name = in.text(parameter);
  if (!name) return name;
  if (name->find_first_not_of(" \t\r\n\f\v") == name->npos) return message::missing(parameter);
  if (name->find_first_of("/:") != name->npos)
    return error(errc::invalid_argument,
                 "Invalid model name " + quoted_text(*name) + ". Names cannot contain '/' or ':'");
  if (*name == "." || *name == "..") return message::no(parameter, "a name that is no part of a path");
  return name;
}

/// A version of a model; 0: the model itself.
struct version_place {
  std::string model;
  std::uint64_t version = 0;
};

/// The number of a version, as a text. One that no version can have is not found.
inline result<version_place> version_of(const message& in) {
  auto name = model_name_of(in);
  if (!name) return std::move(name).error();
  const auto text = in.required("version");
  if (!text) return text.error();
  std::string_view digits = *text;
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  std::int64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ptr != digits.data() + digits.size() || digits.empty() || read.ec == std::errc::invalid_argument)
    return message::no("version", "an integer");
  if (read.ec != std::errc() || number < 1)
    return error(errc::not_found,
                 "Model Version (name=" + quoted_text(*name) + ", version=" + quoted_text(*text) + ") not found");
  return version_place{*std::move(name), static_cast<std::uint64_t>(number)};
}

inline result<registry::stage> parse_stage_name(std::string_view text) {
  for (std::size_t i = 0; i < registry::stages; ++i) {
    const auto each = static_cast<registry::stage>(i);
    if (same_but_case(text, stage_name(each))) return each;
  }
  return error(errc::invalid_argument, "Invalid Model Version stage: " + quoted_text(text) +
                                           ". Value must be one of None, Staging, Production, Archived");
}
inline result<registry::stage> stage_of(const message& in) {
  const auto text = in.required("stage");
  if (!text) return text.error();
  return parse_stage_name(*text);
}

inline result<std::string> alias_of(const message& in) {
  auto alias = in.required("alias");
  if (!alias) return alias;
  for (const char c : *alias) {
    const char low = lower_case(c);
    const bool fine = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                      static_cast<unsigned char>(c) >= 0x80;
    if (!fine)
      return error(errc::invalid_argument,
                   "Invalid alias name: " + quoted_text(*alias) +
                       ". Names may only contain alphanumerics, underscores (_), and dashes (-)");
  }
  if (characters_of(*alias) > max_alias) return message::no("alias", "a name of at most 255 characters");
  return alias;
}
/// An alias to be set: not `latest`, nor one that looks like a version, `v3`.
inline result<std::string> new_alias_of(const message& in) {
  auto alias = alias_of(in);
  if (!alias) return alias;
  if (same_but_case(*alias, latest_alias))
    return error(errc::invalid_argument, "'latest' alias name (case insensitive) is reserved");
  if (alias->size() > 1 && lower_case((*alias)[0]) == 'v' && alias->find_first_not_of("0123456789", 1) == alias->npos)
    return error(errc::invalid_argument, "Version alias name " + quoted_text(*alias) + " is reserved");
  return alias;
}

inline result<void> check_model_tag(const registry::tag& each) {
  if (auto fine = track::check_name(each.key); !fine) return fine;
  if (characters_of(each.value) <= max_model_tag_value) return {};
  return error(errc::invalid_argument,
               "the value of the tag " + quoted_text(each.key) + " has more than 100000 characters");
}
/// The tags of a model or version to be made; of two of one key the last one counts.
inline result<std::vector<registry::tag>> model_tags_of(const message& in) {
  auto sent = pairs_of<registry::tag>(in, "tags");
  if (!sent) return sent;
  std::vector<registry::tag> made;
  for (registry::tag& each : *sent) {
    if (auto fine = check_model_tag(each); !fine) return std::move(fine).error();
    bool is_known = false;
    for (registry::tag& before : made)
      if (before.key == each.key) {
        before.value = std::move(each.value);
        is_known = true;
        break;
      }
    if (!is_known) made.push_back(std::move(each));
  }
  return made;
}
inline bool is_prompt(const std::vector<registry::tag>& tags) noexcept {
  for (const registry::tag& each : tags)
    if (each.key == prompt_tag) return same_but_case(each.value, "true");
  return false;
}

/// What an address of models names: `models:/NAME/3`, `models:/NAME/Staging`, `models:/NAME/latest`,
/// `models:/NAME@ALIAS`, or a model beside a run, `models:/ID`.
struct model_address {
  std::string model_id;
  std::string name;  // and nothing else: the latest version
  std::uint64_t version = 0;
  std::string stage;
  std::string alias;

  static result<model_address> parse(std::string_view text) {
    const auto wrong = [&] {
      return error(errc::invalid_argument, "Not a proper models:/ URI: " + quoted_text(text) +
                                               ". Models URIs must be of the form 'models:/name/suffix' or "
                                               "'models:/name@alias'");
    };
    constexpr std::string_view scheme = "models:";
    if (!same_but_case(text.substr(0, scheme.size()), scheme)) return wrong();
    std::string_view path = text.substr(scheme.size());
    if (!path.starts_with('/') || path.starts_with("//")) return wrong();
    path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    const std::string_view first = path.substr(0, slash);
    if (first.empty()) return wrong();
    model_address made;
    if (slash == path.npos) {
      const std::size_t at = first.rfind('@');
      if (at == first.npos) {
        made.model_id = first;
        return made;
      }
      made.name = first.substr(0, at);
      made.alias = first.substr(at + 1);
      if (made.name.empty() || made.alias.empty()) return wrong();
      return made;
    }
    const std::string_view last = path.substr(slash + 1);
    if (last.empty() || last.find('/') != last.npos) return wrong();
    made.name = first;
    if (last.find_first_not_of("0123456789") == last.npos) {
      const auto read = std::from_chars(last.data(), last.data() + last.size(), made.version);
      if (read.ec != std::errc() || made.version == 0) return wrong();
    } else if (!same_but_case(last, latest_alias)) {
      made.stage = last;
    }
    return made;
  }
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_NAMES_HPP
