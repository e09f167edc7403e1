#ifndef MILLRACE_REGISTRY_DETAIL_VERSION_SEARCH_HPP
#define MILLRACE_REGISTRY_DETAIL_VERSION_SEARCH_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/detail/keys.hpp>
#include <millrace/registry/detail/lookups.hpp>
#include <millrace/registry/detail/search_rows.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/search.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How versions are found without reading all of them: models by the names that the filter requires; few versions by a
// run, stage, number, data set or figure that it requires; versions in the order that was asked for by an index of it.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

/// How the versions of one model can be gone through in the order that was asked for.
struct version_walk {
  enum class kind : std::uint8_t { none, number, metric, updated };
  kind by = kind::none;
  bool descending = false;
  bool names_first = false;  // all versions of a model stand together
  bool names_descending = false;
  store::search_field field{};

  explicit version_walk(const store::search_order& order) {
    const auto is = [](const store::search_order_term& term, std::string_view key) {
      return term.field.kind == store::search_kind::attribute && term.field.key == key;
    };
    const store::search_order_term* terms[2] = {};
    std::size_t count = 0;
    for (const store::search_order_term& each : order.terms()) {
      if (!is(each, "name")) {  // which all versions of a model have in common
        if (count < 2) terms[count++] = &each;
      } else if (count == 0) {
        names_first = true;
        names_descending = each.descending;
      }
    }
    if (count != 0 && is(*terms[0], "version_number")) by = kind::number;
    if (count == 2 && is(*terms[1], "version_number") && terms[1]->descending) {
      if (terms[0]->field.kind == store::search_kind::metric) by = kind::metric;
      if (is(*terms[0], "last_updated_timestamp")) by = kind::updated;
    }
    if (by == kind::none) return;
    descending = terms[0]->descending;
    field = terms[0]->field;
  }

  bool is_about(const store::search_field& other) const noexcept {
    return by != kind::none && other.kind == field.kind && other.key == field.key;
  }
};

/// Where a page ended: the value in the index, the version and its model. As text, 50 characters, a line feed, and the
/// version's sort key.
struct version_position {
  std::string value;  // 16 digits; `absent`
  std::uint64_t version = 0;
  std::uint64_t model = 0;  // 0: at the beginning
  std::string key;

  static constexpr std::string_view absent = "----------------";

  std::string text() const {
    return value + '/' + from_last(version) + '/' + store::number_key_part(model) + '\n' + key;
  }
  /// Errors: invalid_argument.
  static result<version_position> make(std::string_view text) {
    version_position made;
    if (text.empty()) return made;
    bool fine = text.size() > 51 && text[16] == '/' && text[33] == '/' && text[50] == '\n';
    std::uint64_t value = 0;
    fine = fine && (text.substr(0, 16) == absent || read_number(text.substr(0, 16), value)) &&
           read_number(text.substr(17, 16), made.version) && read_number(text.substr(34, 16), made.model);
    if (!fine || made.model == 0)
      return error(errc::invalid_argument, "the page token is none of a search of versions");
    made.value = text.substr(0, 16);
    made.version = ~made.version;
    made.key = text.substr(51);
    return made;
  }
};

/// A version that an index names, as a row: its document is read when something is asked that the index does not say.
template <class Books>
class indexed_version {
 public:
  /// `read` is where the document goes. `known`, or null, is what the index has the value of.
  indexed_version(const Books& books, const model& of, std::uint64_t number, model_version& read,
                  const store::search_field* known, store::search_value value) noexcept
      : books_(&books), of_(&of), number_(number), read_(&read), known_(known), value_(value) {}

