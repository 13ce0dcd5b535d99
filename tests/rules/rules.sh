#!/usr/bin/env bash
# The house's rules that a grep can keep (docs/developer/architecture.md). Each broken rule is one line; exit 1.
set -uo pipefail
cd "$(dirname "$0")/../.."
broken=0
sources() { git ls-files --cached --others --exclude-standard "$@"; }

# rule NAME PATTERN ALLOWED-FILES-REGEX [paths…]: PATTERN may stand only in the allowed files
rule() {
  local name=$1 pattern=$2 allowed=$3; shift 3
  local found
  found=$(sources "$@" | xargs -r grep -lE "$pattern" 2>/dev/null | grep -vE "$allowed" || true)
  if [ -n "$found" ]; then echo "broken: $name: $(echo $found)"; broken=1; fi
}

cpp=('*.cpp' '*.hpp')
rule 'only lib/storage/soci_* includes SOCI' '#include <soci' '^lib/storage/soci_[a-z]+\.(cpp|hpp)$' "${cpp[@]}"
rule 'only lib/storage/kv*.cpp includes hiredis' '#include <hiredis' '^lib/storage/kv[a-z_]*\.(cpp|hpp)$' "${cpp[@]}"
rule 'only net, sandbox and tests include cpp-httplib' '#include <httplib' '^(lib/(net|sandbox)|tests)/' "${cpp[@]}"
rule 'only lib/http includes Boost.Beast and Asio' '#include <boost/(beast|asio)' '^(lib/http|tests)/' "${cpp[@]}"
rule 'in a domain module only a store sees the storage' '#include <ss/(storage|sql/)' '(store[a-z_]*\.cpp|_store\.cpp|_store\.hpp|store\.hpp)$' \
  'lib/auth/*.cpp' 'lib/jobs/*.cpp' 'lib/channel/*.cpp' 'lib/ingest/*.cpp' 'lib/messaging/*.cpp' 'lib/posts/*.cpp' 'lib/analytics/*.cpp'
rule 'the domain knows no Instagram' 'ss/instagram\.hpp|graph\.instagram' '^$' 'lib/messaging/*' 'lib/posts/*' 'lib/analytics/*' 'lib/ingest/*' 'lib/channel/*'
rule 'std::regex is not for untrusted input' 'std::regex|#include <regex>' '^tests/rules/' "${cpp[@]}"
# Where it is right: back-off between tries, the end of a server, a double that is slow on purpose.
rule 'no sleeping' 'sleep_for|usleep\(' '^(lib/(net|sandbox)/|lib/http/server\.cpp|lib/storage/postgres_database\.cpp|tests/(harness|bench|unit/net)/)' "${cpp[@]}"
rule 'no work left for later' 'TODO|FIXME|(^|[^X])XXX([^X]|$)' '^(tests/rules|docs)/' "${cpp[@]}" '*.sh' '*.py' '*.cmake' 'CMakeLists.txt'
rule 'SQL stands in sql/' '"(select|insert into|update|delete from) [a-z_]+ ' '^(lib/storage|lib/backup|tests)/' "${cpp[@]}"
rule 'secrets are compared in constant time' '(^|[^_A-Za-z])memcmp\(' '^$' 'lib/*' 'daemon/*' 'cli/*'
rule 'cli never links http' 'ss/http\.hpp' '^$' 'cli/*'
rule 'daemon never uses backup' 'ss/(backup|cloudflare|deploy)\.hpp' '^$' 'daemon/*'

while read -r lines file; do
  echo "broken: a file has at most 400 lines: $file has $lines"; broken=1
done < <(sources 'lib/*.cpp' 'lib/*.hpp' 'daemon/*.cpp' 'daemon/*.hpp' 'cli/*.cpp' 'cli/*.hpp' | xargs -r wc -l | awk '$2 != "total" && $1 > 400 {print $1, $2}')

while read -r metric; do
  git grep -q "\"$metric\"" -- 'daemon/*.cpp' 'lib/*.cpp' ||
    { echo "broken: a metric of the table is set somewhere: $metric"; broken=1; }
done < <(grep -oE 'Metric\{"[a-z_]+' lib/observe/include/ss/metrics.hpp | cut -d'"' -f2)

if command -v ctags >/dev/null && ctags --version | grep -q Universal; then
  while read -r lines name; do
    echo "broken: a function has at most 60 lines: $name has $lines"; broken=1
  done < <(sources 'lib/*.cpp' 'daemon/*.cpp' 'cli/*.cpp' | xargs -r ctags -x --c++-kinds=f --fields=+ne --_xformat='%{end} %n %N %F' 2>/dev/null |
           awk '$1 != "-" && $1 - $2 + 1 > 60 {print $1 - $2 + 1, $3 " (" $4 ":" $2 ")"}')
fi

if command -v clang-format-19 >/dev/null; then
  sources "${cpp[@]}" | xargs clang-format-19 --dry-run -Werror >/tmp/ss-format.$$ 2>&1 ||
    { grep -oE '^[^:]+:[0-9]+' /tmp/ss-format.$$ | sort -u | head -5 | sed 's/^/broken: clang-format-19 -i would change: /'; broken=1; }
  rm -f /tmp/ss-format.$$
fi
[ $broken -eq 0 ] && echo "all rules hold"
exit $broken
