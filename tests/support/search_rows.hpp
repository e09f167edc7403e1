#ifndef MILLRACE_TESTS_SUPPORT_SEARCH_ROWS_HPP
#define MILLRACE_TESTS_SUPPORT_SEARCH_ROWS_HPP

// Rows to be searched: what a run or a model has under each key.

#include <millrace/store/search.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace searched {

namespace ms = millrace::store;

using value = std::variant<std::int64_t, double, std::string>;

inline ms::search_value view(const value& held) {
  return std::visit([](const auto& each) { return ms::search_value(each); }, held);
}

/// Values by group and key; several under a key of a group that is repeated.
struct row {
  std::map<std::pair<ms::search_kind, std::string>, std::vector<value>> values;

  row& with(ms::search_kind kind, const std::string& key, value one) {
    values[{kind, key}].push_back(std::move(one));
    return *this;
  }
  row& metric(const std::string& key, double one) { return with(ms::search_kind::metric, key, one); }
  row& param(const std::string& key, const std::string& one) { return with(ms::search_kind::param, key, one); }
  row& tag(const std::string& key, const std::string& one) { return with(ms::search_kind::tag, key, one); }
  row& attribute(const std::string& key, value one) { return with(ms::search_kind::attribute, key, std::move(one)); }
  row& dataset(const std::string& key, const std::string& one) { return with(ms::search_kind::dataset, key, one); }

  /// The run's id.
  const std::string& name() const {
    return std::get<std::string>(values.at({ms::search_kind::attribute, "run_id"}).front());
  }

  ms::search_value find(const ms::search_field& field) const {
    const auto found = values.find({field.kind, field.key});
    return found == values.end() ? ms::search_value() : view(found->second.front());
  }
  template <class Use>
  void for_each(const ms::search_field& field, Use&& use) const {
    const auto found = values.find({field.kind, field.key});
    if (found == values.end()) return;
    for (const value& each : found->second) use(view(each));
  }
};
static_assert(ms::repeatedly_searchable<row>);

}  // namespace searched

#endif