  store::search_value find(const store::search_field& field) const {
    if (field.kind == store::search_kind::attribute && field.key == "name") return of_->name;
    if (field.kind == store::search_kind::attribute && field.key == "version_number") return number_;
    if (known_ != nullptr && field.kind == known_->kind && field.key == known_->key) return value_;
    return is_there() ? version_row{read_}.find(field) : store::search_value();
  }
  template <class Use>
  void for_each(const store::search_field& field, const Use& use) const {
    if (is_there()) version_row{read_}.for_each(field, use);
  }
  /// Whether there is such a version, and nobody has deleted it.
  bool is_there() const {
    if (!is_asked_) {
      is_asked_ = true;
      auto found = books_->any_version(*of_, number_);
      if (found)
        *read_ = std::move(*found);
      else
        status_ = std::move(found).error();
      is_there_ = status_ && !read_->is_deleted;
    }
    return is_there_;
  }
  /// The error of reading the document, if there was one.
  const result<void>& status() const noexcept { return status_; }

 private:
  const Books* books_;
  const model* of_;
  std::uint64_t number_;
  model_version* read_;
  const store::search_field* known_;
  store::search_value value_;
  mutable bool is_asked_ = false;
  mutable bool is_there_ = false;
  mutable result<void> status_{};
};

/// A page of versions, and where it ended if there is more.
struct found_versions {
  std::vector<model_version> items;
  std::string next;
};

/// Looks for versions within one snapshot.
template <class Books>
class version_searcher {
 public:
  version_searcher(const Books& books, const store::search_filter& filter, const store::search_order& order,
                   std::size_t limit, version_position after)
      : books_(&books),
        filter_(&filter),
        order_(&order),
        limit_(limit),
        walk_(order),
        after_(std::move(after)),
        picker_(limit, after_.key) {}

  result<found_versions> run() {
    const std::vector<store::search_range> ranges = store::required_ranges(*filter_);
    if (auto done = find_models(ranges); !done) return std::move(done).error();
    auto done = look_at_few(ranges);
    if (!done) return std::move(done).error();
    for (const model& each : models_) {
      if (*done) break;
      if (auto walked = look_at(each, ranges); !walked) return std::move(walked).error();
    }
    auto page = picker_.finish();
    found_versions made;
    for (const found& each : page.items) {
      auto version = books_->any_version(*each.of, each.number);
      if (!version) return std::move(version).error();
      made.items.push_back(std::move(*version));
    }
    if (page.next.empty()) return made;
    const model_version& last = made.items.back();
    version_position end{std::string(16, '0'), last.version, page.items.back().of->id, std::move(page.next)};
    if (walk_.by == version_walk::kind::updated) end.value = store::number_key_part(last.updated / keys::millisecond);
    if (walk_.by == version_walk::kind::metric) {
      const metric* const figure = last.find_metric(walk_.field.key);
      end.value = figure == nullptr ? std::string(version_position::absent) : store::number_key_part(figure->value);
    }
    made.next = end.text();
    return made;
  }

 private:
  static constexpr std::size_t few = 1000;
  enum class asked : std::uint8_t { no_match, taken, behind_page };
  struct found {
    const model* of;
    std::uint64_t number;
  };

  // ---- which models

  /// Those of the names that the filter requires, in the order of the names' keys.
  result<void> find_models(const std::vector<store::search_range>& ranges) {
    const store::search_range* named = nullptr;
    for (const store::search_range& each : ranges) {
      const store::search_field& field = filter_->fields()[each.field];
      if (field.kind == store::search_kind::attribute && field.key == "name") named = &each;
    }
    if (named != nullptr && !named->values.empty()) {
      for (const store::search_value& each : named->values) {
        if (!each.is_text()) continue;
        auto one = books_->find_model(each.text());
        if (!one && (one.error().code() == errc::not_found || one.error().code() == errc::invalid_argument)) continue;
        if (!one) return std::move(one).error();
        bool twice = false;
        for (const model& other : models_) twice = twice || other.id == one->id;
        if (!twice) models_.push_back(std::move(*one));
      }
      return {};
    }
    // Up to the first character that is not ASCII: the beginning of a pattern may end within one.
    const std::string_view begin = named == nullptr ? std::string_view() : named->prefix;
    std::size_t plain = 0;
    while (plain < begin.size() && static_cast<unsigned char>(begin[plain]) < 0x80) ++plain;
    const std::string prefix = books_->keys().names() + store::key_part_prefix(begin.substr(0, plain));
    return books_->for_each_part(prefix, [&](std::string_view part) -> result<void> {
      const auto id = books_->number_at(prefix + std::string(part));
      if (!id) return id.error();
      auto one = books_->model_of(*id);
      if (!one) return std::move(one).error();
      if (!one->is_deleted && one->last_version != 0) models_.push_back(std::move(*one));
      return {};
    });
  }
  const model* model_of(std::uint64_t id) const noexcept {
    for (const model& each : models_)
      if (each.id == id) return &each;
    return nullptr;
  }

