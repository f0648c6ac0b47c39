// Finds the unit of an address, then the line in its line program, then the functions in its tree of entries.
//
// Of most units only the header and the first entry are read. The tree of a unit is read entry by entry and kept nowhere: a scope is
// kept while it is open and covers an address that is looked for.
#include "engine/dwarf/source.h"

#include <algorithm>
#include <map>

#include "engine/dwarf/line_program.h"
#include "engine/dwarf/ranges.h"

namespace wasmrun::dwarf {
namespace {

// One to two seconds of work, for the sections of a module of hundreds of megabytes.
constexpr uint64_t kBudget = uint64_t{1} << 29;
constexpr size_t kMaxInlined = 64;     // scopes of one address
constexpr size_t kMaxUnits = 4;        // that cover one address, all but one by mistake
constexpr size_t kMaxNameBytes = 4096;
constexpr int kMaxReferences = 8;      // from an inlined function to its abstract one to its declaration

uint32_t small(uint64_t number) { return number > UINT32_MAX ? 0 : static_cast<uint32_t>(number); }
std::string name_of(std::string_view text) { return std::string(text.substr(0, kMaxNameBytes)); }

/// A function that covers an address.
struct Scope {
  int depth = 0;
  bool is_open = false;
  Entry entry;
};

/// An address that is looked for. What begins with its function is better than what only covers it.
struct Query {
  CodeAddress code;
  std::vector<uint64_t> units;  ///< that cover it, by begin; the best first
  bool has_best_unit = false;
  LineRow row;
  bool has_row = false;
  std::vector<Scope> scopes;  ///< outermost first, each inside the one before
  bool has_best_function = false;
  std::vector<SourceFrame> frames;
};

/// Calls `visit` for those of the ordered queries whose addresses lie in the range.
template <class Visit>
void for_each_in(const Range& range, const std::vector<Query*>& queries, Visit visit) {
  auto query = std::lower_bound(queries.begin(), queries.end(), range.begin,
                                [](const Query* q, uint64_t begin) { return q->code.address < begin; });
  for (; query != queries.end() && (*query)->code.address < range.end; ++query) visit(**query);
}

/// Whether a sequence that begins at `a` is the function's rather than one that begins at `b`. The first row is at the function's begin
/// or at its first instruction; leftovers of dropped functions begin anywhere.
bool is_nearer(uint64_t a, uint64_t b, uint64_t function_begin) {
  if ((a >= function_begin) != (b >= function_begin)) return a >= function_begin;
  return a >= function_begin && a < b;
}

class Search {
 public:
  explicit Search(const Sections& sections) : sections_(sections), budget_(kBudget) {}

  /// `queries` are ordered by address and all different.
  void run(std::vector<Query>& queries) {
    find_units(queries);
    for (size_t choice = 0; choice < kMaxUnits; ++choice) {
      std::map<uint64_t, std::vector<Query*>> by_unit;
      for (Query& query : queries) {
        if (choice < query.units.size() && !query.has_best_function) by_unit[query.units[choice]].push_back(&query);
      }
      for (const auto& [begin, wanted] : by_unit) {
        uint64_t end = 0;
        const std::optional<Unit> unit = read_unit(sections_, begin, end, budget_);
        if (unit) search_unit(*unit, wanted);
      }
    }
  }

 private:
  void find_units(std::vector<Query>& queries) {
    std::vector<Query*> all;
    for (Query& query : queries) all.push_back(&query);
    size_t left = all.size();
    uint64_t next = 0;
    for (uint64_t at = 0; left > 0 && at < sections_.info.size() && !budget_.is_spent(); at = next) {
      const std::optional<Unit> unit = read_unit(sections_, at, next, budget_);
      if (!unit) continue;
      for (const Range& range : ranges_of(sections_, *unit, unit->low_pc, unit->high_pc, unit->ranges, budget_)) {
        for_each_in(range, all, [&](Query& query) {
          if (query.has_best_unit) return;
          query.has_best_unit = range.begin == query.code.function_begin;
          left -= query.has_best_unit;
          if (query.has_best_unit) {
            query.units.insert(query.units.begin(), at);
          } else if (query.units.size() < kMaxUnits && (query.units.empty() || query.units.back() != at)) {
            query.units.push_back(at);
          }
        });
      }
    }
  }

