// SPDX-License-Identifier: Apache-2.0
// import_store.h - The port to imports of card lists: the rows of a list wait here, invisible to
// everybody else, until the list has been read to its end; then they are applied a few at a time.
// One object at a time works on an import: the one that claims it. The rules are in
// operations/card_import.h. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/device.h"
#include "domain/iccid.h"
#include "store/transactional.h"

namespace iotcard {

struct CardImport {
  std::int64_t id = 0;
  bool complete = false;  // its list has been read to the end: it is applied whatever happens
  std::string options{};  // text of the operation's own
};

struct StagedCard {
  std::int64_t line = 0;
  Iccid iccid;
  std::optional<DeviceKey> device{};
  std::string fields{};  // text of the operation's own
  // Whether two lines say the same.
  bool same_row(const StagedCard& other) const {
    return iccid == other.iccid && device == other.device && fields == other.fields;
  }
};

class ImportStore : public virtual Transactional {
 public:
  // Its id. It is claimed by this object.
  virtual std::int64_t add_import(const std::string& options) = 0;
  virtual std::vector<CardImport> imports() = 0;  // by id
  // Until release_import() nobody else can claim the import; the end of this object, or of its
  // process, releases it too. nullopt: somebody else has claimed it, or it is gone.
  virtual std::optional<CardImport> claim_import(std::int64_t id) = 0;
  virtual void release_import(std::int64_t id) noexcept = 0;
  virtual bool complete_import(std::int64_t id) = 0;  // false: it is gone
  virtual void remove_import(std::int64_t id) = 0;    // when no row is left
  // Throws StoreError (unavailable) if the disk has too little room for the staged cards that are
  // new. An estimate, so that an import is refused before its first card is written.
  virtual void check_room(std::int64_t import) = 0;

  // Whether another process has the store open, or may have: in a container, where processes
  // outside cannot be seen, always. Says nothing about other objects of this process.
  virtual bool used_by_others() = 0;
  // With more memory and a longer log, for long transactions of the only process.
  virtual void use_bulk_memory() = 0;

  // nullopt: it is staged. Otherwise nothing changes, and this row has the same ICCID.
  virtual std::optional<StagedCard> stage_card(std::int64_t import, const StagedCard& card) = 0;
  // By line, from behind a line.
  virtual std::vector<StagedCard> staged_cards(std::int64_t import, std::int64_t behind,
                                               int limit) = 0;
  // Staged cards of 19 characters and those of 20 that match them (see match()), by ICCID, so that
  // each of 19 comes before its own; only such as have a partner. Of the first `max` ICCIDs of 19
  // characters that are above `after` ("" for all).
  virtual std::vector<StagedCard> staged_in_two_spellings(std::int64_t import,
                                                          const std::string& after, int max) = 0;
  virtual void remove_staged(std::int64_t import, std::int64_t up_to_line) = 0;
  virtual void remove_staged_line(std::int64_t import, std::int64_t line) = 0;
};

}  // namespace iotcard
