#pragma once
// Small schemas for the tests of migrate.

#include <ss/sql/migrations.hpp>

#include <array>
#include <span>
#include <vector>

namespace ss::migrate {

inline sql::Migration step(std::int64_t version, std::string_view name, std::string_view up, std::string_view down)
{
    return {.version = version,
            .name = name,
            .sqlite_up = up,
            .sqlite_down = down,
            .postgres_up = up,
            .postgres_down = down};
}

/// Shop, item and an index: three steps that say the same to both engines.
inline std::vector<sql::Migration> shop_steps()
{
    return {step(1, "shop", "create table shop (id bigint primary key, name text not null);\n", "drop table shop;\n"),
            step(2, "item",
                 "create table item (id bigint primary key, shop_id bigint not null references shop(id));\n"
                 "insert into shop (id, name) values (1, 'first');\ninsert into item (id, shop_id) values (1, 1);\n",
                 "drop table item;\ndelete from shop;\n"),
            step(3, "index", "create index item_by_shop on item(shop_id, id);\n", "drop index item_by_shop;\n")};
}

}  // namespace ss::migrate
