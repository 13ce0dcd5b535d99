// Findings as a line, JSON, TAP and JUnit.
#include <ss/check.hpp>
#include <ss/text.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace ss::check {
namespace {

std::string xml(std::string_view text)
{
    std::string escaped;
    for (const char c : printable(text)) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

auto count(std::span<const Finding> findings, Verdict verdict)
{
    return std::ranges::count(findings, verdict, &Finding::verdict);
}

}  // namespace

std::string_view to_string(Verdict verdict)
{
    constexpr std::array<std::string_view, 3> kNames{"pass", "fail", "skip"};
    return kNames.at(static_cast<std::size_t>(verdict));
}

bool has_failed(std::span<const Finding> findings)
{
    return count(findings, Verdict::fail) > 0;
}

std::string to_line(const Finding& finding)
{
    constexpr std::array<std::string_view, 3> kMarks{"ok  ", "FAIL", "skip"};
    auto line = fmt::format("{} {:>2}  {:<44} {:>6} ms", kMarks.at(static_cast<std::size_t>(finding.verdict)),
                            finding.number, finding.name, finding.took.count());
    if (!finding.reason.empty()) {
        line += "  " + printable(finding.reason);
    }
    if (finding.verdict == Verdict::fail && !finding.hint.empty()) {
        line += "\n         hint: " + printable(finding.hint);
    }
    return line;
}

std::string to_json(std::span<const Finding> findings)
{
    auto items = nlohmann::json::array();
    for (const auto& finding : findings) {
        items.push_back({{"number", finding.number},
                         {"name", finding.name},
                         {"verdict", to_string(finding.verdict)},
                         {"reason", finding.reason},
                         {"hint", finding.hint},
                         {"milliseconds", finding.took.count()}});
    }
    return nlohmann::json{{"passed", count(findings, Verdict::pass)},
                          {"failed", count(findings, Verdict::fail)},
                          {"skipped", count(findings, Verdict::skip)},
                          {"checks", std::move(items)}}
        .dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_tap(std::span<const Finding> findings)
{
    auto text = fmt::format("TAP version 13\n1..{}\n", findings.size());
    for (const auto& finding : findings) {
        text +=
            fmt::format("{} {} - {}", finding.verdict == Verdict::fail ? "not ok" : "ok", finding.number, finding.name);
        if (finding.verdict == Verdict::skip) {
            text += " # SKIP " + printable(finding.reason);
        }
        text += '\n';
        if (finding.verdict == Verdict::fail) {
            text += fmt::format("  ---\n  message: {}\n  hint: {}\n  ...\n",
                                nlohmann::json(printable(finding.reason)).dump(),
                                nlohmann::json(printable(finding.hint)).dump());
        }
    }
    return text;
}

std::string to_junit(std::span<const Finding> findings)
{
    auto text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"smoke\" tests=\"{}\" failures=\"{}\" "
        "skipped=\"{}\">\n",
        findings.size(), count(findings, Verdict::fail), count(findings, Verdict::skip));
    for (const auto& finding : findings) {
        text += fmt::format("  <testcase classname=\"smoke\" name=\"{} {}\" time=\"{:.3f}\"", finding.number,
                            xml(finding.name), static_cast<double>(finding.took.count()) / 1000);
        switch (finding.verdict) {
            case Verdict::pass:
                text += "/>\n";
                break;
            case Verdict::skip:
                text += fmt::format("><skipped message=\"{}\"/></testcase>\n", xml(finding.reason));
                break;
            case Verdict::fail:
                text += fmt::format("><failure message=\"{}\">{}</failure></testcase>\n", xml(finding.reason),
                                    xml(finding.hint));
                break;
        }
    }
    return text + "</testsuite>\n";
}

}  // namespace ss::check
