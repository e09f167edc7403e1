#ifndef MILLRACE_MIDDLEWARE_MERKLE_PROOFS_HPP
#define MILLRACE_MIDDLEWARE_MERKLE_PROOFS_HPP

#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/json_check.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file_bytes.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>
#include <millrace/store/transparency/tree_head.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

namespace detail {

/// Adds whole lines to a tree, each without its newline.
inline void append_lines(store::merkle_tree& tree, std::string_view lines) noexcept {
  constexpr std::size_t part = 64;  // are hashed side by side
  std::span<const std::byte> records[part];
  sha256_digest leaves[part];
  while (!lines.empty()) {
    std::size_t count = 0;
    for (; count < part && !lines.empty(); ++count) {
      const std::size_t end = lines.find('\n');
      records[count] = std::as_bytes(std::span(lines.substr(0, end)));
      lines.remove_prefix(end + 1);
    }
    store::leaf_hashes(std::span(records).first(count), std::span(leaves).first(count));
    tree.append(std::span<const sha256_digest>(leaves).first(count));
  }
}

}  // namespace detail

/// Policy of an `audit_log`: its thread hashes the lines of the session into a Merkle tree, and writes lines that say
/// what all lines before them hash to:
///
///     {"type":"tree_head","session_id":"run-7","lines":1204,"root":"5c0e..."}
///
/// one a second while there are lines, and one behind the session's end. A line of the file is a leaf, without its
/// newline, also a `tree_head`. `session_start` has a member `"proofs":"rfc6962"` then.
///
///     mr::audit_log<mr::merkle_proofs> log{"audit.jsonl"};
///     ...
///     if (auto closed = log.close(); !closed) return std::move(closed).error();
///     mr::store::write_file("/elsewhere/head", to_text(log.head()));   // or signed, by store::sign
///     auto report = mr::verify_audit_log("audit.jsonl");
///
/// What it cannot show: a file that somebody wrote anew, or cut at its end, unless a head was kept elsewhere.
/// Source: RFC 6962, section 2.1.
struct merkle_proofs {
  /// The tree of a session's lines. Threads: `head` any, the rest the log's.
  class line_tree {
   public:
    static constexpr std::string_view scheme = "rfc6962";

    /// Precondition: the lines are whole. Allocates: never.
    void append_lines(std::string_view lines) noexcept { detail::append_lines(tree_, lines); }
    /// What the lines so far hash to, which `head` returns from now on.
    store::tree_root make_head(std::uint64_t time) noexcept {
      const store::tree_root root = tree_.root();
      const detail::lock_guard locked(mutex_);
      root_ = root;
      time_ = time;
      return root;
    }
    /// The line that says so, without its newline. `session`: the member that has the session's id, and a comma before.
    static void append_head(std::string& out, std::string_view session, const store::tree_root& root) {
      out += "{\"type\":\"tree_head\"";
      out += session;
      out += ",\"lines\":";
      append_json(out, root.size);
      out += ",\"root\":";
      append_json(out, std::string_view(to_string(root.hash)));
      out += '}';
    }
    store::tree_head head(const std::string& session_id) const {
      const detail::lock_guard locked(mutex_);
      return {session_id, root_, time_};
    }

   private:
    store::merkle_tree tree_;
    mutable detail::mutex mutex_;
    store::tree_root root_;
    std::uint64_t time_ = 0;
  };
};

/// What `verify_audit_log` found.
struct audit_log_report {
  bool sound = true;  ///< no fault was found
  /// The first fault is in one of these lines, numbered from 1 as editors do, the first of which begins at byte
  /// `offset`.
  std::uint64_t first_line = 0;
  std::uint64_t last_line = 0;
  std::uint64_t offset = 0;
  std::string what = {};

  std::uint64_t lines = 0;       ///< whole lines, up to the fault
  std::uint64_t sessions = 0;    ///< that began in the file
  std::uint64_t unproven = 0;    ///< lines behind the last head of their session, or of sessions without proofs
  std::uint64_t torn_bytes = 0;  ///< behind the last newline
  /// The last head of each session with proofs, in their order.
  std::vector<store::tree_head> heads = {};

