// The loader: layers of sources over the defaults, every error collected, then the rules between settings.
#include <ss/config.hpp>

#include "rules.hpp"
#include "sources.hpp"
#include "units.hpp"
#include "values.hpp"

#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace ss::config {
namespace {

consteval bool keys_are_unique()
{
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        for (std::size_t j = i + 1; j < kSettings.size(); ++j) {
            if (kSettings[i].key == kSettings[j].key) {
                return false;
            }
        }
    }
    return true;
}
static_assert(keys_are_unique());

template <std::size_t N>
consteval bool within(const Setting& row, const std::array<Unit, N>& units)
{
    const auto number = parse_units(row.standard, units);
    const auto [least, most] = split_limits(row.limits);
    return number && *number >= *parse_units(least, units) && *number <= *parse_units(most, units);
}

consteval bool defaults_are_within_limits()
{
    for (const Setting& row : kSettings) {
        if ((row.type == Type::duration && !within(row, kDurations)) ||
            (row.type == Type::size && !within(row, kSizes)) || (row.type == Type::integer && !within(row, kNone))) {
            return false;
        }
    }
    return true;
}
static_assert(defaults_are_within_limits());

// What is being put together.
struct Draft {
    Settings settings;
    std::vector<Error> errors;
    std::array<bool, kSettings.size()> failed{};  // given, but wrong: not "missing" as well
};

std::optional<Complaint> wrong_form(const Setting& setting, Form form)
{
    const bool is_number = setting.type == Type::integer;
    const bool is_list = setting.type == Type::list || setting.type == Type::secret_list;
    const auto name = setting.key.substr(setting.key.rfind('.') + 1);
    if (form == Form::string && (is_number || setting.type == Type::boolean)) {
        return Complaint{"a text where " + std::string{type_word(setting.type)} + " is expected",
                         "write it without quotes"};
    }
    const bool takes_number = is_number || setting.type == Type::size || setting.type == Type::duration;
    if ((form == Form::integer && !takes_number) || (form == Form::boolean && setting.type != Type::boolean)) {
        return Complaint{fmt::format("{} is expected", type_word(setting.type)),
                         is_list ? fmt::format("write {} = [\"…\"]", name) : fmt::format("write {} = \"…\"", name)};
    }
    if (form == Form::array && !is_list) {
        return Complaint{"a list where one value is expected", fmt::format("write {} = …", name)};
    }
    return std::nullopt;
}

void apply(const Statement& statement, Origin origin, const std::filesystem::path& base, Draft& draft)
{
    const auto index = *find_setting(statement.key);
    const Setting& setting = kSettings[index];
    auto complaint = wrong_form(setting, statement.form);
    if (!complaint) {
        auto value = statement.form == Form::array ? parse_entries(setting, statement.entries)
                                                   : parse_value(setting, statement.text);
        if (value) {
            if (auto* path = std::get_if<std::filesystem::path>(&*value); path != nullptr && !path->empty()) {
                *path = (base / *path).lexically_normal();
            }
            draft.settings.set(index, std::move(*value), {origin, statement.where});
            draft.failed[index] = false;
            return;
        }
        complaint = std::move(value).error();
    }
    draft.failed[index] = true;
    draft.errors.push_back(
        wrong(fmt::format("{}: {}", setting.key, complaint->message), complaint->hint, statement.where));
}

bool holds_secret(const Reading& reading)
{
    return std::ranges::any_of(reading.statements, [](const Statement& statement) {
        const Type type = kSettings[*find_setting(statement.key)].type;
        // An address counts only when there is somebody's password in it.
        return type == Type::secret_url ? statement.text.find('@') != std::string::npos : is_secret(type);
    });
}

void apply_all(const Reading& reading, Origin origin, const std::filesystem::path& base, Draft& draft)
{
    std::ranges::copy(reading.errors, std::back_inserter(draft.errors));
    for (const Statement& statement : reading.statements) {
        apply(statement, origin, base, draft);
    }
}

void apply_file(const std::filesystem::path& file, Draft& draft)
{
    auto read = read_file(file, Links::follow);
    if (!read) {
        draft.errors.push_back(std::move(read).error());
        return;
    }
    Reading reading;
    if (is_env_file(file)) {
        std::vector<Error> errors;
        const auto variables = parse_env_file(read->text, file.string(), errors);
        reading = read_environment(variables, true);
        reading.errors.insert(reading.errors.begin(), errors.begin(), errors.end());
    } else {
        reading = read_toml(read->text, file.string());
    }
    if (!read->exposed.empty() && holds_secret(reading)) {
        draft.errors.push_back(wrong(fmt::format("it holds secrets, but {}", read->exposed),
                                     fmt::format("chmod 600 {}", file.string()), file.string()));
    }
    std::error_code failure;
    apply_all(reading, Origin::file, std::filesystem::absolute(file, failure).parent_path(), draft);
}