  void search_unit(const Unit& unit, const std::vector<Query*>& queries) {
    for (Query* const query : queries) {
      query->scopes.clear();
      query->has_row = false;
    }
    const std::optional<LineProgram> program = LineProgram::read(sections_, unit, budget_);
    if (program) {
      program->for_each_row(budget_, [&](const LineRow& row, uint64_t end) {
        for_each_in({row.address, end}, queries, [&](Query& query) {
          if (query.has_row && !is_nearer(row.sequence, query.row.sequence, query.code.function_begin)) return;
          query.row = row;
          query.has_row = true;
        });
      });
    }
    find_scopes(unit, queries);
    for (Query* const query : queries) {
      if (query->frames.empty() || query->has_best_function) make_frames(unit, program ? &*program : nullptr, *query);
    }
  }

  /// Goes through the unit's entries, as long as addresses are without the function that begins where theirs does.
  void find_scopes(const Unit& unit, const std::vector<Query*>& queries) {
    const Abbreviations& abbreviations = abbreviations_of(unit);
    ByteReader reader = entry_reader(sections_, unit, unit.entries);
    Entry entry;
    int depth = 0;
    size_t left = queries.size();
    while (left > 0 && !reader.at_end() && read_entry(reader, unit, abbreviations, budget_, entry)) {
      if (!entry.abbreviation) {
        if (--depth <= 0) return;
        left -= close(queries, depth);
        continue;
      }
      const uint64_t tag = entry.abbreviation->tag;
      if (tag == tag::kSubprogram || tag == tag::kInlinedSubroutine) {
        enter(unit, entry, depth, queries);
        if (!entry.abbreviation->has_children) left -= close(queries, depth);
      }
      if (entry.abbreviation->has_children) ++depth;
    }
  }

  void enter(const Unit& unit, const Entry& entry, int depth, const std::vector<Query*>& queries) {
    if (!entry.ranges.is_there() && !entry.low_pc.is_there()) return;
    const bool is_inlined = entry.abbreviation->tag == tag::kInlinedSubroutine;
    for (const Range& range : ranges_of(sections_, unit, entry.low_pc, entry.high_pc, entry.ranges, budget_)) {
      for_each_in(range, queries, [&](Query& query) {
        std::vector<Scope>& scopes = query.scopes;
        if (!is_inlined && !query.has_best_function && range.begin == query.code.function_begin) {
          query.has_best_function = true;
          scopes.clear();
        }
        const bool fits = is_inlined ? !scopes.empty() && scopes.back().is_open && scopes.back().depth < depth : scopes.empty();
        if (fits && scopes.size() < kMaxInlined) scopes.push_back({depth, true, entry});
      });
    }
  }

  /// The entry at `depth` ends. Returns how many addresses have their function now.
  static size_t close(const std::vector<Query*>& queries, int depth) {
    size_t finished = 0;
    for (Query* const query : queries) {
      if (query->scopes.empty() || query->scopes.front().depth < 0) continue;
      for (Scope& scope : query->scopes) scope.is_open &= scope.depth < depth;
      if (query->scopes.front().depth != depth || !query->has_best_function) continue;
      query->scopes.front().depth = -1;  // done
      ++finished;
    }
    return finished;
  }

  void make_frames(const Unit& unit, const LineProgram* program, Query& query) {
    if (!query.has_row && query.scopes.empty()) return;
    query.frames.clear();
    const auto file_name = [&](uint64_t file) { return program ? name_of(program->file_name(file)) : std::string(); };
    SourceFrame place;
    if (query.has_row) place = {{}, file_name(query.row.file), small(query.row.line), small(query.row.column)};
    for (size_t i = query.scopes.size(); i-- > 0;) {
      const Entry& entry = query.scopes[i].entry;
      place.function = function_name(unit, entry);
      query.frames.push_back(place);
      place = {{}, file_name(entry.call_file.number), small(entry.call_line.number), small(entry.call_column.number)};
    }
    if (query.scopes.empty()) query.frames.push_back(place);
  }

  /// The linkage name of an entry or of what it refers to; otherwise the first plain name.
  std::string function_name(const Unit& first_unit, const Entry& first_entry) {
    std::string_view plain;
    const Unit* unit = &first_unit;
    Entry entry = first_entry;
    for (int i = 0;; ++i) {
      if (const std::string_view name = string_of(sections_, *unit, entry.linkage_name); !name.empty()) return name_of(name);
      if (plain.empty()) plain = string_of(sections_, *unit, entry.name);
      const auto origin = reference_of(*unit, entry.origin);
      if (!origin || i == kMaxReferences) break;
      if (*origin < unit->begin || *origin >= unit->end) unit = unit_at(*origin);
      if (!unit) break;
      ByteReader reader = entry_reader(sections_, *unit, *origin);
      if (!read_entry(reader, *unit, abbreviations_of(*unit), budget_, entry) || !entry.abbreviation) break;
    }
    return name_of(plain);
  }