  /// Asks the filter about a version, and lets the page have it. `known`: what the index says of it, and its value,
  /// absent if it has to lack it; null: no index has named it.
  result<asked> ask(const model& of, std::uint64_t number, const store::search_field* known,
                    const store::search_value& value) {
    const indexed_version<Books> row(*books_, of, number, read_, known, value);
    std::string key;
    if (known != nullptr) {  // before its document is read
      order_->append_sort_key(key, row);
      if (!row.status()) return row.status().error();
      if (key <= after_.key) return asked::no_match;
      if (!picker_.wants(key)) return asked::behind_page;
    }
    const bool is_indexed = known != nullptr && !value.is_absent() && walk_.by != version_walk::kind::number;
    if (!is_indexed && !row.is_there()) {
      if (!row.status()) return row.status().error();
      return asked::no_match;
    }
    if (known != nullptr && value.is_absent() && read_.find_metric(known->key) != nullptr) return asked::no_match;
    const bool matches = filter_->matches(row);
    if (matches && known == nullptr) order_->append_sort_key(key, row);
    if (!row.status()) return row.status().error();
    if (!matches || !picker_.wants(key)) return asked::no_match;
    picker_.update(std::move(key), {&of, number});
    return asked::taken;
  }

  // ---- few versions, by what the filter requires

