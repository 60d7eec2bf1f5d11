# SPDX-License-Identifier: Apache-2.0
"""The style sheet of the page."""

STYLE = """
:root{--ink:#1b2430;--soft:#5b6776;--line:#d9dfe6;--card:#fff;--page:#f4f6f8;--accent:#2864c7;
--good:#1d7f45;--bad:#c23127;--warn:#a86400}
@media (prefers-color-scheme:dark){:root{--ink:#e7ecf2;--soft:#9aa7b6;--line:#323c48;
--card:#1b222b;--page:#12171d;--accent:#7fb0ff;--good:#5ecb88;--bad:#ff8a80;--warn:#f0b35a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:26px;line-height:1.25;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:18px;margin:32px 0 4px}
h3{font-size:14px;margin:0}
p{margin:4px 0 12px;color:var(--soft);max-width:80ch}
section>p{margin-bottom:12px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:12px;
margin:18px 0}
.tile,.card,.panel,.box{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:14px 16px}
.tile b{display:block;font-size:28px;line-height:1.2}
.tile span{color:var(--soft);font-size:13px}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.frames{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:12px}
.card{overflow:hidden}
.card .picture{position:relative;line-height:0}
.card img{width:100%;height:auto}
.card svg{position:absolute;inset:0;width:100%;height:100%}
.roi{fill:none;stroke:#fff;stroke-width:5;paint-order:stroke}
.roi+.roi{stroke:#0a5bff;stroke-width:2.5}
.card div.said{padding:8px 12px 10px;font-size:13px}
.card b{font-size:14px;overflow-wrap:anywhere}
.card span{display:block;color:var(--soft)}
.box{padding:14px 16px;overflow-x:auto}
svg.timeline{display:block;width:100%;min-width:860px;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
svg .row{fill:var(--ink);font-weight:600}
svg .band{fill:#1b2430;text-anchor:middle;font-size:11.5px}
svg text.tick{text-anchor:middle}
svg .axis,svg .tick{stroke:var(--soft);stroke-width:1}svg text.tick{stroke:none}
svg .wrong{fill:var(--bad)}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));gap:12px}
.panel{padding:12px 14px}
.panel p{font-size:13px;margin:0 0 6px}
.panel svg{display:block;width:100%;height:auto}
.bar{fill:var(--accent);opacity:.75}
.p50{stroke:var(--ink);stroke-width:1.5}.p99{stroke:var(--warn);stroke-width:1.5}
.budget{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:4 3}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:5px 12px 5px 0;text-align:right;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}
th{color:var(--soft);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:0;font-size:14px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ul{margin:4px 0;padding-left:20px}
.two{columns:2 420px;column-gap:12px}
.two .box{break-inside:avoid;margin-bottom:12px}
@media (max-width:600px){main{padding:16px 12px 32px}h1{font-size:21px}
.tiles{grid-template-columns:1fr 1fr}.tile{padding:10px 12px}.tile b{font-size:21px}
.frames{grid-template-columns:1fr 1fr}.card div.said{padding:6px 8px 8px}
dl{grid-template-columns:1fr}dd{margin-bottom:6px}th,td{padding-right:9px;font-size:13px}}
"""