  /// The unit whose entries lie around `offset`; null when there is none.
  const Unit* unit_at(uint64_t offset) {
    if (!has_all_units_) {
      has_all_units_ = true;
      uint64_t next = 0;
      for (uint64_t at = 0; at < sections_.info.size() && !budget_.is_spent(); at = next) {
        if (const auto unit = read_unit(sections_, at, next, budget_)) units_.emplace(unit->begin, *unit);
      }
    }
    const auto after = units_.upper_bound(offset);
    if (after == units_.begin()) return nullptr;
    const Unit& unit = std::prev(after)->second;
    return offset < unit.end ? &unit : nullptr;
  }

  const Abbreviations& abbreviations_of(const Unit& unit) {
    const auto found = abbreviations_.find(unit.abbreviations);
    if (found != abbreviations_.end()) return found->second;
    return abbreviations_.emplace(unit.abbreviations, Abbreviations::read(sections_, unit.abbreviations, 0, budget_)).first->second;
  }

  const Sections& sections_;
  Budget budget_;
  std::map<uint64_t, Abbreviations> abbreviations_;  // by offset
  std::map<uint64_t, Unit> units_;                   // by begin; only filled when one unit refers to another
  bool has_all_units_ = false;
};

}  // namespace

std::vector<std::vector<SourceFrame>> find_source(const Sections& sections, std::span<const CodeAddress> addresses) {
  std::vector<std::vector<SourceFrame>> found(addresses.size());
  if (!sections.has_lines()) return found;
  std::vector<CodeAddress> different(addresses.begin(), addresses.end());
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());
  std::vector<Query> queries(different.size());
  for (size_t i = 0; i < different.size(); ++i) queries[i].code = different[i];
  Search(sections).run(queries);
  for (size_t i = 0; i < addresses.size(); ++i) {
    const auto position = std::lower_bound(different.begin(), different.end(), addresses[i]);
    found[i] = queries[static_cast<size_t>(position - different.begin())].frames;
  }
  return found;
}

const SourceLine* SourceLines::find(uint64_t address) const {
  const auto after = std::upper_bound(lines.begin(), lines.end(), address,
                                      [](uint64_t value, const SourceLine& line) { return value < line.begin; });
  if (after == lines.begin()) return nullptr;
  const SourceLine& line = *std::prev(after);
  return address < line.end ? &line : nullptr;
}

SourceLines read_source_lines(const Sections& sections, std::span<const uint64_t> function_begins) {
  SourceLines all;
  if (!sections.has_lines()) return all;
  Budget budget(kBudget);
  std::vector<uint64_t> sequences;          // of each line
  std::map<uint64_t, uint64_t> sequence_of;  // by function
  const auto function_of = [&](uint64_t address) {
    const auto after = std::upper_bound(function_begins.begin(), function_begins.end(), address);
    return after == function_begins.begin() ? 0 : *std::prev(after);
  };
  uint64_t next = 0;
  for (uint64_t at = 0; at < sections.info.size() && !budget.is_spent(); at = next) {
    const std::optional<Unit> unit = read_unit(sections, at, next, budget);
    const auto program = unit ? LineProgram::read(sections, *unit, budget) : std::nullopt;
    if (!program) continue;
    std::map<uint64_t, uint32_t> numbers;  // of the unit's files
    program->for_each_row(budget, [&](const LineRow& row, uint64_t end) {
      if (row.line == 0 || row.line > UINT32_MAX) return;
      auto [number, is_new] = numbers.try_emplace(row.file, static_cast<uint32_t>(all.files.size()));
      if (is_new) all.files.push_back({name_of(program->compilation_folder()), name_of(program->file_name(row.file))});
      all.lines.push_back({row.address, end, number->second, static_cast<uint32_t>(row.line)});
      sequences.push_back(row.sequence);
      const auto [first, is_first] = sequence_of.try_emplace(function_of(row.sequence), row.sequence);
      if (!is_first) first->second = std::min(first->second, row.sequence);
    });
  }
  // Of the sequences that begin in one function the first is its own.
  size_t kept = 0;
  for (size_t i = 0; i < all.lines.size(); ++i) {
    if (sequences[i] == sequence_of[function_of(sequences[i])]) all.lines[kept++] = all.lines[i];
  }
  all.lines.resize(kept);
  std::stable_sort(all.lines.begin(), all.lines.end(), [](const SourceLine& a, const SourceLine& b) { return a.begin < b.begin; });
  return all;
}

}  // namespace wasmrun::dwarf
