"""`--no-skips`: a skipped test makes the run fail. On a complete machine (CI) nothing may be left out unseen."""

from __future__ import annotations

import pytest


class NoSkips:
    """Notes what was skipped and turns success into failure. Under xdist only the controller has one."""

    def __init__(self) -> None:
        #: Where and why, by test or file.
        self._skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not hasattr(report, "wasxfail"):  # an expected failure is reported as a skip too
            self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped:
            said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
            self._skipped[report.nodeid] = said.removeprefix("Skipped: ")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._skipped:
            terminalreporter.section(f"{len(self._skipped)} skipped, which --no-skips forbids", red=True, bold=True)
            for where, why in sorted(self._skipped.items()):
                terminalreporter.write_line(f"{where}: {why}")
