# SPDX-License-Identifier: Apache-2.0
"""The style sheet of the page.

Colours of drawings: of labels, all light enough for dark letters on them, and of outcomes.
"""

from collections.abc import Iterable

from mobilenet_perception.pipeline.timing import Outcome

STYLE = """
:root{color-scheme:light dark;--ink:#1b2430;--soft:#55616f;--line:#d9dfe6;--card:#fff;
--page:#f4f6f8;--accent:#3f8fd2;--good:#16713c;--bad:#bd2c23;--warn:#8a5400;--over:#d55e00}
@media (prefers-color-scheme:dark){:root{--ink:#e7ecf2;--soft:#a3afbd;--line:#323c48;
--card:#1b222b;--page:#12171d;--accent:#5aa5e6;--good:#62cf8d;--bad:#ff8a80;--warn:#f0b35a;
--over:#f08030}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:26px;line-height:1.25;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:19px;margin:34px 0 4px}
h3{font-size:15px;margin:0 0 4px}
p{margin:4px 0 12px;color:var(--soft);max-width:90ch;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:12px;
margin:18px 0 12px}
.tile,.card,.panel,.box{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:14px 16px}
.tile b{display:block;font-size:28px;line-height:1.2}
.tile span{color:var(--soft);font-size:13px}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.verdict{max-width:100ch;overflow-wrap:anywhere}
.key{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:0 0 10px;padding:0;
font-size:13px;color:var(--soft)}
.key i{display:inline-block;width:12px;height:12px;border-radius:2px;margin-right:5px;
vertical-align:-1px}
.box .key{margin:12px 0 0}
.key .line{width:18px;height:0;border-top:2px solid;border-radius:0;vertical-align:4px}
.key .age{background:var(--accent)}
.key .over{background:var(--over)}
.key i.p50{border-color:var(--ink)}.key i.p99{border-color:var(--warn)}
.key i.budget{border-top-style:dashed;border-color:var(--bad)}
.frames{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:12px}
.card{overflow:hidden}
.card .picture{position:relative;line-height:0}
.card .none{padding:52px 8px;text-align:center;color:var(--soft);background:var(--page)}
.card img{width:100%;height:auto}
.card svg{position:absolute;inset:0;width:100%;height:100%}
.roi{fill:none;stroke:#fff;stroke-width:5;paint-order:stroke}
.roi+.roi{stroke:#0a5bff;stroke-width:2.5}
.card .said{padding:8px 12px 10px;font-size:13px;overflow-wrap:anywhere}
.card em{display:block;font-style:normal;font-weight:600}
.card em i{color:var(--soft);font-weight:400}
.said>b{font-size:14px}
.card span{display:block;color:var(--soft)}
.box{padding:14px 16px;overflow-wrap:anywhere}
.film{position:absolute;width:0;height:0}
.timeline{display:block;width:100%;height:auto}
.timeline+.timeline,.film~.narrow{margin-top:0}
.narrow{display:none;max-width:560px}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
svg .row{fill:var(--ink);font-weight:600}
svg .band{fill:#1b2430;text-anchor:middle;font-size:11.5px}
.narrow text,.narrow .band{font-size:10.5px}
svg .tick{text-anchor:middle}
svg .axis{stroke:var(--soft);stroke-width:1;fill:none}
svg .lead{stroke:var(--soft);stroke-width:1}
svg .empty{fill:none;stroke:var(--line);stroke-width:1}
svg .wrong{fill:var(--bad)}
svg .age{fill:var(--accent)}svg .over{fill:var(--over)}
svg .tip{fill:transparent}svg .tip:hover{fill:var(--ink);opacity:.15}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));gap:12px}
.panel{padding:12px 14px}
.panel p{font-size:13px;margin:0 0 6px}
.panel svg{display:block;width:100%;height:auto}
.bar{fill:var(--accent)}
svg .p50{stroke:var(--ink);stroke-width:1.5}svg .p99{stroke:var(--warn);stroke-width:1.5}
svg .budget{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:4 3;fill:none}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:5px 12px 5px 0;text-align:right;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}
th{color:var(--soft);font-weight:600}
.confusion td,.confusion th{padding:4px 5px;text-align:center;min-width:26px}
.confusion th:first-child{text-align:left;color:var(--ink);font-weight:400}
.confusion th i{display:inline-block;min-width:17px;font-style:normal;color:var(--soft)}
.confusion .share{color:var(--soft);padding-left:10px;white-space:nowrap}
.fit{width:fit-content;max-width:100%}
.hit{background:color-mix(in srgb,var(--accent) var(--strength),transparent)}
.miss{background:color-mix(in srgb,var(--over) var(--strength),transparent);font-weight:700}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:0;font-size:14px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ul{margin:4px 0;padding-left:20px}
.two{columns:2 420px;column-gap:12px}
.two .box{break-inside:avoid;margin-bottom:12px}
@media (max-width:940px){.wide{display:none}.narrow{display:block}}
@media (max-width:600px){main{padding:16px 12px 32px}h1{font-size:21px}
.tiles{grid-template-columns:1fr 1fr}.tile{padding:10px 12px}.tile b{font-size:21px}
.frames{grid-template-columns:1fr 1fr}.card .said{padding:6px 8px 8px}.box{padding:10px 8px}
.two{columns:1}dl{grid-template-columns:1fr}dd{margin-bottom:6px}th,td{padding-right:9px}
.confusion{width:100%;table-layout:fixed}.confusion th:first-child{width:31%}
.confusion td,.confusion th{padding:3px 0;min-width:0;font-size:11px}
.confusion th:first-child{font-size:12px}.confusion th i{min-width:15px}
.confusion .share{padding:3px 0;width:38px}}
"""


# Red and green differ in lightness and in blue, so that they are two to a colour-blind eye too.
_FIXED = {
    'traffic_light_red': '#ee8577',
    'traffic_light_yellow': '#f5d565',
    'traffic_light_green': '#7fdcc0',
    'background': '#dfe3e8',
    'unknown': '#dfe3e8',
    'stale': '#b4bcc6',
}
# The golden angle keeps neighbours in the list of labels far apart in hue.
_ANGLE = 137.508

# After Okabe and Ito's palette for all kinds of eyes (jfly.uni-koeln.de/color, 2008): neighbours
# differ in lightness too.
OUTCOME_COLOURS = {
    Outcome.ON_TIME: '#3f8fd2',
    Outcome.LATE: '#f0c020',
    Outcome.EXPIRED: '#d55e00',
    Outcome.SUPERSEDED: '#c3cad2',
    Outcome.REJECTED: '#9c4a86',
    Outcome.FAILED: '#5c1438',
}


def label_colours(labels: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
    """Return a CSS colour for each label, the same for the same list; `others` come after."""
    labels = list(dict.fromkeys((*labels, *sorted(set(others)))))
    return {
        label: _FIXED.get(label) or f'hsl({(200 + index * _ANGLE) % 360:.0f} 62% 76%)'
        for index, label in enumerate(labels)
    } | _FIXED
