#ifndef MILLRACE_CONNECT_S3_UPLOAD_HPP
#define MILLRACE_CONNECT_S3_UPLOAD_HPP

#include <millrace/connect/s3/bucket.hpp>
#include <millrace/connect/s3/detail/digests.hpp>
#include <millrace/connect/s3/detail/xml_document.hpp>
#include <millrace/connect/s3/fwd.hpp>
#include <millrace/connect/s3/object.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {

/// The most parts of an upload, and the fewest bytes of each but the last.
inline constexpr std::uint32_t max_parts = 10'000;
inline constexpr std::uint64_t min_part = std::uint64_t{5} << 20;

/// A part that the server has.
struct upload_part {
  std::uint32_t number = 0;  // 1 to max_parts
  std::uint64_t size = 0;    // bytes
  std::string etag;          // as it was sent, with its quotes
};

/// What an upload's object will have.
struct upload_options {
  std::string type = "application/octet-stream";
  /// The SHA-256 of all bytes, as 64 digits, where it is known before; without it readers cannot compare.
  std::string sha256 = {};
};

/// An object that is written part by part, in any order, and is there when `complete` has returned: until then readers
/// see what was there before, or nothing.
///
///     auto up = mr::connect::s3::upload<decltype(models)>::begin(models, "churn/rows.parquet");
///     up->send(2, second);  up->send(1, first);
///     auto there = up->complete();
///
/// An upload that was begun stays, with its parts and at their price, until it is completed or aborted: whoever keeps
/// `id` goes on with it in another process (`resume`), and `abort_uploads` removes what was left.
/// Complexity: a request each. Allocates: a copy of a part. Threads: `send` from any number, each with numbers of its
/// own. The bucket outlives it. Errors: the bucket's.
template <class Bucket>
class upload {
 public:
  static result<upload> begin(Bucket& bucket, std::string_view key, const upload_options& options = {});
  /// An upload that somebody has begun, with the parts that it has. Errors: also not_found: it is no more: completed,
  /// or aborted.
  static result<upload> resume(Bucket& bucket, std::string_view key, std::string_view id);

  const std::string& key() const noexcept { return self_->key; }
  /// What the server calls it.
  const std::string& id() const noexcept { return self_->id; }
  /// The parts that the server has, in the order of their numbers.
  std::vector<upload_part> parts() const {
    const millrace::detail::lock_guard locked(self_->mutex);
    return self_->parts;
  }

  /// Sends a part; one that is there already is replaced. All but the last have `min_part` bytes or more, which is
  /// asked for when the upload is completed. Errors: also out_of_range: the number is none, or it has more than 5 GiB;
  /// not_found: the upload is no more.
  result<void> send(std::uint32_t number, std::span<const std::byte> bytes);
  /// Makes the object of all parts. It may be called again after an error.
  /// Errors: also conflict: the object is not what the parts are, since somebody has written it meanwhile.
  result<object_facts> complete();
  /// Gives the parts up. An upload that is no more is no error.
  result<void> abort();

 private:
  struct state {
    Bucket* bucket;
    std::string key;
    std::string id;
    std::string write_id;
    std::vector<upload_part> parts;
    mutable millrace::detail::mutex mutex;

    state(Bucket& of, std::string_view named) : bucket(&of), key(named), id(), write_id(), parts(), mutex() {}
  };
  explicit upload(millrace::detail::owning_pointer<state> made) noexcept : self_(std::move(made)) {}

  store::http_target target(const char* name, std::string value) const {
    store::http_target made{self_->bucket->where().path_of(self_->key), {}};
    if (name != nullptr) made.query.push_back({name, std::move(value)});
    made.query.push_back({"uploadId", self_->id});
    return made;
  }
  result<void> read_parts();
  std::string completion() const;

  millrace::detail::owning_pointer<state> self_;
};

namespace detail {

/// Keeps a part among the others, in the order of their numbers.
inline void keep_part(std::vector<upload_part>& parts, upload_part part) {
  std::size_t at = parts.size();
  while (at > 0 && parts[at - 1].number >= part.number) --at;
  if (at < parts.size() && parts[at].number == part.number)
    parts[at] = std::move(part);
  else
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), std::move(part));
}

}  // namespace detail

