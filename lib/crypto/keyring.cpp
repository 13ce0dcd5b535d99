// Secrets sealed at rest: AES-256-GCM with key ids, so that keys can be changed while data stays readable.
#include <ss/crypto.hpp>
#include <ss/text.hpp>

#include "aead.hpp"
#include "key_id.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ss::crypto {
namespace {

constexpr std::string_view kVersion = "v1";

std::string header(std::string_view id)
{
    std::string text{kVersion};
    text += '.';
    text += id;
    text += '.';
    return text;
}

struct Parts {
    std::string_view id;
    std::string_view body;
};

std::optional<Parts> parts_of(std::string_view sealed)
{
    const auto first = sealed.find('.');
    const auto second = first == std::string_view::npos ? first : sealed.find('.', first + 1);
    if (second == std::string_view::npos || sealed.substr(0, first) != kVersion) {
        return std::nullopt;
    }
    const Parts parts{sealed.substr(first + 1, second - first - 1), sealed.substr(second + 1)};
    return is_key_id(parts.id) ? std::optional{parts} : std::nullopt;
}

std::string fingerprint_of(const std::vector<DataKey>& keys, std::string_view active)
{
    std::vector<std::string> digests;
    for (const auto& key : keys) {
        digests.push_back(hmac_sha256(key.key.reveal(), "social-selling key fingerprint " + key.id));
    }
    std::ranges::sort(digests);
    std::string all;
    for (const auto& digest : digests) {
        all += digest;
    }
    return std::string{active} + "/" + sha256_hex(all).substr(0, 8);
}

Result<void> check_key(const DataKey& key)
{
    if (!is_key_id(key.id)) {
        return fail(Errc::configuration, "a data key's id is 1 to 32 of a-z, 0-9, '-' and '_'");
    }
    if (key.key.reveal().size() != kAeadKeyBytes) {
        return fail(Errc::configuration, "data key '" + key.id + "' does not have 32 bytes",
                    "generate one with: openssl rand -base64 32");
    }
    return {};
}

}  // namespace

std::string place(WorkspaceId workspace, std::string_view table, std::string_view column, std::string_view row)
{
    // The lengths keep ("ab", "c") and ("a", "bc") apart.
    std::string text = "workspace=" + std::to_string(workspace.value);
    for (const auto part : {table, column, row}) {
        text += ';';
        text += std::to_string(part.size());
        text += ':';
        text += part;
    }
    return text;
}

struct Keyring::State {
    std::vector<DataKey> keys;
    std::size_t active = 0;
    std::string fingerprint;
};

Result<Keyring> Keyring::create(std::vector<DataKey> keys, std::string_view active)
{
    auto state = std::make_shared<State>();
    std::optional<std::size_t> at;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        TRY(check_key(keys[i]));
        for (std::size_t j = 0; j < i; ++j) {
            if (keys[j].id == keys[i].id) {
                return fail(Errc::configuration, "data key '" + keys[i].id + "' is given twice");
            }
        }
        if (keys[i].id == active) {
            at = i;
        }
    }
    if (!at) {
        return fail(Errc::configuration, keys.empty() ? "there is no data key" : "the active data key is missing");
    }
    state->active = *at;
    state->fingerprint = fingerprint_of(keys, active);
    state->keys = std::move(keys);
    return Keyring{std::move(state)};
}

Result<Keyring> Keyring::parse(std::string_view text)
{
    std::vector<DataKey> keys;
    for (const auto entry : split(text, ',')) {
        const auto word = trim(entry);
        const auto colon = word.find(':');
        auto raw = from_base64(colon == std::string_view::npos ? std::string_view{} : word.substr(colon + 1));
        if (colon == std::string_view::npos || !raw) {
            return fail(Errc::configuration, "data keys read <id>:<base64 of 32 bytes>, with commas between them",
                        "generate one with: echo k1:$(openssl rand -base64 32)");
        }
        keys.push_back({std::string{word.substr(0, colon)}, Secret{std::move(*raw)}});
    }
    const auto active = keys.front().id;
    return create(std::move(keys), active);
}

Secret Keyring::generate(std::string_view id)
{
    return Secret{std::string{id} + ":" + to_base64(random_bytes(kAeadKeyBytes))};
}

std::string Keyring::seal(std::string_view plaintext, std::string_view associated_data) const
{
    const auto& key = state_->keys[state_->active];
    auto text = header(key.id);
    const auto nonce = random_bytes(kAeadNonceBytes);
    const auto box = aead_encrypt(key.key.reveal(), nonce, plaintext, text + std::string{associated_data});
    text += to_base64url(nonce + box);
    return text;
}

Result<Secret> Keyring::open(std::string_view sealed, std::string_view associated_data) const
{
    const auto parts = parts_of(sealed);
    if (!parts) {
        return fail(Errc::corrupt, "this is not a sealed text");
    }
    const auto key = std::ranges::find(state_->keys, parts->id, &DataKey::id);
    if (key == state_->keys.end()) {
        return fail(Errc::wrong_key, "sealed under data key '" + std::string{parts->id} + "', which is not configured",
                    "put that key back into the list of data keys");
    }
    const auto packed = from_base64url(parts->body);
    if (!packed || packed->size() < kAeadNonceBytes) {
        return fail(Errc::corrupt, "the sealed text is damaged");
    }
    const std::string_view bytes{*packed};
    auto plain = aead_decrypt(key->key.reveal(), bytes.substr(0, kAeadNonceBytes), bytes.substr(kAeadNonceBytes),
                              header(key->id) + std::string{associated_data});
    if (!plain) {
        return fail(Errc::corrupt, "the sealed text is damaged, belongs elsewhere, or its key was replaced");
    }
    return std::move(*plain);
}

bool Keyring::is_current(std::string_view sealed) const
{
    const auto parts = parts_of(sealed);
    return parts && parts->id == active_id();
}

const std::string& Keyring::active_id() const
{
    return state_->keys[state_->active].id;
}

const std::string& Keyring::fingerprint() const
{
    return state_->fingerprint;
}

}  // namespace ss::crypto
