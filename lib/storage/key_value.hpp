#pragma once
// The two kinds of key-value store.

#include <ss/storage.hpp>

#include <memory>

namespace ss::storage {

[[nodiscard]] std::unique_ptr<KeyValue> make_memory_store(const Clock& clock);
[[nodiscard]] Result<std::unique_ptr<KeyValue>> open_redis_store(const KeyValue::Options& options, const Clock& clock);

}  // namespace ss::storage