template <class Bucket>
result<upload<Bucket>> upload<Bucket>::begin(Bucket& bucket, std::string_view key, const upload_options& options) {
  if (auto fine = check_object_key(key); !fine) return std::move(fine).error();
  upload made(millrace::detail::make_owning<state>(bucket, key));
  made.self_->write_id = bucket.new_write_id();
  const dialect spoken = bucket.where().spoken();
  store::http_request request{.method = "POST",
                              .target = Bucket::target_of({bucket.where().path_of(key), {{"uploads", ""}}}),
                              .headers = {{"Content-Type", options.type},
                                          {detail::own_header(spoken, detail::write_name), made.self_->write_id}}};
  if (!options.sha256.empty())
    request.headers.push_back({detail::own_header(spoken, detail::content_name), options.sha256});
  const auto response = bucket.perform(std::move(request));
  if (!response) return response.error();
  const auto xml = detail::read_xml(response->body, "InitiateMultipartUploadResult", "the begin of an upload");
  if (!xml) return xml.error();
  made.self_->id = xml->root().text_of("UploadId");
  if (made.self_->id.empty())
    return error(errc::corrupt, "the upload of " + millrace::detail::quoted_text(key) + " has no identifier");
  return made;
}

template <class Bucket>
result<upload<Bucket>> upload<Bucket>::resume(Bucket& bucket, std::string_view key, std::string_view id) {
  if (auto fine = check_object_key(key); !fine) return std::move(fine).error();
  upload made(millrace::detail::make_owning<state>(bucket, key));
  made.self_->id = id;
  if (auto read = made.read_parts(); !read) return std::move(read).error();
  return made;
}

template <class Bucket>
result<void> upload<Bucket>::read_parts() {
  const auto wrong = [](const char* why) { return error(errc::corrupt, std::string("a list of parts: ") + why); };
  std::string marker;
  for (;;) {
    store::http_target page = target("max-parts", "1000");
    if (!marker.empty()) page.query.push_back({"part-number-marker", marker});
    const auto response = self_->bucket->perform({.method = "GET", .target = Bucket::target_of(page)});
    if (!response) return response.error();
    const auto xml = detail::read_xml(response->body, "ListPartsResult", "a list of parts");
    if (!xml) return xml.error();
    auto done = xml->root().for_each("Part", [&](detail::xml_document::element each) -> result<void> {
      upload_part part;
      std::uint64_t number = 0;
      if (!detail::read_count(each.text_of("PartNumber"), number) || number < 1 || number > max_parts ||
          !detail::read_count(each.text_of("Size"), part.size) || each.text_of("ETag").empty())
        return wrong("a part has no number, size or ETag");
      part.number = static_cast<std::uint32_t>(number);
      if (!self_->parts.empty() && self_->parts.back().number >= part.number) return wrong("it is not in order");
      part.etag = each.text_of("ETag");
      self_->parts.push_back(std::move(part));
      return {};
    });
    if (!done) return done;
    if (xml->root().text_of("IsTruncated") != "true") return {};
    std::string next(xml->root().text_of("NextPartNumberMarker"));
    if (next.empty() || next == marker) return wrong("it goes on, and does not say where");
    marker = std::move(next);
  }
}

