#ifndef MILLRACE_REGISTRY_DETAIL_LEDGER_HPP
#define MILLRACE_REGISTRY_DETAIL_LEDGER_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/change.hpp>
#include <millrace/registry/detail/input_checks.hpp>
#include <millrace/registry/detail/keys.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/rules.hpp>
#include <millrace/registry/transition_request.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

/// What all of a registry has in common.
struct registry_state {
  static constexpr std::string_view document_kind = "registry state";
  static constexpr unsigned document_format = 2;
  static constexpr std::uint64_t current_indexes = 1;

  std::string id;  // 32 hexadecimal digits
  std::uint64_t last_model = 0;
  std::uint64_t last_change = 0;
  /// The number of the layout of index entries that the storage has. Before format 2, entries of metrics and changes
  /// were not there: 0.
  std::uint64_t indexes = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("last_model", self.last_model)("last_change", self.last_change);
    if (members.format() >= 2) members("indexes", self.indexes);
  }
};

inline std::string name_of(const std::string& model, std::uint64_t version) {
  return "version " + std::to_string(version) + " of the model " + quoted_text(model);
}
inline std::string object_of(const std::string& model, std::uint64_t version = 0) {
  return version == 0 ? "model/" + model : "model/" + model + '/' + std::to_string(version);
}

/// A text as a change has it: of a long one the beginning, since a trail takes records of a bounded size.
inline std::string shortened(std::string text) {
  constexpr std::size_t most = 2'000;
  if (text.size() <= most) return text;
  const std::size_t all = text.size();
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  text.resize(end);
  return text + "... (" + std::to_string(all) + " bytes)";
}

/// A registry's documents, as a snapshot shows them.
template <class View>
class ledger {
 public:
  ledger(View& view, const detail::keys& keys) noexcept : view_(&view), keys_(&keys) {}

  const detail::keys& keys() const noexcept { return *keys_; }
  const View& objects() const noexcept { return *view_; }

  template <class Document>
  result<Document> load(const std::string& key) const {
    return store::load_document<Document>(std::as_const(*view_), key);
  }
  /// All documents below a key in its order, at most `limit` behind `after`.
  template <class Document>
  result<std::vector<Document>> load_all(const std::string& prefix, std::string_view after = {},
                                         std::size_t limit = ~std::size_t{0}) const {
    std::vector<Document> made;
    std::string last(after);
    while (made.size() < limit) {
      const std::size_t page = limit - made.size() < 256 ? limit - made.size() : 256;
      const auto entries = std::as_const(*view_).list(prefix, last, page);
      if (!entries) return entries.error();
      for (const auto& each : *entries) {
        auto one = load<Document>(each.key);
        if (!one) return std::move(one).error();
        made.push_back(std::move(*one));
        last = each.key;
      }
      if (entries->size() < page) break;
    }
    return made;
  }
  /// Calls `use(last part)` for all keys below one.
  template <class Use>
  result<void> for_each_part(const std::string& prefix, const Use& use) const {
    return store::for_each_object(std::as_const(*view_), prefix, [&](const store::storage_entry& each) {
      return use(std::string_view(each.key).substr(prefix.size()));
    });
  }
  /// The number that an index entry holds.
  result<std::uint64_t> number_at(const std::string& key) const {
    const auto bytes = std::as_const(*view_).read(key);
    if (!bytes) return bytes.error();
    std::uint64_t made = 0;
    if (!read_number({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, made))
      return error(errc::corrupt, "the entry " + quoted_text(key) + " of a registry holds no number");
    return made;
  }

  result<registry_state> state() const { return load<registry_state>(keys_->state()); }
  result<model> model_of(std::uint64_t id) const { return load<model>(keys_->model(id)); }

  /// The model of a name, also one that is deleted.
  result<model> any_model(std::string_view name) const {
    if (auto fine = check_name("a model's name", name); !fine) return std::move(fine).error();
    const auto id = number_at(keys_->name(name));
    if (!id && id.error().code() == errc::not_found)
      return error(errc::not_found, "there is no model " + quoted_text(name));
    if (!id) return id.error();
    auto found = model_of(*id);
    if (found && found->name != name)
      return error(errc::corrupt,
                   "the registry's entry for the model " + quoted_text(name) + " leads to " + quoted_text(found->name));
    return found;
  }
  result<model> find_model(std::string_view name) const {
    auto found = any_model(name);
    if (found && found->is_deleted)
      return error(errc::not_found, "the model " + quoted_text(name) + " is deleted; it can be restored");
    return found;
  }
  /// A version, also one that is deleted.
  result<model_version> any_version(const model& of, std::uint64_t version) const {
    auto found = load<model_version>(keys_->version(of.id, version));
    if (!found && found.error().code() == errc::not_found)
      return error(errc::not_found, "there is no " + name_of(of.name, version));
    if (!found) return found;
    if (found->version != version)
      return error(errc::corrupt,
                   "the document of " + name_of(of.name, version) + " is of version " + std::to_string(found->version));
    found->model = of.name;
    for (const alias& each : of.aliases)
      if (each.version == version) found->aliases.push_back(each.name);
    for (version_reference& each : found->parents) {
      const auto parent = model_of(each.model_id);
      if (!parent) return parent.error();
      each.model = parent->name;
    }
    return found;
  }
  result<model_version> find_version(const model& of, std::uint64_t version) const {
    auto found = any_version(of, version);
    if (found && found->is_deleted)
      return error(errc::not_found, name_of(of.name, version) + " is deleted; it can be restored");
    return found;
  }
  /// The numbers of the versions in a stage, ascending.
  result<std::vector<std::uint64_t>> in_stage(std::uint64_t id, stage which) const {
    std::vector<std::uint64_t> made;
    auto walked = for_each_part(keys_->stage(id, which), [&](std::string_view part) -> result<void> {
      std::uint64_t version = 0;
      if (!read_number(part, version))
        return error(errc::corrupt, "a registry's entry of a stage names no version: " + quoted_text(part));
      made.push_back(version);
      return {};
    });
    if (!walked) return std::move(walked).error();
    return made;
  }
  /// The greatest number of the versions in a stage; 0: there is none.
  result<std::uint64_t> last_in_stage(std::uint64_t id, stage which) const {
    const std::string prefix = keys_->stage(id, which);
    const auto last = std::as_const(*view_).list_backward(prefix, {}, 1);
    if (!last) return last.error();
    std::uint64_t version = 0;
    if (!last->empty() && !read_number(std::string_view(last->front().key).substr(prefix.size()), version))
      return error(errc::corrupt, "a registry's entry of a stage names no version: " + quoted_text(last->front().key));
    return version;
  }
  /// Models that are not deleted, in the order of their names' keys, from the first behind `after`.
  result<std::vector<model>> models_by_name(std::string_view after, std::size_t limit) const {
    std::vector<model> made;
    const std::string prefix = keys_->names();
    std::string last = after.empty() ? std::string() : keys_->name(after);
    while (made.size() < limit) {
      const auto entries = std::as_const(*view_).list(prefix, last, 256);
      if (!entries) return entries.error();
      for (const auto& each : *entries) {
        last = each.key;
        const auto id = number_at(each.key);
        if (!id) return id.error();
        auto found = model_of(*id);
        if (!found) return std::move(found).error();
        if (!found->is_deleted && made.size() < limit) made.push_back(std::move(*found));
      }
      if (entries->size() < 256) break;
    }
    return made;
  }
  result<transition_request> find_request(const model& of, std::uint64_t number) const {
    auto found = load<transition_request>(keys_->request(of.id, number));
    if (!found && found.error().code() == errc::not_found)
      return error(errc::not_found, "the model " + quoted_text(of.name) + " has no request " + std::to_string(number));
    if (found) found->model = of.name;
    return found;
  }
  /// The rule for a stage: the model's own, or else that of all models. One without a condition if there is none.
  result<stage_rule> rule(std::uint64_t id, stage to, bool* is_there = nullptr) const {
    for (const std::uint64_t of : {id, std::uint64_t{0}}) {
      auto found = load<stage_rule>(keys_->rule(of, to));
      if (!found && found.error().code() == errc::not_found) continue;
      if (is_there != nullptr) *is_there = true;
      return found;
    }
    stage_rule none;
    none.to = to;
    return none;
  }

 protected:
  View* view_;
  const detail::keys* keys_;
};

/// The same in a transaction, which changes them and notes each change for the outbox.
template <class Transaction>
class ledger_writer : public ledger<Transaction> {
  using base = ledger<Transaction>;
  using base::keys_;
  using base::view_;

