// SPDX-License-Identifier: Apache-2.0
// file_access.h - Who may read and write the files of a store, in words for errors, and how a new
// store's file is made. Any thread.
#pragma once

#include <string>

namespace iotcard::sqlite {

// Makes an empty file if there is none, for its owner and for its group to read (mode 0640; SQLite
// gives the files beside it the same owner and mode). A file that root makes gets the owner of its
// folder, so that the daemon can use it. Reports nothing: SQLite then fails to open the file.
void make_store_file(const std::string& path);

// Whether this process is refused to read the file or to look into its folder.
bool is_unreadable(const std::string& path);

bool is_on_read_only_disk(const std::string& path);

// "Root, the user iotcardd and members of the group iotcardd may read it": of the file, or of the
// folder that hides it.
std::string who_may_read(const std::string& path);
// The same of writing, which needs both the file and its folder.
std::string who_may_write(const std::string& path);

}  // namespace iotcard::sqlite