template <class Bucket>
result<void> upload<Bucket>::send(std::uint32_t number, std::span<const std::byte> bytes) {
  const auto called = [&] {
    return "part " + std::to_string(number) + " of the upload of " + millrace::detail::quoted_text(self_->key);
  };
  if (number < 1 || number > max_parts)
    return error(errc::out_of_range, called() + ": parts have the numbers 1 to " + std::to_string(max_parts));
  if (bytes.size() > max_put) return error(errc::out_of_range, called() + " has more than 5 GiB");
  const auto response =
      self_->bucket->perform({.method = "PUT",
                              .target = Bucket::target_of(target("partNumber", std::to_string(number))),
                              .body = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
  if (!response) return response.error();
  upload_part part{number, bytes.size(), detail::header_of(*response, "ETag")};
  if (part.etag.empty()) return error(errc::corrupt, called() + ": the response has no ETag");
  const millrace::detail::lock_guard locked(self_->mutex);
  detail::keep_part(self_->parts, std::move(part));
  return {};
}

template <class Bucket>
std::string upload<Bucket>::completion() const {
  std::string text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const upload_part& each : self_->parts) {
    text += "<Part><PartNumber>" + std::to_string(each.number) + "</PartNumber><ETag>";
    detail::append_xml(text, each.etag);
    text += "</ETag></Part>";
  }
  return text + "</CompleteMultipartUpload>";
}

template <class Bucket>
result<object_facts> upload<Bucket>::complete() {
  const auto called = [&] { return "the upload of " + millrace::detail::quoted_text(self_->key); };
  store::http_request request{.method = "POST", .headers = {{"Content-Type", "application/xml"}}};
  std::uint64_t size = 0;
  {
    const millrace::detail::lock_guard locked(self_->mutex);
    if (self_->parts.empty()) return error(errc::invalid_argument, called() + " has no part");
    for (const upload_part& each : self_->parts) size += each.size;
    for (std::size_t i = 0; i + 1 < self_->parts.size(); ++i)
      if (self_->parts[i].size < min_part)
        return error(errc::invalid_argument, called() + ": its part " + std::to_string(self_->parts[i].number) +
                                                 " is not the last and has less than 5 MiB");
    request.body = completion();
  }
  request.target = Bucket::target_of(target(nullptr, {}));
  auto response = self_->bucket->settled(self_->bucket->exchange(request, true), request);
  // Where the upload is no more, an attempt before may have completed it.
  const bool is_gone = !response && response.error().code() == errc::not_found;
  if (!response && !is_gone) return std::move(response).error();
  if (response) {
    const auto xml = detail::read_xml(response->body, "CompleteMultipartUploadResult", "the end of an upload");
    if (!xml) return xml.error();
  }
  auto there = self_->bucket->head(self_->key);
  if (!there) return is_gone ? std::move(response).error() : std::move(there).error();
  const bool is_ours = self_->write_id.empty() || there->write_id == self_->write_id;
  if (there->size == size && is_ours && (!is_gone || !self_->write_id.empty())) return there;
  if (is_gone) return std::move(response).error();
  return error(errc::conflict, called() + " is complete, but the object is another: somebody wrote it meanwhile");
}

template <class Bucket>
result<void> upload<Bucket>::abort() {
  const auto response = self_->bucket->perform({.method = "DELETE", .target = Bucket::target_of(target(nullptr, {}))});
  return response || response.error().code() == errc::not_found ? result<void>() : response.error();
}

/// What a process keeps of an upload of bytes that it has at hand, such as a file, so that another one goes on with it:
/// in a file, or as a document of any storage.
struct upload_ticket {
  static constexpr const char* document_kind = "upload";
  static constexpr unsigned document_format = 1;

  std::string key;
  std::string id;
  std::string sha256;  // of all bytes
  std::uint64_t size = 0;
  std::uint64_t part = 0;  // bytes of each part but the last

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("key", self.key)("id", self.id)("sha256", self.sha256)("size", self.size)("part", self.part);
  }
};

/// Begins an upload of bytes, in parts of at least `part` bytes. Nothing of them is sent yet.
/// Complexity: SHA-256 of the bytes. Errors: the bucket's.
template <class Bucket>
result<upload_ticket> begin_upload(Bucket& bucket, std::string_view key, std::span<const std::byte> bytes,
                                   std::uint64_t part = std::uint64_t{16} << 20,
                                   std::string type = "application/octet-stream") {
  upload_ticket made{
      std::string(key), {}, to_string(sha256_of(bytes)), bytes.size(), part < min_part ? min_part : part};
  const std::uint64_t least = (bytes.size() + max_parts - 1) / max_parts;
  if (made.part < least) made.part = least;
  const auto begun = upload<Bucket>::begin(bucket, key, {std::move(type), made.sha256});
  if (!begun) return begun.error();
  made.id = begun->id();
  return made;
}

