#ifndef MILLRACE_REGISTRY_DETAIL_KEYS_HPP
#define MILLRACE_REGISTRY_DETAIL_KEYS_HPP

#include <millrace/registry/fwd.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/key_part.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Where a registry's documents and index entries stand in its storage, all below the registry's folder:
//
//   state                                      the registry's identifier and counters
//   names/<name>                               -> the model's identifier
//   models/<id>/model                          a model
//   models/<id>/versions/<version>             a version
//   models/<id>/semantic/<semantic version>    -> the version
//   models/<id>/metrics/<metric>/<value>/<~version>, models/<id>/updated/<milliseconds>/<~version>
//                                              the versions that are there, by figures and by their last changes
//   models/<id>/stages/<stage>/<version>       the versions of a stage
//   models/<id>/history/<change>               a stage_change
//   models/<id>/requests/<request>             a transition_request
//   models/<id>/comments/<version>/<comment>   a comment
//   models/<id>/children/<version>/<id>-<version>
//   models/<id>/rules/<stage>                  a stage_rule; rules/<stage>: of models that have none
//   open_requests/<id>-<request>
//   runs/<run>/<id>-<version>                  the versions of a run
//   data_sets/<name>/<id>-<version>            those made from a data set
//   outbox/<change>                            a change that no sink has yet
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

/// A version as a part of a key, so that later ones come first.
inline std::string from_last(std::uint64_t version) { return store::number_key_part(~version); }

struct keys {
  static constexpr std::uint64_t millisecond = 1'000'000;  // in nanoseconds
  std::string root;                                        // with its slash

  std::string state() const { return root + "state"; }
  std::string names() const { return root + "names/"; }
  std::string name(std::string_view name) const { return names() + store::text_key_part(name); }
  std::string models() const { return root + "models/"; }
  std::string of(std::uint64_t id, std::string_view what) const {
    return root + "models/" + store::number_key_part(id) + '/' + std::string(what);
  }
  std::string model(std::uint64_t id) const { return of(id, "model"); }
  std::string versions(std::uint64_t id) const { return of(id, "versions/"); }
  std::string version(std::uint64_t id, std::uint64_t version) const {
    return versions(id) + store::number_key_part(version);
  }
  std::string semantic(std::uint64_t id, std::string_view text) const {
    return of(id, "semantic/") + store::text_key_part(text);
  }
  std::string metric(std::uint64_t id, std::string_view name) const {
    return of(id, "metrics/") + store::text_key_part(name) + '/';
  }
  std::string updated(std::uint64_t id) const { return of(id, "updated/"); }
  std::string updated_entry(std::uint64_t id, std::uint64_t time, std::uint64_t version) const {
    return updated(id) + store::number_key_part(time / millisecond) + '/' + from_last(version);
  }
  std::string stage(std::uint64_t id, registry::stage which) const {
    return of(id, "stages/") + std::string(to_string(which)) + '/';
  }
  std::string history(std::uint64_t id) const { return of(id, "history/"); }
  std::string requests(std::uint64_t id) const { return of(id, "requests/"); }
  std::string request(std::uint64_t id, std::uint64_t number) const {
    return requests(id) + store::number_key_part(number);
  }
  std::string comments(std::uint64_t id, std::uint64_t version) const {
    return of(id, "comments/") + store::number_key_part(version) + '/';
  }
  std::string children(std::uint64_t id, std::uint64_t version) const {
    return of(id, "children/") + store::number_key_part(version) + '/';
  }
  std::string rule(std::uint64_t id, registry::stage which) const {
    return (id == 0 ? root : of(id, "")) + "rules/" + std::string(to_string(which));
  }
  std::string open_requests() const { return root + "open_requests/"; }
  std::string run(std::string_view run) const { return root + "runs/" + store::text_key_part(run) + '/'; }
  std::string data_set(std::string_view name) const { return root + "data_sets/" + store::text_key_part(name) + '/'; }
  std::string outbox() const { return root + "outbox/"; }
};

/// Two numbers as the last part of a key, and back. Returns false if the part is none.
inline std::string number_pair(std::uint64_t first, std::uint64_t second) {
  return store::number_key_part(first) + '-' + store::number_key_part(second);
}
inline bool read_number(std::string_view part, std::uint64_t& number) {
  const auto read = store::read_key_part_number<std::uint64_t>(part);
  if (read) number = *read;
  return read.has_value();
}
inline bool read_number_pair(std::string_view part, std::uint64_t& first, std::uint64_t& second) {
  const std::size_t dash = part.find('-');
  return dash != part.npos && read_number(part.substr(0, dash), first) && read_number(part.substr(dash + 1), second);
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_KEYS_HPP
