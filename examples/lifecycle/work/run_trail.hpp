#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_TRAIL_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_TRAIL_HPP

#include "../stop.hpp"

#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_trail.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

/// What this program's runs tell beside the library's own kinds of events.
namespace run_kinds {
inline constexpr mr::observe::audit_name model_fitted = "model_fitted";
inline constexpr mr::observe::audit_name model_judged = "model_judged";
inline constexpr mr::observe::audit_name release_judged = "release_judged";
inline constexpr mr::observe::audit_name predictions_written = "predictions_written";
inline constexpr mr::observe::audit_name run_failed = "run_failed";
}  // namespace run_kinds

/// What happened to the models of a folder, run after run, as evidence that cannot be changed unseen. Later runs go on
/// with an earlier one's trail, which is why it is not among the files that a run replaces.
class run_trail {
 public:
  struct fact {
    mr::observe::audit_name name;
    std::string value;
  };
  using facts = std::vector<fact>;

  explicit run_trail(const std::string& folder);

  /// Tells what was done to `object`. It is durable when this returns; ends the job where the disk refuses.
  void tell(mr::observe::audit_name kind, std::string_view object, const facts& more = {});

  /// Runs `steps`; an end of the job within is told, too.
  template <class Steps>
  void watch(std::string_view object, Steps&& steps) {
    try {
      steps();
    } catch (const stop& why) {
      tell_failure(object, why.sentence);
      throw;
    } catch (const std::exception& why) {
      tell_failure(object, why.what());
      throw;
    }
  }

  mr::result<void> status() const { return trail_.status(); }
  /// How many records there are, and what they hash to.
  std::vector<std::pair<std::string, std::string>> evidence() const;

  /// Ends the trail, reads it anew from the disk and verifies every byte. Returns what was found, in words; ends the
  /// job where the trail is not as it was written.
  std::string close();

 private:
  mr::result<void> append(const mr::observe::audit_event& event);
  void tell_failure(std::string_view object, std::string_view why);

  mr::observe::audit_trail<> trail_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_TRAIL_HPP