/// Sends what the server does not have yet and completes the upload; as often as it takes, in whatever process. A part
/// of which the server says by its ETag that it has the bytes is not sent again; servers that encrypt do not say so.
/// Errors: also invalid_argument: the bytes are not those of the ticket; not_found: the upload was aborted.
template <class Bucket>
result<object_facts> finish_upload(Bucket& bucket, const upload_ticket& ticket, std::span<const std::byte> bytes) {
  const auto called = [&] { return "the upload of " + millrace::detail::quoted_text(ticket.key); };
  if (bytes.size() != ticket.size || to_string(sha256_of(bytes)) != ticket.sha256)
    return error(errc::invalid_argument, called() + " was begun with other bytes");
  if (ticket.part < min_part) return error(errc::invalid_argument, called() + " has parts of less than 5 MiB");
  auto going_on = upload<Bucket>::resume(bucket, ticket.key, ticket.id);
  if (!going_on) {
    if (going_on.error().code() == errc::not_found)  // it may have been completed
      if (auto there = bucket.head(ticket.key); there && there->size == ticket.size && there->sha256 == ticket.sha256)
        return there;
    return std::move(going_on).error();
  }
  const std::vector<upload_part> there = going_on->parts();
  std::size_t known = 0;
  std::uint32_t number = 1;
  std::uint64_t from = 0;
  do {
    const std::uint64_t size = bytes.size() - from < ticket.part ? bytes.size() - from : ticket.part;
    const auto part = bytes.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(size));
    while (known < there.size() && there[known].number < number) ++known;
    const bool is_there = known < there.size() && there[known].number == number && there[known].size == size &&
                          there[known].etag == '"' + detail::md5_text(part) + '"';
    if (!is_there)
      if (auto sent = going_on->send(number, part); !sent) return std::move(sent).error();
    from += size;
    ++number;
  } while (from < bytes.size());
  if (!there.empty() && there.back().number >= number)
    return error(errc::conflict, called() + " has parts that are none of its bytes");
  auto done = going_on->complete();
  if (done && done->sha256 != ticket.sha256)
    return error(errc::conflict, called() + " is complete, but the object is another: somebody wrote it meanwhile");
  return done;
}

/// Removes the uploads of keys that begin with `prefix` and were begun more than `older_than` ago, with their parts.
/// Returns how many. Errors: the bucket's.
template <class Bucket>
result<std::uint64_t> abort_uploads(Bucket& bucket, std::string_view prefix, duration older_than) {
  const std::uint64_t now = bucket.options().wall_clock();
  const auto age = static_cast<std::uint64_t>(older_than.nanoseconds < 0 ? 0 : older_than.nanoseconds);
  const std::string before = to_iso8601(now > age ? now - age : 0).substr(0, 19);
  const auto wrong = [](const char* why) { return error(errc::corrupt, std::string("a list of uploads: ") + why); };
  std::uint64_t aborted = 0;
  std::string key_marker;
  std::string id_marker;
  for (;;) {
    store::http_target page{bucket.where().path_of({}),
                            {{"uploads", ""}, {"encoding-type", "url"}, {"max-uploads", "1000"}}};
    if (!prefix.empty()) page.query.push_back({"prefix", std::string(prefix)});
    if (!key_marker.empty()) page.query.push_back({"key-marker", key_marker});
    if (!id_marker.empty()) page.query.push_back({"upload-id-marker", id_marker});
    const auto response = bucket.perform({.method = "GET", .target = Bucket::target_of(page)});
    if (!response) return response.error();
    const auto xml = detail::read_xml(response->body, "ListMultipartUploadsResult", "a list of uploads");
    if (!xml) return xml.error();
    const bool is_encoded = xml->root().text_of("EncodingType") == "url";
    auto done = xml->root().for_each("Upload", [&](detail::xml_document::element each) -> result<void> {
      const auto key = detail::listed_text(each.child("Key"), is_encoded);
      if (!key) return key.error();
      const std::string_view begun = each.text_of("Initiated").substr(0, 19);
      if (key->empty() || each.text_of("UploadId").empty() || begun.size() != 19 || begun[10] != 'T')
        return wrong("an upload has no key, identifier or time");
      if (!key->starts_with(prefix) || begun >= before) return {};
      store::http_target gone{bucket.where().path_of(*key), {{"uploadId", std::string(each.text_of("UploadId"))}}};
      const auto removed = bucket.perform({.method = "DELETE", .target = Bucket::target_of(gone)});
      if (!removed && removed.error().code() != errc::not_found) return removed.error();
      ++aborted;
      return {};
    });
    if (!done) return std::move(done).error();
    if (xml->root().text_of("IsTruncated") != "true") return aborted;
    auto next_key = detail::listed_text(xml->root().child("NextKeyMarker"), is_encoded);
    if (!next_key) return std::move(next_key).error();
    std::string next_id(xml->root().text_of("NextUploadIdMarker"));
    if (next_key->empty() || (*next_key == key_marker && next_id == id_marker))
      return wrong("it goes on, and does not say where");
    key_marker = *std::move(next_key);
    id_marker = std::move(next_id);
  }
}

}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_UPLOAD_HPP
