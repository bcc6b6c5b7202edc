#include "table.h"

#include <algorithm>
#include <cstdio>

namespace bench {

namespace {

size_t visible_width(const std::string & cell) { // characters of UTF-8 text
    return std::count_if(cell.begin(), cell.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

std::string repeated(const std::string & text, size_t n) {
    std::string out;
    for (size_t i = 0; i < n; ++i) {
        out += text;
    }
    return out;
}

std::string formatted(const char * format, int digits, double value) {
    char text[64];
    std::snprintf(text, sizeof(text), format, digits, value);
    return text;
}

} // namespace

std::string format_table(const std::vector<column> & columns, const std::vector<std::vector<std::string>> & rows, bool markdown) {
    std::vector<size_t>      widths;
    std::vector<std::string> titles, rules;
    for (size_t i = 0; i < columns.size(); ++i) {
        size_t width = std::max<size_t>(3, visible_width(columns[i].title));
        for (const auto & row : rows) {
            width = std::max(width, visible_width(row[i]));
        }
        widths.push_back(width);
        titles.push_back(columns[i].title);
        rules.push_back(markdown ? repeated("-", width - 1) + (columns[i].right ? ":" : "-") : repeated("─", width));
    }
    std::string out;
    const auto add = [&](const std::vector<std::string> & cells) {
        std::string line = markdown ? "| " : "";
        for (size_t i = 0; i < columns.size(); ++i) {
            const std::string space(widths[i] - visible_width(cells[i]), ' ');
            line += (i == 0 ? "" : markdown ? " | " : "  ") + (columns[i].right ? space + cells[i] : cells[i] + space);
        }
        line += markdown ? " |" : "";
        out += (out.empty() ? "" : "\n") + line.substr(0, line.find_last_not_of(' ') + 1);
    };
    add(titles);
    add(rules);
    for (const auto & row : rows) {
        add(row);
    }
    return out;
}

std::string decimals(std::optional<double> value, int digits) {
    return value ? formatted("%.*f", digits, *value) : "–";
}

std::string percent(std::optional<double> share) {
    return share ? formatted("%.*f", 0, *share * 100.0) + "%" : "–";
}

std::string shortest(float value) {
    return formatted("%.*g", 6, value);
}

std::string count(int64_t amount, const std::string & thing) {
    return std::to_string(amount) + " " + thing + (amount == 1 ? "" : "s");
}

} // namespace bench
