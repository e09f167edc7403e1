#include <millrace/observe/audit/verify_trail.hpp>

#include <support/audit_trails.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/observe/audit/audit_trail.hpp>

#include <cstring>
#include <iterator>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

/// A trail of 2,000 records in small segments, and tree heads that were kept on the way.
struct made_trail {
  support::temp_dir dir;
  std::string folder = dir / "audit";
  std::vector<mr::store::tree_head> heads;
  support::trail_files files;

  made_trail() {
    auto options = support::small_trail();
    options.segment_bytes = 24 << 10;
    auto trail = mo::audit_trail<>::open(folder, options).value();
    for (std::uint64_t i = 0; i < 2000; i += 500) {
      support::write_events(trail, i, i + 500);
      heads.push_back(trail.head());
    }
    REQUIRE(trail.close());
    files = support::files_of(folder);
  }
};
const made_trail& sound_trail() {
  static const made_trail made;
  return made;
}

/// What is found when one file of the trail has other bytes, as verify_trail finds it: the segments before are sound,
/// so that the check may begin with the header of the one that was changed.
mo::trail_fault fault_of(const support::trail_files& files, const std::string& changed, const std::string& bytes) {
  std::vector<mo::detail::trail_file> names;
  for (const auto& [name, content] : files) {
    mo::detail::trail_file file;
    REQUIRE(mo::detail::read_name(name, file));
    file.path = name;
    names.push_back(file);
  }
  mo::detail::trail_check check;
  check.trust_next_header();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].path < changed) continue;
    const std::string& content = names[i].path == changed ? bytes : files.at(names[i].path);
    const bool last = i + 1 == names.size();
    if (!check.take_segment(std::as_bytes(std::span(content)), names[i], i, last, false,
                            [](const auto&) -> mr::result<void> { return {}; }))
      return check.fault;
    if (names[i].path != changed) break;
  }
  return {~std::uint64_t{0}, 0, "", 0, "nothing is found", false};
}

/// A record of the trail: its file, its frame, its index.
struct record_place {
  std::string file;
  support::frame_place frame;
  std::uint64_t index;
};
std::vector<record_place> records_of(const support::trail_files& files) {
  std::vector<record_place> records;
  for (const auto& [name, bytes] : files)
    for (const auto& frame : support::frames_of(bytes))
      if (frame.record) records.push_back({name, frame, records.size()});
  return records;
}

void check_found(const mo::trail_fault& fault, std::uint64_t index, const char* how) {
  INFO(how << " of record " << index << ": found at " << fault.index << " of " << fault.count << ", " << fault.what);
  REQUIRE(fault.index == index);
}

}  // namespace

TEST_CASE("a sound trail verifies, against heads that were kept as well", "[verify_trail]") {
  const made_trail& made = sound_trail();
  REQUIRE(made.files.size() > 12);
  const auto report = mo::verify_trail(made.folder, made.heads);
  REQUIRE(report);
  INFO(summary(*report));
  CHECK(*report);
  CHECK(report->records == 2000);
  CHECK(report->closed);
  CHECK(report->segments == made.files.size());
  CHECK(report->head.root == made.heads.back().root);
  CHECK(report->head.origin == made.heads.back().origin);
  CHECK(summary(*report) ==
        "2000 records in " + std::to_string(made.files.size()) + " segments are as they were written");
}

TEST_CASE("every record that is flipped, deleted, swapped, inserted or cut off is found and named", "[verify_trail]") {
  const made_trail& made = sound_trail();
  const auto records = records_of(made.files);
  REQUIRE(records.size() == 2000);
  mr::random_engine random(7);
  for (const record_place& each : records) {
    const std::string& bytes = made.files.at(each.file);
    const std::string frame = bytes.substr(each.frame.at, each.frame.size);
    std::string changed = bytes;
    changed[each.frame.at + static_cast<std::size_t>(random.below(each.frame.size))] ^=
        static_cast<char>(1 + random.below(255));
    check_found(fault_of(made.files, each.file, changed), each.index, "a flip");

    changed = bytes;
    changed.erase(each.frame.at, each.frame.size);
    check_found(fault_of(made.files, each.file, changed), each.index, "the deletion");

    // Another record of the segment, which stands later.
    std::vector<record_place> later;
    for (std::size_t i = static_cast<std::size_t>(each.index) + 1; i < records.size() && records[i].file == each.file;
         ++i)
      later.push_back(records[i]);
    if (!later.empty()) {
      const record_place& other = later[static_cast<std::size_t>(random.below(later.size()))];
      const std::string theirs = bytes.substr(other.frame.at, other.frame.size);
      changed = bytes;
      changed.replace(other.frame.at, other.frame.size, frame);
      changed.replace(each.frame.at, each.frame.size, theirs);
      check_found(fault_of(made.files, each.file, changed), each.index, "the swap");

      changed = bytes;
      changed.insert(each.frame.at, theirs);
      check_found(fault_of(made.files, each.file, changed), each.index, "an insertion before");
    }

    changed = bytes.substr(0, each.frame.at + static_cast<std::size_t>(random.below(each.frame.size)));
    const mo::trail_fault cut = fault_of(made.files, each.file, changed);
    INFO("cut in record " << each.index << ": " << cut.what);
    REQUIRE(cut.index <= each.index);
    REQUIRE(cut.index + cut.count >= each.index);
  }
}

