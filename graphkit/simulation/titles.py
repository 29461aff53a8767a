"""Chinese topic names and note titles, as reports show them."""

from __future__ import annotations

from graphkit.simulation.randomness import I64, U64, hashed

_TOPICS = (
    ("护肤", "精华", "面霜", "防晒"), ("彩妆", "口红", "眼影", "粉底"), ("穿搭", "外套", "连衣裙", "牛仔裤"),
    ("美食", "火锅", "面馆", "早餐"), ("旅行", "民宿", "古镇", "海岛"), ("健身", "瑜伽", "跑步", "拉伸"),
    ("母婴", "辅食", "绘本", "推车"), ("家居", "收纳", "沙发", "台灯"), ("宠物", "猫粮", "狗窝", "猫砂"),
    ("数码", "耳机", "平板", "相机"), ("读书", "小说", "传记", "书单"), ("考研", "英语", "数学", "政治"),
    ("职场", "简历", "面试", "周报"), ("咖啡", "拿铁", "手冲", "咖啡馆"), ("烘焙", "蛋糕", "曲奇", "吐司"),
    ("摄影", "胶片", "人像", "夜景"), ("手工", "钩织", "拼豆", "手账"), ("露营", "帐篷", "天幕", "炊具"),
    ("汽车", "新能源", "试驾", "自驾"), ("装修", "厨房", "卫生间", "全屋定制"), ("美甲", "法式", "猫眼", "穿戴甲"),
    ("发型", "短发", "染发", "羊毛卷"), ("减脂", "轻食", "食谱", "控糖"), ("影视", "悬疑剧", "老电影", "综艺"),
    ("音乐", "吉他", "现场", "歌单"), ("游戏", "手游", "主机", "攻略"), ("婚礼", "婚纱", "伴手礼", "誓词"),
    ("园艺", "多肉", "月季", "阳台"), ("潮玩", "盲盒", "手办", "积木"), ("留学", "文书", "选校", "租房"),
)  # fmt: skip
_PLACES = ("", "上海", "北京", "广州", "成都", "杭州", "重庆", "武汉", "西安", "南京", "长沙", "厦门")
_TITLES = (
    "{thing}合集，建议收藏", "第一次买{thing}，踩坑记录", "平价{thing}推荐，学生党也能入", "{thing}怎么选？一篇讲清楚",
    "用了三个月的{thing}，真实感受", "周末去看{thing}，人不多", "{thing}避雷，别花冤枉钱", "我的{thing}日常｜记录生活",
    "新手{thing}教程，跟着做就行", "被问了很多次的{thing}", "今年最满意的{thing}", "{thing}对比测评，差别很大",
)  # fmt: skip


def topic_name(code: int) -> str:
    """Return the name of a topic."""
    place, base = divmod(code, len(_TOPICS))
    return _PLACES[place % len(_PLACES)] + _TOPICS[base][0] + ("" if place < len(_PLACES) else str(place))


def titles(key: U64, topic: I64) -> list[str]:
    """Return a title for each note, from its key and topic."""
    noise = hashed("title", key).tolist()
    things = [words[1:] for words in _TOPICS]
    return [
        _TITLES[x % 12].format(thing=things[t % len(_TOPICS)][x // 12 % 3])
        for x, t in zip(noise, topic.tolist(), strict=True)
    ]
