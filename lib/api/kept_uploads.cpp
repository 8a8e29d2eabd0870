// SPDX-License-Identifier: Apache-2.0
#include "api/kept_uploads.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "operations/token_file.h"

namespace iotcard {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t id_characters = 32;
constexpr std::string_view list_suffix = ".csv";
constexpr std::string_view problems_suffix = ".problems.csv";

// The path is in the log of nobody: an operator sees the state folder in
// /status.
ApiError cannot_keep() {
  return {503,
          "the list cannot be kept: the daemon's state folder has no room "
          "or refuses it"};
}

ApiError unknown_upload() {
  return {404,
          {ErrorKey::upload_not_found},
          "there is no such upload any more: try the list again (an upload is "
          "kept for 10 minutes)"};
}

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw unknown_upload();
  return std::move(text).str();
}

}  // namespace

KeptUploads::Problems::Problems(const std::string& path) : file_(path, std::ios::binary) {
  file_ << refused_rows_header();
}

void KeptUploads::Problems::add(const RefusedRow& row) {
  if (bytes_ > max_problem_bytes) return;
  const std::string text = csv_of(row);
  bytes_ += text.size();
  file_ << text;
}

void KeptUploads::Problems::finish() {
  file_.close();
  if (!file_) throw cannot_keep();
}

std::string KeptUploads::path_of(const std::string& id, std::string_view suffix) const {
  return (fs::path{folder_()} / (id + std::string{suffix})).string();
}

// A daemon that is refused at its start must leave the folder of the one that
// runs alone.
KeptUploads::~KeptUploads() {
  if (is_ours_) clear();
}

void KeptUploads::make_folder() {
  const std::string folder = folder_ ? folder_() : "";
  if (folder.empty()) throw cannot_keep();
  if (!is_ours_) remove_folder();
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) throw cannot_keep();
}

void KeptUploads::erase(const std::string& id) {
  std::error_code ignored;
  fs::remove(path_of(id, list_suffix), ignored);
  fs::remove(path_of(id, problems_suffix), ignored);
  entries_.erase(id);
}

void KeptUploads::expire(Instant now) {
  std::vector<std::string> old;
  for (const auto& [id, entry] : entries_) {
    if (entry.state != UploadState::applying && entry.expires_at <= now) old.push_back(id);
  }
  for (const std::string& id : old) erase(id);
}

KeptUploads::Ticket KeptUploads::begin(std::string_view bytes, const ImportOptions& options,
                                       Instant now) {
  const std::lock_guard lock{mutex_};
  make_folder();
  expire(now);
  while (entries_.size() >= max_uploads) {
    auto oldest = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (entry->second.state == UploadState::applying) continue;
      const bool older =
          oldest == entries_.end() || entry->second.expires_at < oldest->second.expires_at;
      if (older) oldest = entry;
    }
    if (oldest == entries_.end()) throw cannot_keep();  // not reached: one import runs at a time
    erase(std::string{oldest->first});
  }
  Ticket ticket{new_token().substr(0, id_characters), now + lifetime};
  std::ofstream file{path_of(ticket.id, list_suffix), std::ios::binary};
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  Entry& entry = entries_[ticket.id];
  entry.options = options;
  entry.options.dry_run = false;
  entry.expires_at = ticket.expires_at;
  if (!file) {
    erase(ticket.id);
    throw cannot_keep();
  }
  return ticket;
}

KeptUploads::Problems KeptUploads::problems_of(const std::string& id) {
  return Problems{path_of(id, problems_suffix)};
}

void KeptUploads::keep(const std::string& id, std::int64_t rows, std::string result) {
  const std::lock_guard lock{mutex_};
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  entry->second.rows = rows;
  entry->second.result = std::move(result);
  entry->second.tried = true;
}

void KeptUploads::remove(const std::string& id) {
  const std::lock_guard lock{mutex_};
  erase(id);
}

KeptUploads::Entry& KeptUploads::find(const std::string& id, Instant now) {
  expire(now);
  const auto entry = entries_.find(id);
  if (entry == entries_.end() || !entry->second.tried) throw unknown_upload();
  return entry->second;
}

KeptUploads::Upload KeptUploads::apply(const std::string& id, Instant now) {
  const std::lock_guard lock{mutex_};
  Entry& entry = find(id, now);
  if (entry.state == UploadState::applying) {
    throw ApiError{409, {ErrorKey::import_running}, "this upload is being applied already"};
  }
  if (entry.state != UploadState::kept) {
    throw ApiError{409,
                   "this upload was applied already; try the list again "
                   "to do it once more"};
  }
  Upload upload{entry.options, content_of(path_of(id, list_suffix))};
  entry.state = UploadState::applying;
  entry.done = 0;
  return upload;
}

void KeptUploads::note_progress(const std::string& id, std::int64_t done, std::int64_t rows) {
  const std::lock_guard lock{mutex_};
  if (const auto entry = entries_.find(id); entry != entries_.end()) {
    entry->second.done = done;
    entry->second.rows = std::max(entry->second.rows, rows);
  }
}

// What came of it can be asked for as long again.
void KeptUploads::end(const std::string& id, const std::function<void(Entry&)>& change,
                      Instant now) {
  const std::lock_guard lock{mutex_};
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  change(entry->second);
  entry->second.expires_at = now + lifetime;
  std::error_code ignored;
  fs::remove(path_of(id, list_suffix), ignored);
}

void KeptUploads::finish(const std::string& id, std::string result, Instant now) {
  end(
      id,
      [&](Entry& entry) {
        entry.state = UploadState::done;
        entry.done = entry.rows;
        entry.result = std::move(result);
      },
      now);
}

void KeptUploads::fail(const std::string& id, std::string problem, Instant now) {
  end(
      id,
      [&](Entry& entry) {
        entry.state = UploadState::failed;
        entry.result.clear();
        entry.problem = std::move(problem);
      },
      now);
}

void KeptUploads::write(JsonText& json, const std::string& id, Instant now) {
  const std::lock_guard lock{mutex_};
  const Entry& entry = find(id, now);
  json.begin_object()
      .member("state", upload_state_names[entry.state])
      .member("rows", entry.rows)
      .member("done", entry.done)
      .key("result");
  if (entry.result.empty()) {
    json.null();
  } else {
    json.raw(entry.result);
  }
  json.member("problem", or_null(entry.problem)).end_object();
}

std::string KeptUploads::problems_csv(const std::string& id, Instant now) {
  const std::lock_guard lock{mutex_};
  find(id, now);
  return content_of(path_of(id, problems_suffix));
}

void KeptUploads::remove_folder() {
  is_ours_ = true;
  entries_.clear();
  const std::string folder = folder_ ? folder_() : "";
  std::error_code ignored;
  if (!folder.empty()) fs::remove_all(folder, ignored);
}

void KeptUploads::clear() {
  const std::lock_guard lock{mutex_};
  remove_folder();
}

}  // namespace iotcard
