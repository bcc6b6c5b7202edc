// Tables for a terminal (aligned with spaces) and for a document (GitHub's Markdown), as electron/cli/table.ts makes them; and
// how numbers are written in them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bench {

struct column {
    std::string title;
    bool        right; // aligned
};

// Every row has as many cells as there are columns.
std::string format_table(const std::vector<column> & columns, const std::vector<std::vector<std::string>> & rows, bool markdown);

std::string decimals(std::optional<double> value, int digits); // – for none
std::string percent(std::optional<double> share);              // the same
std::string shortest(float value);                             // 0.6, not 0.600000024
std::string count(int64_t amount, const std::string & thing);  // 1 draft, 2 drafts

} // namespace bench
