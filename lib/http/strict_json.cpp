// Builds the JSON value from nlohmann's events, so that depth and double keys are seen while reading.
#include "strict_json.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <string>
#include <utility>
#include <vector>

namespace ss::http {
namespace {

using nlohmann::json;

class Builder final : public nlohmann::json_sax<json> {
public:
    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t&) override { return refuse("the body is not JSON"); }

    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override
    {
        if (open_.back()->contains(name)) {
            return refuse(fmt::format("the key {} stands twice in one object", json(name).dump()));
        }
        key_ = std::move(name);
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override
    {
        return refuse(fmt::format("the body is not valid JSON at byte {}", position));
    }

    Result<json> finish(bool parsed) &&
    {
        if (!parsed) {
            return fail(Errc::invalid, error_.empty() ? "the body is not valid JSON" : std::move(error_));
        }
        return std::move(root_);
    }

private:
    json* add(json value)
    {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        auto& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        return &(parent[key_] = std::move(value));
    }

    bool put(json value)
    {
        add(std::move(value));
        return true;
    }

    bool open(json value)
    {
        if (open_.size() == kMaxJsonDepth) {
            return refuse(fmt::format("the body is nested deeper than {}", kMaxJsonDepth));
        }
        open_.push_back(add(std::move(value)));
        return true;
    }

    bool close()
    {
        open_.pop_back();
        return true;
    }

    bool refuse(std::string message)
    {
        if (error_.empty()) {
            error_ = std::move(message);
        }
        return false;
    }

    json root_;
    std::vector<json*> open_;  // a parent does not move while its child is open
    std::string key_;
    std::string error_;
};

}  // namespace

Result<json> parse_strict_json(std::string_view text)
{
    Builder builder;
    const bool parsed = json::sax_parse(text.begin(), text.end(), &builder);
    return std::move(builder).finish(parsed);
}

std::string pointer_to(std::string_view parent, std::string_view name)
{
    std::string pointer{parent};
    pointer += '/';
    for (const char c : name) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
    return pointer;
}

}  // namespace ss::http
