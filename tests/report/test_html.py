"""The page of a run: complete, inert, bounded."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from graphkit.report.html import MAX_CELLS, MAX_LISTED, MAX_RINGS, MAX_ROWS, render_report
from graphkit.schemas import CHANNELS, EVIDENCE
from tests.report.made import made_run
from tests.worlds import DAY, make_likes

VOID = {"meta", "input", "br", "img", "link", "rect"}


class Page(HTMLParser):
    """Tags with their attributes, text by tag, and whether everything that opens closes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text.append((self.open[-1] if self.open else "", data.strip()))

    def count(self, tag: str) -> int:
        return sum(t == tag for t, _ in self.tags)

    def words(self) -> str:
        return " ".join(data for tag, data in self.text if tag not in {"script", "style"})


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)",
    "template": "{{ 7 * 7 }}{% raw %}",
    "comment": "--><!--",
    "style": "</style></script></title>",
    "direction": "\u202eevil\u2066",
    "control": "\x00\x1b[31m\n",
    "surrogates": "&lt;b&gt;&amp;",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text__is_inert(case: str) -> None:
    plain = Page(render_report(made_run()))
    page = Page(render_report(made_run(name=lambda t: t + HOSTILE[case])))
    # Not one tag or attribute more than with harmless names.
    assert Counter(tag for tag, _ in page.tags) == Counter(tag for tag, _ in plain.tags)
    assert [sorted(a) for _, a in page.tags] == [sorted(a) for _, a in plain.tags]
    assert HOSTILE[case].split("\n")[0].encode("unicode_escape").decode()[:8].strip("\\") in page.words()


def test_hostile_text__of_ten_kilobytes_is_cut() -> None:
    short = render_report(made_run())
    long = render_report(made_run(name=lambda t: t + "x" * 10_000))
    assert len(long) < len(short) + 100_000
    assert "x" * (MAX_CELLS + 1) not in "".join(data for _, data in Page(long).text if "clock" not in data)


def test_emoji_and_chinese__stay_as_they_are() -> None:
    words = Page(render_report(made_run(name=lambda t: f"{t}点赞🎉"))).words()
    assert "u1-0点赞🎉" in words


def test_titles__shown_and_escaped() -> None:
    likes = make_likes([(1, 1, DAY)])
    notes = type(likes.notes)(pa.array(["n1-0"]), title=pa.array(["<b>Sale</b>"]))
    run = made_run()
    with_title = type(run)(run.tables, run.info, type(likes)(**{**likes.__dict__, "notes": notes}))
    page = render_report(with_title)
    assert "&lt;b&gt;Sale&lt;/b&gt;" in page
    assert "<b>" not in page


def test_page__asks_the_network_for_nothing() -> None:
    page = render_report(made_run())
    for tag, attributes in Page(page).tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "audio", "video", "source"}
        assert not {"src", "srcset", "data", "action", "poster", "style"} & attributes.keys(), tag
        assert not [a for a in attributes if a.startswith("on")], tag
        assert (attributes.get("href") or "#").startswith("#")
    assert re.search(r"(?:https?:)?//\w|url\(|@import|\bfetch\(|XMLHttpRequest|import\(", page) is None


def test_policy__allows_our_script_and_style_and_nothing_else() -> None:
    page = render_report(made_run())
    parsed = Page(page)
    (policy,) = [
        a["content"] for t, a in parsed.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag in ("script", "style"):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert "unsafe" not in policy


def test_page__is_complete() -> None:
    words = Page(render_report(made_run())).words()
    for wanted in (
        "3 rings, 6 likes proposed",
        "1,000 rows read = 990 kept + 6 duplicate + 3 undone + 1 quarantined",
        "0123456789abcdef",
        "dwell (wants likes.dwell_ms)",
        "the clock was wrong",
        "Members met on the same notes within 600 s 1,234 times, where 5 times were expected.",
        "成员在 600 秒内同赞同一笔记 1,234 次，按各自活跃时间预期仅 5 次。",
        "u0-0",
        "n2-2",
        "a1",
        "25 %",
    ):
        assert wanted in words
    assert all(name in words for name, _ in CHANNELS)


def test_evidence__known_numbers_with_meaning_and_what_is_usual() -> None:
    page = render_report(made_run(1))
    rows = re.findall(r'<th scope="row"><code>(\w+)</code></th><td class="n">(.*?)</td><td class="n">(.*?)</td>', page)
    shown = {name: (value, usual) for name, value, usual in rows}
    assert shown["co_likes"] == ("1,234", "5")
    assert shown["registration_span_d"] == ("0.5", "0.5")
    assert shown["capture"] == ("50 %", "")
    base = {n for n, _ in EVIDENCE if not n.startswith("weight_") and "_expected" not in n}
    assert set(shown) == base - {"device_sharing", "dwell_short"}  # unknown here


def test_weights__one_bar_a_channel_to_its_side_and_none_where_off() -> None:
    parsed = Page(render_report(made_run(1)))
    bars = [a for t, a in parsed.tags if t == "rect" and "class" in a]
    assert Counter(a["class"] for a in bars) == {"for": len(CHANNELS) - 2, "against": 1}  # dwell is off
    (against,) = [a for a in bars if a["class"] == "against"]
    assert (against["x"], against["width"]) == ("-1.5", "1.5")


def test_no_rings__a_page_that_says_so() -> None:
    parsed = Page(render_report(made_run(0)))
    assert "No rings found" in parsed.words()
    assert parsed.count("details") == 0


def test_many_members__cut_and_said() -> None:
    parsed = Page(render_report(made_run(1, users=MAX_ROWS + 5, notes=MAX_ROWS + 5)))
    assert f"The first {MAX_ROWS} by score; all are in" in parsed.words()
    assert f"The first {MAX_ROWS} by ring likes; all are in" in parsed.words()
    assert parsed.count("meter") == MAX_ROWS


@pytest.mark.slow
def test_many_rings__details_are_bounded_and_the_rest_is_named() -> None:
    n = MAX_LISTED + 50
    page = render_report(made_run(n, users=100, notes=2))
    parsed = Page(page)
    assert parsed.count("details") == MAX_RINGS
    assert f"the other {n - MAX_RINGS:,} are in" in parsed.words()
    assert "50 more are in" in parsed.words()
    assert len(page) < 10_000_000


def test_members__strongest_first() -> None:
    run = made_run(1, users=3)
    rows = run.members.to_pylist()
    for row, score in zip(rows, (0.2, 0.9, 0.5), strict=True):
        row["score"] = score
    tables = {**run.tables, "members": run.members.from_pylist(rows, schema=run.members.schema)}
    page = render_report(type(run)(tables, run.info))
    assert re.findall(r"<bdi>(u0-\d)</bdi>", page) == ["u0-1", "u0-2", "u0-0"]


def test_page__same_run_same_bytes() -> None:
    assert render_report(made_run()) == render_report(made_run())


def test_integer_ids__are_shown(root: object) -> None:
    run = made_run(1, users=2)
    members = run.members.set_column(1, "user_id", pa.array([7, 8]))
    page = render_report(type(run)({**run.tables, "members": members}, run.info))
    assert re.findall(r"<bdi>(\d)</bdi>", page) == ["7", "8"]
