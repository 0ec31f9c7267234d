import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.outputs.workbook.drawing import (
    BAND_POINTS,
    EDGE_POINTS,
    LEAST_BODY_POINTS,
    Block,
    Shelf,
    draw_fixture,
)

PAGE_POINTS = 420.0


def _shelf(bay, shelf, width_cm, widths, gap_cm=0.0):
    blocks, left = [], 0.0
    for number, width in enumerate(widths, start=1):
        if left + width > width_cm + 1e-9:
            break
        blocks.append(
            Block(
                number=number,
                item_id=f"{bay}.{shelf}.{number}",
                item_name="Item",
                need_group="g",
                facings=1,
                letter="K",
                core=False,
                bay=bay,
                shelf=shelf,
                left_cm=left,
                width_cm=width,
            )
        )
        left += width + gap_cm
    return Shelf(bay, shelf, width_cm, False, "", tuple(blocks))


def _pieces(drawing):
    return [piece for band in drawing.bands for line in band.lines for piece in line.pieces]


fixtures = st.builds(
    lambda bays, shelves, width, widths, gap: [
        _shelf(b, s, width, widths[(b + s) % 3 :], gap)
        for b in range(1, bays + 1)
        for s in range(1, shelves + 1)
    ],
    st.integers(1, 6),
    st.integers(1, 6),
    st.floats(40, 400),
    st.lists(st.floats(4, 60), min_size=3, max_size=60),
    st.sampled_from([0.0, 0.0, 3.0]),
)


def _columns(spans):
    return sum(span.last - span.first + 1 for span in spans)


@settings(max_examples=150, deadline=None)
@given(fixtures)
def test_every_block_is_drawn_once_and_to_scale(shelves):
    """A block's share of the columns of its shelf is its share of the width, within a column."""
    drawing = draw_fixture(shelves, PAGE_POINTS)
    spans = [s for piece in _pieces(drawing) for s in piece.spans if s.block is not None]
    drawn = sorted(s.block.item_id for s in spans)
    assert drawn == sorted(b.item_id for shelf in shelves for b in shelf.blocks)
    for shelf in shelves:
        spans = [s for p in _pieces(drawing) if p.shelf is shelf for s in p.spans]
        for span in spans:
            if span.block is not None:
                real = span.block.width_cm / shelf.width_cm * _columns(spans)
                assert abs(_columns([span]) - real) <= 1.0 + 1e-5


@settings(max_examples=150, deadline=None)
@given(fixtures)
def test_nothing_overlaps_or_leaves_the_page(shelves):
    """On a line, spans stand side by side in their order, inside the grid; all lines have at
    least the height that a legible name takes."""
    drawing = draw_fixture(shelves, PAGE_POINTS)
    least = len(drawing.bands) * BAND_POINTS + drawing.lines * (LEAST_BODY_POINTS + EDGE_POINTS)
    assert least <= PAGE_POINTS * drawing.enlarged + 1e-9
    for band in drawing.bands:
        for line in band.lines:
            spans = [span for piece in line.pieces for span in piece.spans]
            assert all(a.last < b.first for a, b in itertools.pairwise(spans))
            assert all(0 <= s.first <= s.last < drawing.columns for s in spans)


@settings(max_examples=100, deadline=None)
@given(fixtures)
def test_widths_and_empty_space_add_up_to_the_shelf(shelves):
    """What is drawn of a shelf, items and empty space, leaves no column out, and the widths in cm
    add up to that of the shelf, but for gaps narrower than a column."""
    drawing = draw_fixture(shelves, PAGE_POINTS)
    for shelf in shelves:
        for piece in _pieces(drawing):
            if piece.shelf is shelf:
                assert piece.spans[-1].last - piece.spans[0].first + 1 == _columns(piece.spans)
        spans = [s for p in _pieces(drawing) if p.shelf is shelf for s in p.spans]
        total = sum(s.block.width_cm if s.block else s.empty_cm for s in spans)
        column_cm = shelf.width_cm / _columns(spans)
        assert abs(total - shelf.width_cm) <= len(spans) * column_cm


@settings(max_examples=30, deadline=None)
@given(fixtures)
def test_a_page_is_enlarged_only_where_items_would_be_illegible(shelves):
    """Twice the page is room for twice as much: no fixture is drawn smaller than it need be."""
    normal = draw_fixture(shelves, PAGE_POINTS)
    roomy = draw_fixture(shelves, 100 * PAGE_POINTS)
    assert 1 <= roomy.enlarged <= normal.enlarged


def test_shelves_stand_as_one_sees_them():
    """The top shelf is drawn first, and bays from left to right on the same line."""
    shelves = [_shelf(b, s, 90, [30, 30, 20]) for b in (1, 2) for s in (1, 2, 3)]
    (band,) = draw_fixture(shelves, PAGE_POINTS).bands
    seen = [[(p.shelf.shelf, p.shelf.bay) for p in line.pieces] for line in band.lines]
    assert seen == [[(3, 1), (3, 2)], [(2, 1), (2, 2)], [(1, 1), (1, 2)]]


def test_a_bay_too_wide_for_the_page_is_broken_between_items():
    """A hundred slots on one shelf go over several lines of the page, each item whole."""
    drawing = draw_fixture([_shelf(1, 1, 1160, [10.0] * 116)], PAGE_POINTS)
    pieces = _pieces(drawing)
    assert len(pieces) > 1
    assert [p.part for p in pieces] == list(range(1, len(pieces) + 1))
    assert sum(len(p.spans) for p in pieces) == 116


def test_an_empty_fixture_is_drawn_empty():
    """A shelf without items is one span of empty space as wide as the shelf."""
    (piece,) = _pieces(draw_fixture([_shelf(1, 1, 120, [])], PAGE_POINTS))
    (span,) = piece.spans
    assert span.block is None
    assert span.empty_cm == 120