  /// Looks at the versions that have a value which the filter requires, if few have it. False: there is no such value.
  result<bool> look_at_few(const std::vector<store::search_range>& ranges) {
    std::vector<found> best;
    std::size_t most = few + 1;
    for (const store::search_range& range : ranges) {
      if (walk_.is_about(filter_->fields()[range.field])) continue;  // the walk is as good, and ends with the page
      std::vector<found> one;
      const auto listed = list_range(range, [&](const model* of, std::uint64_t number) {
        if (of != nullptr && number != 0 && number <= of->last_version) one.push_back({of, number});
        return one.size() < most;
      });
      if (!listed) return listed.error();
      if (!*listed) continue;
      most = one.size();
      best.swap(one);
      if (most == 0) return true;
    }
    if (most > few) return false;
    sort_by(best, [](const found& a, const found& b) {
      return a.of->id != b.of->id ? a.of->id < b.of->id : a.number < b.number;
    });
    for (std::size_t i = 0; i < best.size(); ++i) {
      if (i != 0 && best[i].of == best[i - 1].of && best[i].number == best[i - 1].number) continue;
      if (const auto said = ask(*best[i].of, best[i].number, nullptr, {}); !said) return said.error();
    }
    return true;
  }
  /// Calls use(model, number) for all versions in a range, and for some that are not. False: there is no index of it,
  /// or `use` has returned false.
  template <class Use>
  result<bool> list_range(const store::search_range& range, const Use& use) {
    const store::search_field& field = filter_->fields()[range.field];
    if (field.kind == store::search_kind::metric) return list_metric(field.key, range, use);
    const bool is_data_set = field.kind == store::search_kind::dataset && field.key == "name";
    if (range.values.empty() || (field.kind != store::search_kind::attribute && !is_data_set)) return false;
    const bool is_stage = field.key == "stage" || field.key == "current_stage";
    const bool is_number = field.key == "version_number", is_run = field.key == "run_id";
    if (!is_data_set && !is_stage && !is_number && !is_run) return false;
    for (const store::search_value& value : range.values) {
      result<bool> more = true;
      if (is_number) {
        for (const model& each : models_)
          if (more && *more && value.is_number() && value.real() >= 1 && value.real() < 0x1p63)
            more = use(&each, static_cast<std::uint64_t>(value.holds() == store::search_value::form::integer
                                                             ? value.integer()
                                                             : static_cast<std::int64_t>(value.real())));
      } else if (value.is_text() && is_stage) {
        for (std::size_t i = 0; i < stages && more && *more; ++i)
          if (to_string(static_cast<stage>(i)) == value.text()) more = list_stage(static_cast<stage>(i), use);
      } else if (value.is_text()) {
        more = list_pairs(is_run ? books_->keys().run(value.text()) : books_->keys().data_set(value.text()), use);
      }
      if (!more || !*more) return more;
    }
    return true;
  }
  template <class Use>
  result<bool> list_metric(const std::string& key, const store::search_range& range, const Use& use) {
    for (const model& of : models_) {
      const auto more = store::walk_index_range(books_->objects(), books_->keys().metric(of.id, key), range,
                                                [&](std::string_view part) -> result<bool> {
                                                  std::uint64_t number = 0;
                                                  if (!read_number(part.substr(part.size() < 17 ? 0 : 17), number))
                                                    return bad_entry(part);
                                                  return use(&of, ~number);
                                                });
      if (!more || !*more) return more;
    }
    return true;
  }
  template <class Use>
  result<bool> list_stage(stage which, const Use& use) {
    for (const model& of : models_) {
      const auto more = store::walk_index_up(books_->objects(), books_->keys().stage(of.id, which), "",
                                             [&](std::string_view part) -> result<bool> {
                                               std::uint64_t number = 0;
                                               if (!read_number(part, number)) return bad_entry(part);
                                               return use(&of, number);
                                             });
      if (!more || !*more) return more;
    }
    return true;
  }
  template <class Use>
  result<bool> list_pairs(const std::string& prefix, const Use& use) {
    return store::walk_index_up(books_->objects(), prefix, "", [&](std::string_view part) -> result<bool> {
      std::uint64_t id = 0, number = 0;
      if (!read_number_pair(part, id, number)) return bad_entry(part);
      return use(model_of(id), number);
    });
  }
  static error bad_entry(std::string_view part) {
    return error(errc::corrupt, "a registry's entry names no version: " + quoted_text(part));
  }

  // ---- all versions of a model, in order if there is an index for it

  enum class begin_at : std::uint8_t { first, value, version, never };

  /// Where the page begins within a model.
  begin_at begins(const model& of) const {
    if (after_.model == 0 || walk_.by == version_walk::kind::none) return begin_at::first;
    if (of.id == after_.model) return begin_at::version;
    if (!walk_.names_first) return begin_at::value;
    const model* const last = model_of(after_.model);
    if (last == nullptr) return begin_at::first;
    return (of.name < last->name) != walk_.names_descending ? begin_at::never : begin_at::first;
  }

