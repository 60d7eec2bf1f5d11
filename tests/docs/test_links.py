# SPDX-License-Identifier: Apache-2.0
"""What the pages point at exists: links, anchors, pictures, files and modules by their names."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import Page, all_pages, read_page
from tests.support import ROOT

PAGES = all_pages()
# Names of files and folders that a reader makes.
READERS_OWN = {'bundles/mine'}
TOP = {path.name for path in ROOT.iterdir() if not path.name.startswith('.')} - {'out', 'runs'}
MODULE = re.compile(r'(mobilenet_perception|training|benchmarks)(\.\w+)+\Z')
SUFFIXES = ('.py', '.sh', '.md', '.yaml', '.xml', '.sdf', '.rst', '.toml')


def by_name(pages: list[Page]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize('page', pages, ids=lambda page: str(page.path))


def absent_files(spans: list[str]) -> list[str]:
    """Return the paths among some words, from the root of the checkout, where nothing is."""
    words = [word for span in spans for word in span.split()]
    paths = [
        word
        for word in words
        if ('/' in word and word.split('/')[0] in TOP and '<' not in word)
        or (word in TOP and '.' in word)
    ]
    return [word for word in paths if word not in READERS_OWN and not list(ROOT.glob(word))]


@by_name(PAGES)
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links:
        if link.startswith('https://'):
            continue
        name, _, anchor = link.partition('#')
        target = (ROOT / page.path).parent / name if name else ROOT / page.path
        assert target.exists(), link
        if anchor:
            path = target.resolve().relative_to(ROOT.resolve())
            assert anchor in read_page(str(path)).anchors, link


@by_name(PAGES)
def test_files_that_are_named_exist(page: Page) -> None:
    assert absent_files(page.spans) == []
    assert absent_files(['mobilenet_perception/fly.py', 'no_such_folder/x', 'README.txt']) == [
        'mobilenet_perception/fly.py'
    ]


@by_name(PAGES)
def test_files_that_are_named_without_a_folder_exist_once(page: Page) -> None:
    for span in page.spans:
        if re.fullmatch(r'[\w.]+', span) and span.endswith('.py'):
            found = [path for top in TOP for path in (ROOT / top).rglob(span)]
            found += [path for path in [ROOT / span] if path.is_file()]
            assert found, span


@pytest.mark.parametrize('name', [*(str(page.path) for page in PAGES), 'CHANGELOG.rst'])
def test_modules_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding='utf-8')
    for span in re.findall(r'`([\w.]+)`', text):
        if MODULE.match(span) and not span.endswith(SUFFIXES):
            path = ROOT / span.replace('.', '/')
            assert path.is_dir() or path.with_suffix('.py').is_file(), span


def test_the_index_names_every_page() -> None:
    pages = {path.name for path in (ROOT / 'docs').glob('*.md')} - {'README.md'}
    linked = {link.partition('#')[0] for link in read_page('docs/README.md').links}
    assert pages <= linked
    assert {'../CONTRIBUTING.md', '../CHANGELOG.rst'} <= linked


def test_the_map_names_registries_where_they_are() -> None:
    _, _, below = read_page('docs/architecture.md').text.partition('\n## Where yours goes\n')
    paragraphs = [part for part in below.partition('\n## ')[0].split('\n\n') if '**' in part]
    kinds = [re.findall(r'\*\*An? ([^*]+)\*\*', part)[0] for part in paragraphs]
    assert kinds == [
        'encoding', 'runtime', 'architecture', 'model format', "doctor's check", 'command',
        'parameter',
    ]  # fmt: skip
    for part in paragraphs:
        spans = re.findall(r'`([^`]+)`', part)
        files = [ROOT / span for span in spans if (ROOT / span).is_file()]
        text = '\n'.join(path.read_text(encoding='utf-8') for path in files)
        names = [span for span in spans if re.fullmatch(r'[A-Z_]+|[a-z]+_parameters', span)]
        assert files and 'Test:' in part
        for name in names:
            assert re.search(rf'^(def )?{name}\b', text, re.M), name


def test_the_readme_is_one_sitting() -> None:
    assert len(read_page('README.md').text.splitlines()) <= 160


def test_the_changelog_is_in_the_form_of_ros(root: Path) -> None:
    lines = (root / 'CHANGELOG.rst').read_text(encoding='utf-8').splitlines()
    title = 'Changelog for package mobilenet_perception'
    assert lines[:3] == ['^' * len(title), title, '^' * len(title)]
    heads = [
        lines[number - 1]
        for number, line in enumerate(lines)
        if number > 3 and re.fullmatch('-{3,}', line) and len(line) == len(lines[number - 1])
    ]
    versions = [head.split(' ')[0] for head in heads]
    assert versions[0] == 'Forthcoming'
    package = (root / 'package.xml').read_text(encoding='utf-8')
    assert f'<version>{versions[1]}</version>' in package
