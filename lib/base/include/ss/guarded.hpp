#pragma once
/// Data inside its lock: the only way to the data is through the lock.
///
///     Guarded<std::map<Key, Value>> cache;
///     cache.with([&](auto& map) { map.erase(key); });
///     auto locked = cache.lock();  // for condition variables: locked.guard() is the unique_lock
///
/// A plain mutex; measure before wishing for a shared one.

#include <mutex>
#include <utility>

namespace ss {

template <class T>
class Guarded {
public:
    class Locked {
    public:
        Locked(std::mutex& mutex, T& value) : lock_{mutex}, value_{value} {}
        T* operator->() { return &value_; }
        T& operator*() { return value_; }
        std::unique_lock<std::mutex>& guard() { return lock_; }

    private:
        std::unique_lock<std::mutex> lock_;
        T& value_;
    };

    Guarded() = default;
    template <class... Args>
        requires(sizeof...(Args) > 0)
    explicit Guarded(Args&&... args) : value_{std::forward<Args>(args)...}
    {
    }

    [[nodiscard]] Locked lock() { return {mutex_, value_}; }

    template <class F>
    decltype(auto) with(F&& f)
    {
        const std::lock_guard hold{mutex_};
        return std::forward<F>(f)(value_);
    }

private:
    std::mutex mutex_;
    T value_{};
};

}  // namespace ss
