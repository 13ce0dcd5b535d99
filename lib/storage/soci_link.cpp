// Statements through SOCI: prepared once, bound by type, read row by row.
// SOCI leaves single-row statements open and quotes bound values in what(): both are dealt with here.

#include "soci_link.hpp"

#include <ss/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace ss::storage {
namespace {

ColumnType type_of(const Value& value, ColumnType if_null)
{
    switch (value.index()) {
        case 1:
            return ColumnType::integer;
        case 2:
            return ColumnType::real;
        case 3:
            return ColumnType::text;
        default:
            return if_null;
    }
}

void load(Field& field, const Value& value)
{
    field.indicator = std::holds_alternative<std::monostate>(value) ? soci::i_null : soci::i_ok;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        field.integer = *integer;
    } else if (const auto* real = std::get_if<double>(&value)) {
        field.real = *real;
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        field.text = *text;
    }
}

Value unload(Field& field)
{
    if (field.indicator == soci::i_null) {
        return {};
    }
    switch (field.type) {
        case ColumnType::integer:
            return std::int64_t{field.integer};
        case ColumnType::real:
            return field.real;
        case ColumnType::text:
            break;
    }
    return std::move(field.text);
}

/// SOCI cuts texts at NUL, and PostgreSQL refuses what is not UTF-8 where SQLite would take it.
Result<void> check_texts(const Statement& statement, const Parameters& parameters)
{
    if (parameters.size() != statement.parameters.size()) {
        return fail(Errc::internal, "a statement got the wrong number of parameters", {}, std::string{statement.name});
    }
    for (std::size_t at = 0; at < parameters.size(); ++at) {
        const auto* text = std::get_if<std::string>(&parameters[at]);
        if (text != nullptr && (text->find('\0') != std::string::npos || !is_valid_utf8(*text))) {
            return fail(Errc::invalid, "a text holds a NUL or is not valid UTF-8", {},
                        std::string{statement.parameters[at]});
        }
    }
    return {};
}

/// A parameter first seen as null is bound as text, until its type is known.
bool fits(const Prepared& prepared, const Parameters& parameters)
{
    for (std::size_t at = 0; at < parameters.size(); ++at) {
        const auto bound = prepared.inputs[at].type;
        if (type_of(parameters[at], bound) != bound) {
            return false;
        }
    }
    return true;
}

void bind_parameter(soci::statement& statement, Field& field, const std::string& name)
{
    switch (field.type) {
        case ColumnType::integer:
            statement.exchange(soci::use(std::as_const(field.integer), field.indicator, name));
            break;
        case ColumnType::real:
            statement.exchange(soci::use(std::as_const(field.real), field.indicator, name));
            break;
        case ColumnType::text:
            statement.exchange(soci::use(std::as_const(field.text), field.indicator, name));
            break;
    }
}

void bind_column(soci::statement& statement, Field& field)
{
    switch (field.type) {
        case ColumnType::integer:
            statement.exchange(soci::into(field.integer, field.indicator));
            break;
        case ColumnType::real:
            statement.exchange(soci::into(field.real, field.indicator));
            break;
        case ColumnType::text:
            statement.exchange(soci::into(field.text, field.indicator));
            break;
    }
}

std::unexpected<Error> library_failed(const Statement& statement)
{
    return fail(Errc::internal, "the database library failed", {}, std::string{statement.name});
}

}  // namespace

Result<Rows> SociLink::execute(const Statement& statement, const Parameters& parameters)
{
    TRY(check_texts(statement, parameters));
    const auto watched = watch();
    bool bound = false;
    try {
        auto& prepared = find(statement, parameters);
        bound = true;
        for (std::size_t at = 0; at < parameters.size(); ++at) {
            load(prepared.inputs[at], parameters[at]);
        }
        return run(prepared);
    } catch (const soci::soci_error& error) {
        return note(diagnose(error, bound), statement.name);
    } catch (const std::exception&) {
        return library_failed(statement);
    }
}

Result<void> SociLink::prepare(const Statement& statement)
{
    const auto watched = watch();
    try {
        auto& prepared = find(statement, Parameters(statement.parameters.size()));
        const auto columns = count_columns(prepared.statement);
        if (columns != statement.columns.size()) {
            return fail(Errc::internal, fmt::format("gives {} columns, declares {}", columns, statement.columns.size()),
                        {}, std::string{statement.name});
        }
        return {};
    } catch (const soci::soci_error& error) {
        return note(diagnose(error, false), statement.name);
    } catch (const std::exception&) {
        return library_failed(statement);
    }
}

std::unexpected<Error> SociLink::note(Diagnosis diagnosis, std::string_view where)
{
    trouble_ = std::max(trouble_, diagnosis.trouble);
    stale_ = stale_ || diagnosis.stale_plan;
    diagnosis.error.where = where;
    return fail(std::move(diagnosis.error));
}

void SociLink::refresh_statements()
{
    if (std::exchange(stale_, false)) {
        cache_.clear();
    }
}

Result<Rows> SociLink::run(Prepared& prepared)
{
    // Ends the statement whatever happens: an open one pins its snapshot, blocks the next writer and leaves
    // an INSERT … RETURNING uncommitted.
    struct Ended {
        SociLink& link;
        soci::statement& statement;
        bool failed = true;
        ~Ended() { link.reset(statement, failed); }
    };
    Ended ended{*this, prepared.statement};
    Rows rows{.values = {}, .columns = prepared.outputs.size(), .affected = 0};
    auto more = prepared.statement.execute(true);
    if (rows.columns == 0) {
        rows.affected = prepared.statement.get_affected_rows();
        ended.failed = false;
        return rows;
    }
    for (; more; more = prepared.statement.fetch()) {
        ++rows.affected;
        for (auto& field : prepared.outputs) {
            rows.values.push_back(unload(field));
        }
    }
    ended.failed = false;
    return rows;
}

Prepared& SociLink::find(const Statement& statement, const Parameters& parameters)
{
    const auto known = cache_.find(&statement);
    if (known != cache_.end() && fits(*known->second, parameters)) {
        return *known->second;
    }
    auto made = make(statement, parameters, known == cache_.end() ? nullptr : known->second.get());
    return *(cache_[&statement] = std::move(made));
}

std::unique_ptr<Prepared> SociLink::make(const Statement& statement, const Parameters& parameters,
                                         const Prepared* known)
{
    auto prepared = std::make_unique<Prepared>(session_);
    prepared->inputs.resize(parameters.size());
    prepared->outputs.resize(statement.columns.size());
    auto& soci_statement = prepared->statement;
    soci_statement.alloc();
    for (std::size_t at = 0; at < parameters.size(); ++at) {
        auto& field = prepared->inputs[at];
        field.type = type_of(parameters[at], known == nullptr ? ColumnType::text : known->inputs[at].type);
        bind_parameter(soci_statement, field, std::string{statement.parameters[at]});
    }
    for (std::size_t at = 0; at < statement.columns.size(); ++at) {
        prepared->outputs[at].type = statement.columns[at];
        bind_column(soci_statement, prepared->outputs[at]);
    }
    soci_statement.prepare(std::string{text_of(statement)});
    soci_statement.define_and_bind();
    declare_columns(soci_statement, prepared->outputs);
    return prepared;
}

}  // namespace ss::storage
