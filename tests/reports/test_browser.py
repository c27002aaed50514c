# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser: silent, alone, drawn, usable by keyboard, in both themes and on paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports import html
from tests.harness.samples import mamba2_record, record, regression, result, sample, ternary_record
from tests.reports import browser

CHROMIUM = browser.find()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=f"no {' or '.join(browser.NAMES)} on PATH")
RUN = regression(
    result("b_first", seed=30), result("a_second", seed=4), result("c_last", seed=100), coverage={"g": {"p": {"b": 1}}}
)
STARTS = tuple(sample(f"layer.{i}", cycles=160 + i) for i in range(100))
DOCUMENT = html.document(RUN, (record(*STARTS), record(memory="model")), (), (mamba2_record(),), (ternary_record(),))
TABLE = "#tests table"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    assert CHROMIUM
    with browser.launched(CHROMIUM, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(tab: browser.Page, tmp_path: Path) -> browser.Page:
    """The report, freshly loaded."""
    path = tmp_path / "index.html"
    path.write_text(html.page(DOCUMENT), encoding="utf-8")
    tab.media()
    tab.run("try { localStorage.clear() } catch {}")
    tab.open(path)
    return tab


def names(page: browser.Page) -> list[str]:
    """Second cells of the table of tests, in the order that is shown."""
    return list(page.run(f"[...document.querySelectorAll('{TABLE} tbody tr')].map(r => r.cells[1].textContent)"))


def focused(page: browser.Page) -> Any:
    return page.run("document.activeElement.textContent.trim()")


def tab_to(page: browser.Page, text: str) -> None:
    """Press Tab until the focused element reads as given."""
    for _ in range(60):
        page.press("Tab")
        if focused(page) == text:
            return
    raise AssertionError(f"Tab never reaches {text!r}")


def test_the_console_is_silent_and_nothing_is_fetched(page: browser.Page) -> None:
    """No error, no warning, no message of the page's own policy; the file itself is the only request."""
    page.point("figure.chart svg", 0.5, 0.5)
    page.press("Tab", "Enter")
    assert page.events("Log.entryAdded") == []
    assert page.events("Runtime.consoleAPICalled") == []
    assert page.events("Runtime.exceptionThrown") == []
    requests = [event["request"]["url"] for event in page.events("Network.requestWillBeSent")]
    assert [url.partition(":")[0] for url in requests] == ["file"]


def test_what_the_page_would_fetch_is_seen(tab: browser.Page, tmp_path: Path) -> None:
    """The check above can fail: an image from elsewhere and a script's error are noticed."""
    path = tmp_path / "bad.html"
    path.write_text("<img src='http://127.0.0.1:9/x.png'><script>throw new Error('x')</script>")
    tab.open(path)
    assert len(tab.events("Network.requestWillBeSent")) == 2
    assert tab.events("Runtime.exceptionThrown")


def test_charts_are_drawn(page: browser.Page) -> None:
    """Every mark of every chart has a box of its own inside the chart, and every part of every bar its share."""
    found = page.run(
        """[...document.querySelectorAll('figure.chart svg')].map(svg => {
          const frame = svg.getBoundingClientRect();
          const marks = [...svg.querySelectorAll('.line circle, .line path')].map(e => e.getBoundingClientRect());
          return { width: frame.width, height: frame.height, marks: marks.length,
            drawn: marks.filter(b => b.width + b.height > 0 && b.left >= frame.left && b.right <= frame.right + 1
              && b.top >= frame.top && b.bottom <= frame.bottom + 1).length };
        })"""
    )
    assert len(found) >= 4
    for chart in found:
        assert chart["width"] > 300
        assert chart["height"] > 100
        assert chart["drawn"] == chart["marks"] >= 2
    widths = page.run("[...document.querySelectorAll('.bar')].map(b => [...b.children].map(i => i.offsetWidth))")
    assert len(widths) >= 8
    assert all(sum(parts) > 0 for parts in widths)


def test_the_pointer_finds_points(page: browser.Page) -> None:
    """Over a chart its nearest point is told, with value, unit and source; it goes when the pointer leaves."""
    tip = "document.querySelector('figure.chart .tip')"
    assert page.run(f"{tip}.hidden")
    page.point("figure.chart svg", 0.5, 0.5)
    assert not page.run(f"{tip}.hidden")
    assert "GOP/s at operations a byte" in page.run(f"{tip}.textContent")
    page.point("h1", 0.5, 0.5)
    assert page.run(f"{tip}.hidden")


def test_bars_say_their_figures(page: browser.Page) -> None:
    page.point(".bar i", 0.5, 0.5)
    assert "%" in page.run("document.querySelector('figure.bars .tip').textContent")


def test_arrow_keys_go_through_a_charts_points(page: browser.Page) -> None:
    """Home, End and arrows tell points in their order, Escape hides them."""
    page.run("document.querySelector('figure.chart svg').focus()")
    said = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight"):
        page.press(key)
        said.append(page.run("document.querySelector('figure.chart .tip').textContent"))
    assert said[0] == said[2] != said[1]
    assert said[3] == said[4]
    page.press("Escape")
    assert page.run("document.querySelector('figure.chart .tip').hidden")


def test_the_skip_link_comes_first(page: browser.Page) -> None:
    """The first Tab reaches it, it shows itself, and Enter leads past the navigation."""
    page.press("Tab")
    assert focused(page) == "Skip to the results"
    assert page.run("document.activeElement.getBoundingClientRect().left") >= 0
    page.press("Enter")
    assert page.run("location.hash") == "#content"
    page.press("Tab")
    assert page.run("!!document.activeElement.closest('main')")


def test_landmarks(page: browser.Page) -> None:
    """One banner, navigation, main and footer; every section is named by its heading, every link leads to one."""
    for name in ("body > header", "nav[aria-label]", "main", "footer", "h1"):
        assert page.run(f"document.querySelectorAll('{name}').length") == 1
    assert page.run(
        "[...document.querySelectorAll('main > section')]"
        ".every(s => document.getElementById(s.getAttribute('aria-labelledby')).textContent)"
    )
    assert page.run("[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
    assert page.run("document.querySelectorAll('nav a').length") == len(DOCUMENT.sections)


def test_a_link_of_the_navigation_is_followed_by_keyboard(page: browser.Page) -> None:
    """Enter moves to the section, which stands below the navigation that stays on top."""
    tab_to(page, "Performance")
    page.press("Enter")
    top = page.run(
        "new Promise(r => setTimeout(() => r(document.getElementById('performance').getBoundingClientRect().top), 50))"
    )
    assert 0 < top < 120


class TestSorting:
    def test_by_keyboard(self, page: browser.Page) -> None:
        """Tab reaches a heading, Enter sorts by it upwards, again downwards; aria-sort says so."""
        tab_to(page, "test")
        state = f"[...document.querySelectorAll('{TABLE} th')].map(t => t.getAttribute('aria-sort'))"
        page.press("Enter")
        assert names(page) == ["a_second", "b_first", "c_last"]
        assert [each for each in page.run(state) if each] == ["ascending"]
        page.press("Enter")
        assert names(page) == ["c_last", "b_first", "a_second"]
        assert [each for each in page.run(state) if each] == ["descending"]
        assert focused(page) == "test"

    def test_by_mouse_and_as_numbers(self, page: browser.Page) -> None:
        """A click sorts 4, 30, 100 by their values, not as texts; the other column's mark goes."""
        heads = f"[...document.querySelectorAll('{TABLE} th')]"
        page.run(f"{heads}[1].querySelector('button').click()")
        page.run(f"{heads}.find(t => t.textContent.trim() === 'seed').querySelector('button').click()")
        assert names(page) == ["a_second", "b_first", "c_last"]
        assert page.run(f"{heads}.filter(t => t.hasAttribute('aria-sort')).length") == 1

    @pytest.mark.parametrize(
        ("cells", "sorted_"),
        [
            (["1\u202f200", "300", "", "-5 %"], ["-5 %", "300", "1\u202f200", ""]),
            ([">= 9", ">= 10", "n/a"], [">= 9", ">= 10", "n/a"]),
            (["2.5 µs", "1,000.0 µs"], ["2.5 µs", "1,000.0 µs"]),
        ],
    )
    def test_texts_as_numbers(self, page: browser.Page, cells: list[str], sorted_: list[str]) -> None:
        """Groups of digits, units and bounds; what is no number stands last."""
        rows = "".join(f"<tr><td class=n>{cell}</td></tr>" for cell in reversed(cells))
        page.run(
            "document.body.insertAdjacentHTML('beforeend', `<table id=x class=sortable><thead><tr><th class=n>a</th>"
            f"</tr></thead><tbody>{rows}</tbody></table>`); sortBy(document.querySelector('#x th'))"
        )
        assert page.run("[...document.querySelectorAll('#x td')].map(t => t.textContent)") == sorted_


class TestThemes:
    def ground(self, page: browser.Page) -> Any:
        return page.run("getComputedStyle(document.body).backgroundColor")

    def test_as_the_system_prefers(self, page: browser.Page) -> None:
        """Light and dark without a touch."""
        page.media(prefers_color_scheme="light")
        assert self.ground(page) == "rgb(255, 255, 255)"
        page.media(prefers_color_scheme="dark")
        assert self.ground(page) == "rgb(20, 24, 28)"

    def test_the_switch_overrules_the_system(self, page: browser.Page) -> None:
        """By keyboard: light, dark, system again; its text says which."""
        page.media(prefers_color_scheme="dark")
        page.run("document.getElementById('theme').focus()")
        seen = []
        for _ in range(3):
            page.press("Enter")
            seen.append((focused(page), self.ground(page)))
        assert seen == [
            ("Theme: light", "rgb(255, 255, 255)"),
            ("Theme: dark", "rgb(20, 24, 28)"),
            ("Theme: system", "rgb(20, 24, 28)"),
        ]

    def test_paper_is_light(self, page: browser.Page) -> None:
        """Printed without navigation, in dark ink on white, whatever is on the screen; nothing is cut off."""
        page.run("document.documentElement.dataset.theme = 'dark'")
        page.media("print", prefers_color_scheme="dark")
        assert self.ground(page) == "rgb(255, 255, 255)"
        assert page.run("getComputedStyle(document.querySelector('nav')).display") == "none"
        pdf = page.call("Page.printToPDF")["data"]
        assert len(pdf) > 10_000