TEST_CASE("every byte of a segment's header, of a commit and of a record counts", "[verify_trail]") {
  const made_trail& made = sound_trail();
  const auto [name, bytes] = *std::next(made.files.begin(), 3);
  const auto frames = support::frames_of(bytes);
  std::uint64_t index = std::stoull(name.substr(11, 12));
  const auto flip_all = [&](std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; ++at) {
      std::string changed = bytes;
      changed[at] ^= 0x10;
      INFO("byte " << at);
      check_found(fault_of(made.files, name, changed), index, "a flip");
    }
  };
  // The header is checked against the segment before, so that its fault is that segment's end.
  for (std::size_t at = 0; at < 4096; at += at < 200 || at > 4060 ? 1 : 61) {
    std::string changed = bytes;
    changed[at] ^= 0x10;
    REQUIRE(fault_of(made.files, name, changed).what != "nothing is found");
  }
  std::size_t commits = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (i < 3 || (!frames[i].record && commits++ < 2)) flip_all(frames[i].at, frames[i].at + frames[i].size);
    if (frames[i].record) ++index;
  }
  // The last commit says that the segment ends.
  flip_all(frames.back().at, bytes.size());
}

TEST_CASE("a record changed with its hash is narrowed down to its commit", "[verify_trail]") {
  const made_trail& made = sound_trail();
  const auto records = records_of(made.files);
  for (const std::size_t index :
       {std::size_t{0}, std::size_t{39}, std::size_t{40}, std::size_t{999}, std::size_t{1999}}) {
    const record_place& each = records[index];
    std::string changed = made.files.at(each.file);
    const std::size_t at = changed.find("model/churn", each.frame.at);
    REQUIRE(at < each.frame.at + each.frame.size);
    changed[at] = 'M';
    std::uint32_t leaf = 0;
    std::memcpy(&leaf, changed.data() + each.frame.at + 8, 4);
    const auto hash = mr::sha256_of(std::as_bytes(std::span(changed)).subspan(each.frame.at + 48, leaf));
    std::memcpy(changed.data() + each.frame.at + 16, hash.bytes, 32);
    const mo::trail_fault fault = fault_of(made.files, each.file, changed);
    INFO(fault.what);
    CHECK(fault.index <= index);
    CHECK(fault.index + fault.count > index);
    CHECK(fault.count <= 40);
    CHECK_FALSE(fault.torn);
  }
}

TEST_CASE("tampering with whole files is found on disk, with the file and the place", "[verify_trail]") {
  const made_trail& made = sound_trail();
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  const auto report_of = [&](const support::trail_files& files, std::span<const mr::store::tree_head> heads = {}) {
    support::put_files(folder, files);
    auto report = mo::verify_trail(folder, heads);
    REQUIRE(report);
    INFO(summary(*report));
    return *report;
  };
  const auto nth = [&](std::size_t n) { return std::next(made.files.begin(), static_cast<std::ptrdiff_t>(n))->first; };
  const auto first_of = [&](const std::string& name) { return std::stoull(name.substr(11, 12)); };

  auto files = made.files;
  files.erase(nth(5));
  auto report = report_of(files);
  CHECK(report.fault.index == first_of(nth(5)));
  CHECK(report.fault.count == first_of(nth(6)) - first_of(nth(5)));
  CHECK_FALSE(report.closed);

  files = made.files;
  files.erase(files.begin());
  report = report_of(files);
  CHECK_FALSE(report);
  CHECK(report.fault.index == 0);

  files = made.files;
  files.erase(std::prev(files.end()));
  report = report_of(files);
  CHECK(report.fault.what == "the segment that followed is missing");
  CHECK(report.fault.file == folder + "/" + files.rbegin()->first);

  files = made.files;
  std::swap(files[nth(2)], files[nth(3)]);
  report = report_of(files);
  CHECK(report.fault.index == first_of(nth(2)));
  CHECK(report.fault.offset == 0);

  // Cut off behind a commit, the last segment is sound in itself: only a head that was kept tells.
  files = made.files;
  std::string& last = files.rbegin()->second;
  std::vector<std::size_t> commits;
  for (const auto& frame : support::frames_of(last))
    if (!frame.record) commits.push_back(frame.at + frame.size);
  last.resize(commits.size() >= 3 ? commits.front() : 4096);
  report = report_of(files);
  CHECK(report);
  CHECK_FALSE(report.closed);
  report = report_of(files, made.heads);
  REQUIRE_FALSE(report);
  CHECK(report.fault.index == report.records);
  CHECK(report.fault.index + report.fault.count == 2000);

  // Bytes behind the end, zeros apart, which only say that the trail was not closed.
  files = made.files;
  files.rbegin()->second += "12345678";
  CHECK_FALSE(report_of(files));
  files.rbegin()->second = made.files.rbegin()->second + std::string(100, '\0');
  report = report_of(files);
  CHECK(report);
  CHECK_FALSE(report.closed);
}

TEST_CASE("a trail written anew as a whole contradicts a head that was kept; one of another trail is refused",
          "[verify_trail]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto trail = mo::audit_trail<>::open(folder, support::small_trail()).value();
  support::write_events(trail, 1, 101);
  auto head = trail.head();
  REQUIRE(trail.close());
  CHECK(mo::verify_trail(folder, std::span(&head, 1)).value());
  head.root.hash.bytes[5] ^= 1;
  const auto report = mo::verify_trail(folder, std::span(&head, 1)).value();
  REQUIRE_FALSE(report);
  CHECK(report.fault.index == 0);
  CHECK(report.fault.count == 100);
  CHECK_FALSE(report.fault.torn);
  head.origin = "another";
  CHECK(mo::verify_trail(folder, std::span(&head, 1)).error().code() == mr::errc::invalid_argument);
  CHECK(mo::verify_trail(dir / "none").error().code() == mr::errc::not_found);
}