  explicit operator bool() const noexcept { return sound; }
};

/// The report in a sentence: `1206 lines of 1 session are as they were written`, or where they are not.
inline std::string summary(const audit_log_report& report) {
  if (!report.sound)
    return (report.first_line == report.last_line
                ? "line " + std::to_string(report.first_line)
                : "one of the lines " + std::to_string(report.first_line) + " to " + std::to_string(report.last_line)) +
           ": " + report.what + " (byte " + std::to_string(report.offset) + ")";
  std::string text = std::to_string(report.lines) + " lines of " + std::to_string(report.sessions) +
                     (report.sessions == 1 ? " session" : " sessions") + " are as they were written";
  if (report.unproven != 0) text += ", but for " + std::to_string(report.unproven) + " that no tree head vouches for";
  if (report.torn_bytes != 0) text += "; the last line is cut off";
  return text;
}

namespace detail {

/// What a verifier looks at in a line that begins a session.
struct audit_session_start {
  std::string session_id;
  bool proofs = false;

  explicit audit_session_start(std::string_view line) {
    json_reader reader(line);
    std::string_view key;
    int depth = 0;
    for (json_token token = reader.next(); token != json_token::end && token != json_token::wrong;
         token = reader.next()) {
      if (token == json_token::object || token == json_token::array) ++depth;
      if (token == json_token::close) --depth;
      if (token == json_token::key) key = depth == 1 ? reader.raw() : std::string_view();
      if (token != json_token::text) continue;
      if (key == "session_id") session_id = json_unescaped(reader.raw());
      if (key == "proofs") proofs = reader.raw() == merkle_proofs::line_tree::scheme;
    }
  }
};

/// Goes through an audit log's lines.
class audit_log_check {
 public:
  explicit audit_log_check(std::span<const store::tree_head> kept) : kept_(kept) {}

  audit_log_report run(std::string_view text) {
    text_ = text;
    while (report_.sound) {
      const std::size_t end = text.find('\n', at_);
      if (end == text.npos) break;
      const std::string_view line = text.substr(at_, end - at_);
      ++report_.lines;
      if (line.starts_with("{\"type\":\"session_start\""))
        begin_session(line);
      else if (line.starts_with("{\"type\":\"tree_head\""))
        take_head(line);
      else if (ended_)
        fault(report_.lines, at_, "a line behind the session's end, where only a tree head may be");
      ended_ = line.starts_with("{\"type\":\"session_end\"");
      at_ = end + 1;
      if (!proven_)
        ++report_.unproven;
      else if (tree_.size() + ++pending_ == stop_ && report_.sound)
        compare_kept();
    }
    if (report_.sound) {
      report_.torn_bytes = text.size() - at_;
      end_session();
    }
    if (report_.sound) find_missing();
    return std::move(report_);
  }

 private:
  void fault(std::uint64_t first, std::uint64_t offset, std::string what) {
    report_.sound = false;
    report_.first_line = first;
    report_.last_line = report_.lines;
    report_.offset = offset;
    report_.what = std::move(what);
  }

  void begin_session(std::string_view line) {
    end_session();
    if (!report_.sound) return;
    audit_session_start session(line);
    ++report_.sessions;
    proven_ = session.proofs;
    session_ = ",\"session_id\":";
    append_json(session_, session.session_id);
    tree_ = {};
    ended_ = false;
    head_line_ = report_.lines;
    head_at_ = at_;
    pending_at_ = at_;
    pending_ = 0;
    if (!proven_) return;
    report_.heads.push_back({std::move(session.session_id), {}, 0});
    find_stop();
  }
  void end_session() {
    if (!proven_) return;
    hash_pending();
    report_.unproven += tree_.size() - report_.heads.back().root.size - (has_head() ? 1 : 0);
    for (const store::tree_head& head : kept_)
      if (head.origin == report_.heads.back().origin && head.root.size > tree_.size())
        fault(report_.lines, at_,
              "the session \"" + head.origin + "\" is cut off: it has " + std::to_string(tree_.size()) +
                  " lines, and a head that was kept says " + std::to_string(head.root.size));
  }
  bool has_head() const noexcept { return report_.heads.back().root.size != 0; }

