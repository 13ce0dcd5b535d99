// TOML to statements, with the line and column of each. The only file that knows toml++.
#include "sources.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>

namespace ss::config {
namespace {

std::string at(const std::string& name, const toml::source_region& region)
{
    return fmt::format("{}:{}:{}", name, region.begin.line, region.begin.column);
}

bool is_repeated_key(std::string_view description)
{
    return description.find("redefine") != std::string_view::npos;
}

// toml++ quotes what it saw, which may be (the start of) a secret typed without quotes; keys may be shown.
std::string without_values(std::string_view description)
{
    for (const auto* mark : {"; saw", ", saw", " saw "}) {
        description = description.substr(0, description.find(mark));
    }
    std::string text{description};
    const auto first = text.find('\'');
    const auto last = text.rfind('\'');
    if (first != last && !is_repeated_key(description)) {
        text.replace(first, last - first + 1, "a value");
    }
    return printable(text);
}

std::string table_hint(std::string_view unknown)
{
    std::vector<std::string_view> tables;
    for (const Setting& setting : kSettings) {
        if (const auto dot = setting.key.find('.'); dot != std::string_view::npos) {
            tables.push_back(setting.key.substr(0, dot));
        }
    }
    const auto near = closest(unknown, tables);
    return near ? fmt::format("did you mean [{}]?", *near) : "";
}

class Walker {
public:
    Walker(std::string name, Reading& reading) : name_{std::move(name)}, reading_{reading} {}

    void walk(const toml::table& table, const std::string& prefix)
    {
        for (const auto& [key, node] : table) {
            const std::string full = prefix + std::string{key.str()};
            if (const auto* inner = node.as_table()) {
                enter(*inner, full, key.source());
            } else if (find_setting(full)) {
                take(full, node);
            } else if (is_table(full)) {
                reading_.errors.push_back(wrong(fmt::format("{} is a table of settings, not one", full),
                                                fmt::format("write [{}], and its settings below", full),
                                                at(name_, key.source())));
            } else {
                reading_.errors.push_back(wrong(fmt::format("there is no setting \"{}\"", printable(full)),
                                                key_hint(full), at(name_, key.source())));
            }
        }
    }

private:
    static bool is_table(const std::string& full)
    {
        return std::ranges::any_of(kSettings, [&](const Setting& row) { return row.key.starts_with(full + "."); });
    }

    void enter(const toml::table& table, const std::string& full, const toml::source_region& source)
    {
        if (is_table(full)) {
            walk(table, full + ".");
        } else if (find_setting(full)) {
            reading_.errors.push_back(wrong(fmt::format("{} is a setting, not a table", full),
                                            fmt::format("write {} = …", full), at(name_, source)));
        } else {
            reading_.errors.push_back(
                wrong(fmt::format("there is no table [{}]", printable(full)), table_hint(full), at(name_, source)));
        }
    }

    void take(const std::string& key, const toml::node& node)
    {
        Statement statement{
            .key = key, .form = Form::bare, .text = {}, .entries = {}, .where = at(name_, node.source())};
        if (const auto text = node.value_exact<std::string>()) {
            statement.form = Form::string;
            statement.text = *text;
        } else if (const auto number = node.value_exact<std::int64_t>()) {
            statement.form = Form::integer;
            statement.text = std::to_string(*number);
        } else if (const auto flag = node.value_exact<bool>()) {
            statement.form = Form::boolean;
            statement.text = *flag ? "true" : "false";
        } else if (!take_array(node, statement)) {
            reading_.errors.push_back(wrong(fmt::format("{}: this kind of value is not used here", key),
                                            "a text in quotes, a whole number, true, false or a list of texts",
                                            statement.where));
            return;
        }
        reading_.statements.push_back(std::move(statement));
    }

    static bool take_array(const toml::node& node, Statement& statement)
    {
        const auto* array = node.as_array();
        if (array == nullptr) {
            return false;
        }
        statement.form = Form::array;
        for (const auto& entry : *array) {
            const auto text = entry.value_exact<std::string>();
            if (!text) {
                return false;
            }
            statement.entries.push_back(*text);
        }
        return true;
    }

    std::string name_;
    Reading& reading_;
};

}  // namespace

Reading read_toml(std::string_view text, const std::string& name)
{
    Reading reading;
    try {
        const auto table = toml::parse(text, name);
        Walker{name, reading}.walk(table, "");
    } catch (const toml::parse_error& error) {
        reading.errors.push_back(wrong(without_values(error.description()),
                                       is_repeated_key(error.description()) ? "a key may stand only once"
                                                                            : "texts stand in quotes: key = \"value\"",
                                       at(name, error.source())));
    }
    // toml++ keeps tables sorted by name; a person reads from top to bottom.
    const auto line_of = [](const std::string& where) {
        const auto column = where.rfind(':');
        const auto line = where.rfind(':', column - 1);
        return to_integer(std::string_view{where}.substr(line + 1, column - line - 1)).value_or(0);
    };
    std::ranges::stable_sort(reading.errors, {}, [&](const Error& error) { return line_of(error.where); });
    std::ranges::stable_sort(reading.statements, {}, [&](const Statement& row) { return line_of(row.where); });
    return reading;
}

}  // namespace ss::config
