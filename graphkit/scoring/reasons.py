"""Reason codes: stable identifiers, and the sentence each stands for in English and Chinese."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason code.

    Attributes
    ----------
    code
        The identifier in the tables; never changes its meaning.
    level
        Whose reason it is: ``ring``, ``member`` or ``like``.
    channel
        The channel of evidence it belongs to, as in ``schemas.CHANNELS``.
    en, zh
        Sentences with named numbers: columns of the row, and of its ring's evidence.
    """

    code: str
    level: str
    channel: str
    en: str
    zh: str


_ALL = (
    Reason("LOCKSTEP", "ring", "lockstep",
           "Members met on the same notes within {window_s} s {co_likes} times, where {co_likes_expected} times were expected.",
           "成员在 {window_s} 秒内同赞同一笔记 {co_likes} 次，按各自活跃时间预期仅 {co_likes_expected} 次。"),
    Reason("EXCLUSIVE_BURST", "ring", "exclusivity",
           "While the ring acted on a note, {burst_capture:%} of all likes there were its own.",
           "该团伙在某笔记上行动期间，{burst_capture:%} 的点赞来自其成员。"),
    Reason("CAPTURE", "ring", "capture",
           "At the median target, {capture:%} of all its likes ever are the ring's.",
           "目标笔记的全部点赞中（中位数）有 {capture:%} 来自该团伙。"),
    Reason("DEVOTION", "ring", "devotion",
           "For the median member, {devotion:%} of all likes fell on the ring's targets.",
           "成员的全部点赞中（中位数）有 {devotion:%} 落在该团伙的目标上。"),
    Reason("MANY_AUTHORS", "ring", "authors",
           "The targets belong to {authors_effective} authors, which no fan club explains.",
           "目标分属约 {authors_effective} 位作者，粉丝行为无法解释。"),
    Reason("RECURRENCE", "ring", "recurrence",
           "Members acted together on {episodes} separate occasions.",
           "成员在 {episodes} 个不同时段共同行动。"),
    Reason("ARRIVAL", "ring", "arrival",
           "Only {arrival_early:%} of the likes came within an hour of publication, so no notification explains them (others: {arrival_early_expected:%}).",
           "仅 {arrival_early:%} 的点赞发生在发布后一小时内（其他点赞为 {arrival_early_expected:%}），无法用关注提醒解释。"),
    Reason("TIGHT", "ring", "tightness",
           "The ring acts within {window_s} s.",
           "该团伙在 {window_s} 秒内集中行动。"),
    Reason("SHORT_DWELL", "ring", "dwell",
           "{dwell_short:%} of the likes came after less than 15 s on the note (others: {dwell_short_expected:%}).",
           "{dwell_short:%} 的点赞前停留不足 15 秒（其他点赞为 {dwell_short_expected:%}）。"),
    Reason("NOT_COMPLETED", "ring", "completion",
           "Only {completed:%} of the notes were seen to the end before the like (others: {completed_expected:%}).",
           "点赞前仅 {completed:%} 看完笔记（其他点赞为 {completed_expected:%}）。"),
    Reason("REGISTERED_TOGETHER", "ring", "registration",
           "Half of the members registered within {registration_span_d} days (others: {registration_span_expected_d} days).",
           "半数成员在 {registration_span_d} 天内注册（其他用户为 {registration_span_expected_d} 天）。"),
    Reason("SHARED_DEVICES", "ring", "devices",
           "{device_sharing:%} of the members were seen on a device with another member (others: {device_sharing_expected:%}).",
           "{device_sharing:%} 的成员与其他成员共用设备（其他用户为 {device_sharing_expected:%}）。"),
    Reason("SHARED_ADDRESSES", "ring", "addresses",
           "{ip_sharing:%} of the members were seen at an address with another member (others: {ip_sharing_expected:%}).",
           "{ip_sharing:%} 的成员与其他成员共用网络地址（其他用户为 {ip_sharing_expected:%}）。"),
    Reason("FEW_VIEWS", "ring", "views",
           "The median member opened {views_per_like} notes per like (others: {views_per_like_expected}).",
           "成员每次点赞（中位数）仅打开 {views_per_like} 篇笔记（其他用户为 {views_per_like_expected} 篇）。"),
    Reason("EMPTY_ENGAGEMENT", "ring", "engagement",
           "The targets get {engagement} times the saves, comments and shares per like of notes as much liked.",
           "目标笔记的每赞收藏、评论与分享仅为点赞数相近笔记的 {engagement} 倍。"),
    Reason("RECIPROCITY", "ring", "reciprocity",
           "{reciprocity:%} of the likes went to notes of other members.",
           "{reciprocity:%} 的点赞给了其他成员的笔记。"),
    Reason("TIED", "member", "lockstep",
           "Meets {n_partners} other members more often than chance allows.",
           "与 {n_partners} 名其他成员同步点赞的次数超出偶然。"),
    Reason("MET_JOBS", "member", "lockstep",
           "Took part in {n_ring_likes} of the ring's bursts, more than the user's activity explains.",
           "参与该团伙的集中点赞 {n_ring_likes} 次，超出其活跃度所能解释。"),
    Reason("DEVOTED", "member", "devotion",
           "{n_ring_likes} of the user's {n_likes} likes fell on the ring's targets.",
           "该用户 {n_likes} 次点赞中有 {n_ring_likes} 次落在该团伙目标上。"),
    Reason("IN_COMPANY", "like", "lockstep",
           "Given together with {n_ring_likes} likes of the ring on this note, which members' activity does not explain.",
           "与该团伙在此笔记上的 {n_ring_likes} 次点赞同步发生，成员的活跃度无法解释。"),
    Reason("BURST_OF_RING", "like", "exclusivity",
           "Most likes this note got at that moment were the ring's.",
           "此笔记当时的点赞大多来自该团伙。"),
    Reason("UNREAD", "like", "dwell",
           "Given after less than 15 s on the note, as most of the ring's likes.",
           "停留不足 15 秒即点赞，与该团伙多数点赞一致。"),
)  # fmt: skip

#: Every reason by its code.
REASONS: dict[str, Reason] = {reason.code: reason for reason in _ALL}

#: The ring's reason for each channel of evidence.
RING_REASON: dict[str, str] = {reason.channel: reason.code for reason in _ALL if reason.level == "ring"}


class _Numbers(dict[str, object]):
    """Wraps numbers so that the templates format them, and unknown ones show as such."""

    def __missing__(self, key: str) -> object:
        return _Number(None)


class _Number:
    def __init__(self, value: object) -> None:
        self.value = value

    def __format__(self, spec: str) -> str:
        value = self.value
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return "?"
        if not isinstance(value, int | float):
            return str(value)
        if spec == "%":
            return f"{value:.0%}" if value == 0 or 0.01 <= value <= 0.99 or value == 1 else f"{value:.1%}"
        if float(value).is_integer():
            return f"{int(value):,}"
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}"


def sentence(code: str, numbers: Mapping[str, object], lang: str = "en") -> str:
    """Return the sentence a reason code stands for.

    Parameters
    ----------
    code
        A code of `REASONS`.
    numbers
        What fills it: columns of the row and fields of its ring's evidence; unknown numbers show as ``?``.
    lang
        ``"en"`` or ``"zh"``.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        When there is no such code.
    """
    reason = REASONS[code]
    template = reason.zh if lang == "zh" else reason.en
    return template.format_map(_Numbers({k: _Number(v) for k, v in numbers.items()}))