  /// A line that says what those before it hash to.
  void take_head(std::string_view line) {
    if (!proven_)
      return fault(head_line_, head_at_, "a tree head of a session that has none, or whose beginning was changed");
    hash_pending();
    const store::tree_root root = tree_.root();
    store::tree_head& last = report_.heads.back();
    std::string expected;
    merkle_proofs::line_tree::append_head(expected, session_, root);
    if (line == expected) {
      last.root = root;
      head_line_ = report_.lines + 1;
      head_at_ = at_ + line.size() + 1;
      return;
    }
    // What is no JSON is no line that a log wrote.
    std::uint64_t number = head_line_;
    for (std::size_t from = head_at_; from <= at_; ++number) {
      const std::size_t end = text_.find('\n', from);
      if (!is_json_object(text_.substr(from, end - from))) {
        fault(number, from, "it is no object of JSON");
        report_.last_line = number;
        return;
      }
      from = end + 1;
    }
    fault(head_line_, head_at_,
          "they do not hash to what the last of them says: one was changed, removed, added or moved");
  }
  /// Lines are hashed many at a time: those that came since the last time.
  void hash_pending() noexcept {
    append_lines(tree_, text_.substr(pending_at_, at_ - pending_at_));
    pending_at_ = at_;
    pending_ = 0;
  }
  /// Compares the tree with the kept heads of its size, and finds the size of the next one.
  void compare_kept() {
    hash_pending();
    const std::string& session = report_.heads.back().origin;
    for (const store::tree_head& head : kept_)
      if (report_.sound && head.root.size == tree_.size() && head.origin == session &&
          head.root.hash != tree_.root().hash)
        fault(head_line_, head_at_, "they do not hash to what a head says that was kept");
    find_stop();
  }
  void find_stop() noexcept {
    stop_ = 0;
    for (const store::tree_head& head : kept_)
      if (head.origin == report_.heads.back().origin && head.root.size > tree_.size() &&
          (stop_ == 0 || head.root.size < stop_))
        stop_ = head.root.size;
  }
  /// A session of which a head was kept has to be there.
  void find_missing() {
    for (const store::tree_head& head : kept_) {
      bool there = head.root.size == 0;
      for (const store::tree_head& found : report_.heads) there = there || found.origin == head.origin;
      if (!there)
        fault(report_.lines, at_, "the session \"" + head.origin + "\", of which a head was kept, is not in the file");
      if (!report_.sound) return;
    }
  }

  std::span<const store::tree_head> kept_;
  audit_log_report report_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t pending_at_ = 0;   // where the lines begin that the tree does not have yet
  std::uint64_t pending_ = 0;    // how many those are
  std::uint64_t stop_ = 0;       // the size at which a kept head is compared next; 0: none
  std::string session_;          // as lines spell it
  bool proven_ = false;          // whether the lines are of a session with proofs
  bool ended_ = false;           // whether the line before was the session's last but for a head
  store::merkle_tree tree_;      // of the session's lines
  std::uint64_t head_line_ = 1;  // the first line that no head vouches for
  std::size_t head_at_ = 0;
};

}  // namespace detail

/// Verifies the lines that an `audit_log<merkle_proofs>` wrote: that the lines of each session are those that its tree
/// heads vouch for, and the heads in `kept`, which were kept elsewhere. Lines of other sessions are counted as
/// unproven. Complexity: linear, each line hashed once. Allocates: a head for each session. A file that was rotated in
/// the middle of a session is verified behind the one before: join their texts.
inline audit_log_report verify_audit_lines(std::string_view text, std::span<const store::tree_head> kept = {}) {
  return detail::audit_log_check(kept).run(text);
}
/// The same of a file. Errors: those of files. What is wrong with the lines is no error, but in the report.
inline result<audit_log_report> verify_audit_log(const std::string& path, std::span<const store::tree_head> kept = {}) {
  auto bytes = store::file_bytes::open(path);
  if (!bytes) return std::move(bytes).error();
  const std::span<const std::byte> all = bytes->bytes();
  return verify_audit_lines({reinterpret_cast<const char*>(all.data()), all.size()}, kept);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_MERKLE_PROOFS_HPP
