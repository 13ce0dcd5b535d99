#pragma once
/// What the running program tells: log lines, metrics, health, crash reports, notices to systemd.
#include <ss/health.hpp>
#include <ss/log.hpp>
#include <ss/metrics.hpp>
#include <ss/process.hpp>