 public:
  ledger_writer(Transaction& transaction, const detail::keys& keys, std::uint64_t now, bool is_recorded) noexcept
      : base(transaction, keys), now_(now), is_recorded_(is_recorded) {}

  std::uint64_t now() const noexcept { return now_; }

  template <class Document>
  result<void> keep(const std::string& key, const Document& what) {
    return store::keep_document(*view_, key, what);
  }
  result<void> keep_number(const std::string& key, std::uint64_t number) {
    const std::string text = store::number_key_part(number);
    return view_->write(key, std::as_bytes(std::span(text.data(), text.size())));
  }
  result<void> keep_entry(const std::string& key) { return view_->write(key, {}); }
  result<void> remove(const std::string& key) { return view_->remove(key); }

  result<void> keep(model& what) {
    what.updated = now_;
    return keep(keys_->model(what.id), what);
  }
  result<void> keep(const model& of, model_version& what) {
    if (what.updated != 0)
      if (auto done = remove(keys_->updated_entry(of.id, what.updated, what.version)); !done) return done;
    what.updated = now_;
    if (!what.is_deleted)
      if (auto done = keep_entry(keys_->updated_entry(of.id, now_, what.version)); !done) return done;
    return keep(keys_->version(of.id, what.version), what);
  }
  result<void> keep(const model& of, const transition_request& what) {
    const std::string open = keys_->open_requests() + number_pair(of.id, what.number);
    auto done = what.status == request_status::open ? keep_entry(open) : remove(open);
    if (!done) return done;
    return keep(keys_->request(of.id, what.number), what);
  }

  /// Writes a change into the outbox. Its number follows the one before.
  result<void> note(std::string_view kind, std::string_view actor, std::string object, std::string_view reason = {},
                    std::vector<tag> fields = {}) {
    if (!is_recorded_) return {};
    auto now = this->state();
    if (!now) return std::move(now).error();
    ++now->last_change;
    if (auto done = keep(keys_->state(), *now); !done) return done;
    for (tag& each : fields) each.value = shortened(std::move(each.value));
    change made{now->last_change,
                now->id,
                std::string(kind),
                std::string(actor),
                std::move(object),
                shortened(std::string(reason)),
                now_,
                std::move(fields)};
    return keep(keys_->outbox() + store::number_key_part(made.number), made);
  }

 private:
  std::uint64_t now_;
  bool is_recorded_;
};

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_LEDGER_HPP