std::string replaced(std::string text, std::string_view name, const std::string& value)
{
    if (const auto at = text.find(name); at != std::string::npos) {
        text.replace(at, name.size(), value);
    }
    return text;
}

// Defaults that are made from other settings follow those.
void fill_in(Settings& settings)
{
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        const Setting& row = kSettings[i];
        if (settings.source(i).origin != Origin::standard || row.standard.find('{') == std::string_view::npos) {
            continue;
        }
        auto text = replaced(std::string{row.standard}, "{data_dir}", settings.get<"data_dir">().string());
        text = replaced(std::move(text), "{public_url}", settings.get<"public_url">());
        settings.set(i, *parse_value(row, text), {});
    }
}

}  // namespace

Settings::Settings() : values_(kSettings.size()), sources_(kSettings.size())
{
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        const Setting& row = kSettings[i];
        // The table's own defaults are checked above and by the tests.
        values_[i] =
            row.standard.find('{') == std::string_view::npos ? *parse_value(row, row.standard) : empty_value(row.type);
    }
    fill_in(*this);
}

void Settings::set(std::size_t index, Value value, Source source)
{
    values_[index] = std::move(value);
    sources_[index] = std::move(source);
}

std::optional<std::size_t> find_setting(std::string_view key)
{
    const auto* found = std::ranges::find(kSettings, key, &Setting::key);
    if (found == kSettings.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - kSettings.begin());
}

std::string key_hint(std::string_view unknown)
{
    std::vector<std::string_view> keys;
    for (const Setting& setting : kSettings) {
        keys.push_back(setting.key);
        const auto last = setting.key.substr(setting.key.find('.') + 1);
        if (last == unknown && last != setting.key) {
            return fmt::format("did you mean \"{}\"?", setting.key);
        }
    }
    const auto near = closest(unknown, keys);
    return near ? fmt::format("did you mean \"{}\"?", *near) : "ssctl env docs lists them all";
}

std::expected<Settings, std::vector<Error>> load(const Sources& sources)
{
    Draft draft;
    std::error_code failure;
    const auto here = std::filesystem::current_path(failure);
    if (!sources.file.empty()) {
        apply_file(sources.file, draft);
    }
    apply_all(read_environment(sources.environment, false), Origin::environment, here, draft);
    if (!sources.credentials.empty()) {
        apply_all(read_credentials(sources.credentials), Origin::credential, here, draft);
    }
    fill_in(draft.settings);
    check_rules(draft.settings, draft.failed, draft.errors);
    if (!draft.errors.empty()) {
        return std::unexpected(std::move(draft.errors));
    }
    return std::move(draft.settings);
}

Error as_one_error(std::span<const Error> errors)
{
    if (errors.size() == 1) {
        return errors.front();
    }
    std::string text = fmt::format("{} things are wrong with the configuration", errors.size());
    for (const Error& error : errors) {
        // Of a missing setting the key is both the place and the subject.
        text += "\n  ";
        if (!error.message.starts_with(error.where + ":")) {
            text += error.where + ": ";
        }
        text += error.message;
        if (!error.hint.empty()) {
            text += "; " + error.hint;
        }
    }
    return {Errc::configuration, std::move(text), {}, {}, {}};
}

Result<Value> parse(std::size_t index, std::string_view text)
{
    auto value = parse_value(kSettings[index], text);
    if (!value) {
        return fail(Errc::configuration, fmt::format("{}: {}", kSettings[index].key, value.error().message),
                    value.error().hint);
    }
    return std::move(*value);
}

std::vector<Error> check(const Settings& settings)
{
    std::vector<Error> errors;
    check_rules(settings, {}, errors);
    return errors;
}

Reload reload(const Settings& running, const Settings& fresh)
{
    Reload result{.settings = running, .changed = {}, .needs_restart = {}};
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        if (same_value(running.value(i), fresh.value(i))) {
            continue;
        }
        if (kSettings[i].reloads) {
            result.settings.set(i, fresh.value(i), fresh.source(i));
            result.changed.push_back(kSettings[i].key);
        } else {
            result.needs_restart.push_back(kSettings[i].key);
        }
    }
    return result;
}

std::string fingerprint(std::string_view secret)
{
    return crypto::sha256_hex(secret).substr(0, 8);
}

}  // namespace ss::config
