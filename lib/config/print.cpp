// What is printed from the table: the sample file, the manual in two forms, and whole configurations.
#include "units.hpp"
#include "values.hpp"

#include <ss/config.hpp>
#include <ss/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ss::config {
namespace {

std::string_view section_of(std::string_view key)
{
    const auto dot = key.find('.');
    return dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
}

std::string_view name_of(std::string_view key)
{
    return key.substr(key.find('.') + 1);
}

std::string toml_text(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        result += c;
    }
    return result + '"';
}

std::string toml_value(Type type, std::string_view written)
{
    if (type == Type::integer || type == Type::boolean) {
        return std::string{written};
    }
    if (type != Type::list && type != Type::secret_list) {
        return toml_text(written);
    }
    std::string entries;
    for (const auto entry : split(written, ',')) {
        if (!entry.empty()) {
            entries += (entries.empty() ? "" : ", ") + toml_text(entry);
        }
    }
    return "[" + entries + "]";
}

// "a duration, 100ms to 5m"
std::string kind_of(const Setting& row)
{
    if (row.type == Type::choice) {
        auto words = std::string{row.limits};
        std::string spaced;
        for (const auto word : split(words, '|')) {
            spaced += (spaced.empty() ? "" : " or ") + std::string{word};
        }
        return spaced;
    }
    const auto [least, most] = split_limits(row.limits);
    std::string text{type_word(row.type)};
    if (!least.empty()) {
        const auto what = row.type == Type::secret                                  ? " bytes"
                          : row.type == Type::list || row.type == Type::secret_list ? " entries"
                                                                                    : "";
        text += fmt::format(", {} to {}{}", least, most, what);
    }
    return text;
}

std::vector<std::string> notes_of(const Setting& row)
{
    std::vector<std::string> notes;
    if (row.need == Need::production) {
        notes.emplace_back("needed in production");
    } else if (row.need == Need::daemon) {
        notes.emplace_back("sssd does not start without it");
    }
    if (row.outside) {
        notes.emplace_back("in production https and not this machine");
    }
    if (row.idle) {
        notes.emplace_back("without effect in this version");
    }
    notes.emplace_back(row.reloads ? "taken over by a reload" : "needs a restart");
    return notes;
}

std::string variables_of(const Setting& row, std::string_view separator)
{
    auto text = variable_name(row.key);
    for (const auto name : split(row.variables, ' ')) {
        if (!name.empty()) {
            text += fmt::format("{}{}", separator, name);
        }
    }
    return text;
}

// mdoc: a line must not start with a dot or quote, and a backslash is an escape.
std::string mdoc(std::string_view text)
{
    std::string result = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
    for (const char c : text) {
        result += c == '\\' ? "\\e" : c == '"' ? "\\(dq" : std::string(1, c);
    }
    // The only characters outside ASCII that help sentences use.
    for (std::size_t at = result.find("…"); at != std::string::npos; at = result.find("…")) {
        result.replace(at, std::string_view{"…"}.size(), "...");
    }
    return result;
}

// Calls `row(setting, index)` for each, and `section(name)` before the first of each TOML table.
template <class OnSection, class OnRow>
void walk(OnSection section, OnRow on_row)
{
    std::string_view current;
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        if (section_of(kSettings[i].key) != current) {
            current = section_of(kSettings[i].key);
            section(current);
        }
        on_row(kSettings[i], i);
    }
}

}  // namespace

std::string print_sample()
{
    std::string text =
        "# Settings of Social Selling. Printed from the table in lib/config; every line shows a default.\n"
        "# Take away the # of what you change. A file that holds secrets must be private (chmod 600).\n"
        "# `ssctl env check` says what is wrong; `ssctl env show` says what is in force and whence it came.\n\n";
    walk([&](std::string_view name) { text += fmt::format("[{}]\n", name); },
         [&](const Setting& row, std::size_t) {
             text += fmt::format("# {}\n# ({}; {}; {})\n", row.help, kind_of(row), fmt::join(notes_of(row), "; "),
                                 variables_of(row, ", "));
             text += fmt::format("#{} = {}\n\n", name_of(row.key), toml_value(row.type, row.standard));
         });
    return text;
}