  result<void> look_at(const model& of, const std::vector<store::search_range>& ranges) {
    taken_ = 0;
    const begin_at begin = begins(of);
    if (begin == begin_at::never) return {};
    switch (walk_.by) {
      case version_walk::kind::none: return look_at_all(of);
      case version_walk::kind::number: return look_by_number(of, begin);
      case version_walk::kind::updated: return looked(look_by_index(of, begin, books_->keys().updated(of.id)));
      case version_walk::kind::metric: break;
    }
    bool has_to_have = false;
    for (const store::search_range& each : ranges)
      has_to_have = has_to_have || walk_.is_about(filter_->fields()[each.field]);
    const bool is_behind = begin != begin_at::first && after_.value == version_position::absent;
    if (!is_behind) {
      const auto more = look_by_index(of, begin, books_->keys().metric(of.id, walk_.field.key));
      if (!more || !*more) return looked(more);
    }
    if (has_to_have) return {};
    // Those without the figure, behind all others.
    const std::uint64_t from = is_behind && begin == begin_at::version ? after_.version - 1 : of.last_version;
    for (std::uint64_t number = from; number != 0 && number <= of.last_version; --number) {
      const auto more = goes_on(ask(of, number, &walk_.field, {}));
      if (!more || !*more) return looked(more);
    }
    return {};
  }
  static result<void> looked(const result<bool>& more) { return more ? result<void>() : more.error(); }
  result<bool> goes_on(const result<asked>& said) {
    if (!said) return said.error();
    taken_ += *said == asked::taken;
    return *said != asked::behind_page && taken_ <= limit_;
  }
  result<void> look_at_all(const model& of) {
    for (std::uint64_t number = 1; number <= of.last_version; ++number)
      if (const auto said = ask(of, number, nullptr, {}); !said) return said.error();
    return {};
  }
  result<void> look_by_number(const model& of, begin_at begin) {
    std::uint64_t number = walk_.descending ? of.last_version : 1;
    if (begin == begin_at::version) number = walk_.descending ? after_.version - 1 : after_.version + 1;
    if (begin == begin_at::value && (walk_.descending ? after_.version < number : after_.version > number))
      number = after_.version;
    for (; number != 0 && number <= of.last_version; walk_.descending ? --number : ++number) {
      const auto more = goes_on(ask(of, number, &walk_.field, number));
      if (!more || !*more) return looked(more);
    }
    return {};
  }
  /// Along an index of values, NaN behind all others. False: the page is full.
  result<bool> look_by_index(const model& of, begin_at begin, const std::string& index) {
    const auto& objects = books_->objects();
    const auto use = [&](std::string_view part) { return goes_on(ask_entry(of, part)); };
    std::string from = begin == begin_at::first ? std::string() : index + after_.value;
    if (begin == begin_at::version) (from += '/') += from_last(after_.version);
    if (!walk_.descending) return store::walk_index_up(objects, index, from, use);
    const std::string nans = index + std::string(store::index_nan) + '/';
    result<bool> more = true;
    if (begin != begin_at::first) {
      const std::string value = index + after_.value + '/';
      more = store::walk_index_up(objects, value, begin == begin_at::version ? from : std::string(), use, index.size());
      if (value == nans) return more;
    }
    const std::string_view below = begin == begin_at::first ? store::index_nan : std::string_view(after_.value);
    if (more && *more) more = store::walk_index_down(objects, index, below, use);
    if (more && *more) more = store::walk_index_up(objects, nans, "", use, index.size());
    return more;
  }
  /// Asks about the version of an entry `<value>/<version>`.
  result<asked> ask_entry(const model& of, std::string_view part) {
    std::uint64_t number = 0;
    if (part.size() != 33 || part[16] != '/' || !read_number(part.substr(17), number)) return bad_entry(part);
    if (walk_.by == version_walk::kind::updated) {
      std::uint64_t time = 0;
      if (!read_number(part.substr(0, 16), time)) return bad_entry(part);
      return ask(of, ~number, &walk_.field, static_cast<std::int64_t>(time));
    }
    const auto value = store::read_key_part_number<double>(part.substr(0, 16));
    if (!value) return value.error();
    return ask(of, ~number, &walk_.field, *value);
  }

  const Books* books_;
  const store::search_filter* filter_;
  const store::search_order* order_;
  std::size_t limit_;
  version_walk walk_;
  version_position after_;
  store::page_picker<found> picker_;
  std::vector<model> models_;
  model_version read_;
  std::size_t taken_ = 0;
};

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_VERSION_SEARCH_HPP