std::string print_markdown()
{
    std::string text =
        "# Settings\n\n"
        "Printed from the table in `lib/config/include/ss/config_table.hpp`; do not edit by hand.\n\n"
        "A value is taken from the last of these that has one: the default, the file given by `--config` (TOML, or\n"
        "`NAME=value` lines when it is named `.env…`), the environment, a file named by the key in systemd's "
        "credentials\n"
        "directory. Every error is reported at once with its place; an unknown key or `SS_…` variable is an error.\n"
        "Secrets are never printed. Where several variables are named, the first one that is set counts.\n\n"
        "`{data_dir}` and `{public_url}` in a default stand for those settings.\n\n"
        "| key | default | value | variables | meaning |\n|---|---|---|---|---|\n";
    for (const Setting& row : kSettings) {
        const auto standard = row.standard.empty() ? std::string{"—"} : fmt::format("`{}`", row.standard);
        text += fmt::format("| `{}` | {} | {} | `{}` | {} ({}) |\n", row.key, standard, kind_of(row),
                            variables_of(row, "` `"), row.help, fmt::join(notes_of(row), "; "));
    }
    return text;
}

std::string print_manual()
{
    std::string text =
        ".\\\" Printed from the table in lib/config; do not edit by hand.\n"
        ".Dd $Mdocdate$\n.Dt SOCIAL-SELLING.TOML 5\n.Os\n.Sh NAME\n.Nm social-selling.toml\n"
        ".Nd settings of Social Selling\n.Sh DESCRIPTION\n"
        "A value is taken from the last of these that has one: the default, this file, the environment,\n"
        "and a file named by the key in systemd's credentials directory.\n"
        "Every error is reported at once; an unknown key is an error.\n"
        "A file that holds secrets must not be readable by everybody.\n.Sh SETTINGS\n";
    bool open = false;
    const auto close = [&] { text += open ? ".El\n" : ""; };
    const auto begin = [&](std::string_view name) {
        close();
        text += name.empty() ? "" : fmt::format(".Ss [{}]\n", name);
        text += ".Bl -tag -width Ds\n";
        open = true;
    };
    begin("");
    walk(begin, [&](const Setting& row, std::size_t) {
        text += fmt::format(".It Ic {}\n{}\n.br\n", mdoc(row.key), mdoc(row.help));
        text += fmt::format("{}; {}.\n", mdoc(kind_of(row)), fmt::join(notes_of(row), "; "));
        if (!row.standard.empty()) {
            text += fmt::format("Default:\n.Ql {} .\n", mdoc(row.standard));
        }
        text += "Environment:\n";
        const auto names = split(row.variables, ' ');
        text += fmt::format(".Ev {}", variable_name(row.key));
        for (const auto name : names) {
            text += name.empty() ? "" : fmt::format(" ,\n.Ev {}", name);
        }
        text += " .\n";
    });
    close();
    return text + ".Sh FILES\n.Pa /etc/social-selling/sssd.toml\n.Sh SEE ALSO\n.Xr ssctl 1\n";
}

std::string print_toml(const Settings& settings)
{
    std::string text;
    std::string_view written_section;
    walk([](std::string_view) {},
         [&](const Setting& row, std::size_t i) {
             if (settings.source(i).origin == Origin::standard) {
                 return;
             }
             if (section_of(row.key) != written_section) {
                 written_section = section_of(row.key);
                 text += fmt::format("\n[{}]\n", written_section);
             }
             text +=
                 fmt::format("# {}\n{} = {}\n", row.help, name_of(row.key), toml_value(row.type, settings.written(i)));
         });
    return text;
}

std::string print_env_file(const Settings& settings)
{
    std::string text;
    walk([&](std::string_view name) { text += fmt::format("# --- {}\n", name); },
         [&](const Setting& row, std::size_t i) {
             const bool given = settings.source(i).origin != Origin::standard;
             // The name people know from the seed, when there is one.
             const auto name =
                 row.variables.empty() ? variable_name(row.key) : std::string{split(row.variables, ' ').front()};
             text += fmt::format("# {}{}\n{}{}={}\n", row.help, row.need == Need::optional ? "" : " (needed)",
                                 given || row.need != Need::optional ? "" : "#", name,
                                 given || row.need == Need::optional ? settings.written(i) : "");
         });
    return text;
}

}  // namespace ss::config
